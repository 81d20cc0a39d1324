// Money, numbers and times, all through Intl. Times are shown in the
// workspace's time zone.
import { locale, t } from './messages.js';
import { h } from './dom.js';

/** @typedef {import('./types.js').Money} Money */

const none = new Set('BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' '));
const three = new Set('BHD IQD JOD KWD LYD OMR TND'.split(' '));

let zone = 'UTC';

/** @type {Map<string, Intl.NumberFormat | Intl.DateTimeFormat>} */
const formats = new Map();

/** @param {string} name the IANA name of the workspace's time zone */
export function setZone(name) {
  zone = name;
  formats.clear();
}

/** @returns {string} the workspace's time zone */
export function timeZone() {
  return zone;
}

/** @param {string} currency @returns {number} its decimals (ISO 4217; Intl's own table differs for some) */
function exponent(currency) {
  return none.has(currency) ? 0 : three.has(currency) ? 3 : 2;
}

/** @param {Money} m @returns {string} plain decimal, such as 12.50 */
export function decimal({ amount = 0, currency = '' }) {
  const e = exponent(currency);
  const digits = String(Math.abs(amount)).padStart(e + 1, '0');
  const sign = amount < 0 ? '-' : '';
  return e === 0 ? sign + digits : `${sign}${digits.slice(0, -e)}.${digits.slice(-e)}`;
}

/**
 * Reads what a person typed as an amount. A comma may stand for the dot.
 * @param {string} typed
 * @param {string} currency
 * @returns {number | null} minor units; null when it is not an amount
 */
export function parseAmount(typed, currency) {
  const e = exponent(currency);
  const m = /^(\d{1,12})(?:[.,](\d*))?$/.exec(latin(typed).replaceAll(/[\s'’]/g, ''));
  if (!m) return null;
  const fraction = (m[2] ?? '').replace(/0+$/, '');
  if (fraction.length > e) return null;
  return Number(m[1] + fraction.padEnd(e, '0'));
}

/** @param {string} typed @returns {string} with Arabic and Persian digits as ours */
function latin(typed) {
  return typed
    .trim()
    .replaceAll(/[٠-٩۰-۹]/g, (d) => String((d.codePointAt(0) ?? 0) & 15))
    .replace('٫', '.');
}

/** @param {Money | undefined} m @returns {string} with its currency; a dash where it is not known */
export function money(m) {
  if (!m?.currency) return '–';
  const e = exponent(m.currency);
  const f = /** @type {Intl.NumberFormat} */ (
    cached(
      `m${m.currency}`,
      () =>
        new Intl.NumberFormat(locale(), {
          style: 'currency',
          currency: m.currency,
          minimumFractionDigits: e,
          maximumFractionDigits: e,
        }),
    )
  );
  return f.format(/** @type {any} */ (decimal(m)));
}

/** @param {number} n @returns {string} */
export function number(n) {
  return /** @type {Intl.NumberFormat} */ (cached('n', () => new Intl.NumberFormat(locale()))).format(n);
}

/** @param {number} n @returns {string} with its sign */
export function signed(n) {
  return /** @type {Intl.NumberFormat} */ (cached('s', () => new Intl.NumberFormat(locale(), { signDisplay: 'exceptZero' }))).format(n);
}

/** @param {{count: number, more: boolean}} c @returns {string} 100+ where there are more than were counted */
export function counted(c) {
  return c.more ? t('count.more', { n: c.count }) : number(c.count);
}

/** @param {string} key @param {() => any} make */
function cached(key, make) {
  let f = formats.get(key);
  if (!f) formats.set(key, (f = make()));
  return f;
}

/** @param {string} key @param {Intl.DateTimeFormatOptions} options @param {Date} at */
function dated(key, options, at) {
  return /** @type {Intl.DateTimeFormat} */ (cached(key, () => new Intl.DateTimeFormat(locale(), { timeZone: zone, ...options }))).format(
    at,
  );
}

/** @param {string | undefined} iso @returns {boolean} whether it is a time at all; the API's zero time is none */
export function known(iso) {
  return !!iso && !iso.startsWith('0001-');
}

/** @param {Date} at @returns {string} date and time with the zone */
export function exact(at) {
  return dated('x', { dateStyle: 'full', timeStyle: 'long' }, at);
}

/** @param {Date} at @returns {string} */
export function clock(at) {
  return dated('c', { hour: 'numeric', minute: '2-digit' }, at);
}

/** @returns {number} the day a week begins with where our language is spoken; 1 is Monday */
export function firstWeekday() {
  const place = /** @type {any} */ (new Intl.Locale(locale()));
  return (place.getWeekInfo?.() ?? place.weekInfo)?.firstDay ?? 1;
}

/** @param {number} day 1 is Monday @param {'short'|'long'} width @returns {string} */
export function weekdayName(day, width) {
  // The first of January 2024 was a Monday.
  return dated(`w${width}`, { weekday: width, timeZone: 'UTC' }, new Date(Date.UTC(2024, 0, day)));
}

/** @param {number} hour 0 to 23 @returns {string} as clocks show it */
export function hourName(hour) {
  return dated('h', { hour: 'numeric', timeZone: 'UTC' }, new Date(Date.UTC(2024, 0, 1, hour)));
}

/** @param {Date} at @returns {string} date with weekday */
export function day(at) {
  return dated(
    'd',
    { weekday: 'short', day: 'numeric', month: 'short', year: at.getFullYear() === new Date().getFullYear() ? undefined : 'numeric' },
    at,
  );
}

/** @param {Date} at @returns {string} the local date in ISO form, for comparing */
export function dayKey(at) {
  const f = cached('k', () => new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }));
  return /** @type {Intl.DateTimeFormat} */ (f).format(at);
}

/** @param {Date} at @returns {string} date and time, short */
export function stamp(at) {
  return dated('t', { dateStyle: 'medium', timeStyle: 'short' }, at);
}

const steps = /** @type {[Intl.RelativeTimeFormatUnit, number][]} */ ([
  ['day', 86400],
  ['hour', 3600],
  ['minute', 60],
]);

/** @param {Date} at @returns {string} relative within a week, a date beyond */
function relative(at) {
  const seconds = (at.getTime() - Date.now()) / 1000;
  if (Math.abs(seconds) < 60) return t('time.now');
  if (Math.abs(seconds) > 7 * 86400) {
    const old = at.getFullYear() !== new Date().getFullYear();
    return dated(old ? 'ry' : 'r', { day: 'numeric', month: 'short', year: old ? 'numeric' : undefined }, at);
  }
  const [unit, size] = steps.find(([, s]) => Math.abs(seconds) >= s) ?? steps[2];
  const f = /** @type {any} */ (
    cached('rel', () => /** @type {any} */ (new Intl.RelativeTimeFormat(locale(), { style: 'short', numeric: 'auto' })))
  );
  return f.format(Math.trunc(seconds / size), unit);
}

/** @param {number} ms @returns {string} a span in its two largest units, such as 3 h 12 min */
export function span(ms) {
  const minutes = Math.max(0, Math.floor(ms / 60000));
  if (minutes === 0) return t('time.moment');
  const parts = [
    ['day', Math.floor(minutes / 1440)],
    ['hour', Math.floor(minutes / 60) % 24],
    ['minute', minutes % 60],
  ];
  const from = parts.findIndex(([, n]) => Number(n) > 0);
  return parts
    .slice(from < 0 ? 2 : from)
    .slice(0, 2)
    .map(([unit, n]) => new Intl.NumberFormat(locale(), { style: 'unit', unit: String(unit), unitDisplay: 'narrow' }).format(Number(n)))
    .join(' ');
}

/**
 * A time, relative and kept current, with the exact one on hover.
 * @param {string | undefined} iso
 * @param {string} [cls]
 * @returns {HTMLElement | null}
 */
export function when(iso, cls) {
  if (!known(iso)) return null;
  const at = new Date(/** @type {string} */ (iso));
  return h('time', { datetime: iso, title: exact(at), class: cls, 'data-live': true }, relative(at));
}

/**
 * How long something has lasted, or will still last: kept current, with the
 * exact time on hover.
 * @param {string | undefined} iso
 * @param {string} [cls]
 * @returns {HTMLElement | null}
 */
export function lasting(iso, cls) {
  if (!known(iso)) return null;
  const at = new Date(/** @type {string} */ (iso));
  return h('time', { datetime: iso, title: exact(at), class: cls, 'data-live': 'span' }, span(Math.abs(Date.now() - at.getTime())));
}

/** Keeps all relative times of the page current. */
export function tick() {
  for (const el of document.querySelectorAll('time[data-live]')) {
    const at = new Date(el.getAttribute('datetime') ?? '');
    const now = el.getAttribute('data-live') === 'span' ? span(Math.abs(Date.now() - at.getTime())) : relative(at);
    if (el.textContent !== now) el.textContent = now;
  }
}

/** @param {string | undefined} code ISO 3166-1 @returns {string} the country's name */
export function country(code) {
  if (!code) return '';
  try {
    return new Intl.DisplayNames(locale(), { type: 'region' }).of(code) ?? code;
  } catch {
    return code;
  }
}
