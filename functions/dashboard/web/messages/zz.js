// A language nobody speaks: English in brackets, longer, and from right to left.
// It shows what is not translated, what has no room, and what points the wrong
// way. Choose it in the console: localStorage.language = 'zz'.
import { english } from './en.js';

const accents = /** @type {Record<string, string>} */ ({ a: 'ää', e: 'ë', i: 'ï', o: 'öö', u: 'ü' });

/** @param {string} text @returns {string} names in braces stay as they are */
function strange(text) {
  return `⟦${text.replace(/\{\w+\}|[aeiou]/g, (found) => accents[found] ?? found)}⟧`;
}

/** @param {any} text @returns {any} */
function each(text) {
  if (typeof text === 'string') return strange(text);
  return Object.fromEntries(Object.entries(text).map(([form, one]) => [form, strange(one)]));
}

/** @type {import('../messages.js').Language} */
export default {
  code: 'zz',
  name: 'Pseudo',
  dir: 'rtl',
  locale: 'fa',
  hidden: true,
  texts: Object.fromEntries(Object.entries(english.texts).map(([key, text]) => [key, each(text)])),
};
