// The language of the page: one file per language in messages/.
import { english } from './messages/en.js';

/**
 * locale: the tag for Intl where it is not the code; hidden: not offered to
 * choose.
 * @typedef {{code: string, name: string, dir: 'ltr'|'rtl', locale?: string, hidden?: boolean, texts: Record<string, any>}} Language
 */

/** Each language but English is loaded when it is chosen. @type {Record<string, () => Promise<{default: Language}>>} */
const others = {
  zz: () => import('./messages/zz.js'),
};

/** @type {{language: Language, plural: Intl.PluralRules}} */
const current = { language: english, plural: new Intl.PluralRules(english.code) };

/** Chooses the language: what was picked before, else what the browser wants. */
export async function chooseLanguage() {
  const wanted = [stored('language'), ...navigator.languages].filter((l) => l !== null);
  const code = wanted.map((tag) => tag.split('-')[0]).find((c) => c === english.code || others[c]);
  if (code && others[code]) {
    current.language = (await others[code]()).default;
    current.plural = new Intl.PluralRules(locale());
  }
  document.documentElement.lang = current.language.code;
  document.documentElement.dir = stored('dir') ?? current.language.dir;
}

/** @param {string} name @returns {string | null} none where storage is closed to us */
function stored(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** @returns {string} the tag for Intl: the browser's own regional form of our language */
export function locale() {
  const { code, locale } = current.language;
  return locale ?? navigator.languages.find((l) => l.split('-')[0] === code) ?? code;
}

/**
 * @param {string} key
 * @returns {any}
 */
function text(key) {
  return current.language.texts[key] ?? english.texts[key];
}

/** @param {string} key @returns {boolean} whether there is such a text */
function has(key) {
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
  if (typeof found === 'object') found = found[current.plural.select(Number(values?.count ?? 0))] ?? found.other;
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
