// The language of the page: one file per language in messages/.
import en from './messages/en.js';

/** @typedef {{code: string, name: string, dir: 'ltr'|'rtl', texts: Record<string, any>}} Language */

/** Each language but English is loaded when it is chosen. @type {Record<string, () => Promise<{default: Language}>>} */
const others = {};

/** @type {Language} */
let language = en;
let plural = new Intl.PluralRules(en.code);

/** Chooses the language: what was picked before, else what the browser wants. */
export async function chooseLanguage() {
  const wanted = [localStorage.getItem('language'), ...navigator.languages].filter((l) => l !== null);
  for (const tag of wanted) {
    const code = tag.split('-')[0];
    if (code === en.code) break;
    if (others[code]) {
      language = (await others[code]()).default;
      plural = new Intl.PluralRules(language.code);
      break;
    }
  }
  document.documentElement.lang = language.code;
  document.documentElement.dir = localStorage.getItem('dir') ?? language.dir;
}

/** @returns {string} the tag for Intl: the browser's own regional form of our language */
export function locale() {
  return navigator.languages.find((l) => l.split('-')[0] === language.code) ?? language.code;
}

/**
 * @param {string} key
 * @returns {any}
 */
function text(key) {
  return language.texts[key] ?? en.texts[key];
}

/** @param {string} key @returns {boolean} whether there is such a text */
export function has(key) {
  return text(key) !== undefined;
}

/**
 * The text of a key with its {names} filled in. A text with plural forms takes
 * the one for `count`.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function t(key, values) {
  let found = text(key);
  if (found === undefined) return key;
  if (typeof found === 'object') found = found[plural.select(Number(values?.count ?? 0))] ?? found.other;
  return found.replace(/\{(\w+)\}/g, (/** @type {string} */ _, /** @type {string} */ name) => shown(name, values?.[name]));
}

/** @param {string} name @param {string | number | undefined} value */
function shown(name, value) {
  if (value === undefined) return `{${name}}`;
  return typeof value === 'number' ? new Intl.NumberFormat(locale()).format(value) : value;
}

/**
 * The text of one of a family of keys, such as the states; what has no text of
 * its own is shown as it is.
 * @param {string} family
 * @param {string} name
 */
export function word(family, name) {
  const key = `${family}.${name}`;
  return has(key) ? t(key) : name.replaceAll('_', ' ');
}
