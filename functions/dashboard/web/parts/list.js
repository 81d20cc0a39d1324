// A list of rows: read page by page, kept fresh, walked with j and k.
import { h, put, keyed, on } from '../dom.js';
import { t } from '../messages.js';
import { get, isAbort } from '../api.js';
import { every } from '../live.js';
import { shortcut } from '../keys.js';
import { button } from './control.js';
import { failed, skeleton } from './note.js';

/** @typedef {import('../dom.js').Child} Child */
/** @typedef {{items: any[], next: string}} Kept */

/** What lists showed last, so that going back to one is at once. @type {Map<string, Kept>} */
const kept = new Map();
const keptMost = 30;

/**
 * @template T
 * @typedef {object} ListOptions
 * @property {string} path of the API
 * @property {Record<string, any>} [query]
 * @property {(item: T) => Element} row an `li` with one link or button of class row
 * @property {() => Element} empty what stands where there is nothing
 * @property {string} label of the list
 * @property {AbortSignal} signal
 * @property {(item: T) => string} [key]
 * @property {number} [fresh] milliseconds between looks at the first page; 0 for never
 * @property {Child} [head] above the rows
 * @property {string} [cls]
 * @property {number} [limit]
 * @property {(items: T[]) => void} [shown]
 */

/**
 * Makes a list.
 * @template {any} T
 * @param {ListOptions<T>} o
 * @returns {{el: HTMLElement, items: () => T[], refresh: () => void, change: (f: (items: T[]) => T[]) => void}}
 */
export function list(o) {
  const rows = h('ul', { class: 'rows', 'aria-label': o.label });
  const foot = h('div', { class: 'rows-foot' });
  const body = h('div', { class: 'rows-body' });
  const el = h(
    'div',
    { class: 'list' },
    o.head ? h('div', { class: `row head ${o.cls ?? ''}`.trim(), 'aria-hidden': 'true' }, /** @type {any} */ (o.head)) : null,
    body,
  );
  const id = o.path + '?' + JSON.stringify(o.query ?? {});
  /** @type {Kept} */
  const state = kept.get(id) ?? { items: [], next: '' };
  const key = o.key ?? ((/** @type {any} */ i) => i.id);
  let loaded = kept.has(id);

  const show = () => {
    keep(id, state);
    if (state.items.length === 0) put(body, o.empty());
    else {
      keyed(rows, state.items, key, o.row);
      if (rows.parentNode !== body) put(body, rows, foot);
      put(foot, state.next ? more : null);
    }
    o.shown?.(state.items);
  };
  const read = async () => {
    try {
      const { data } = await get(o.path, { query: { limit: o.limit ?? 25, ...o.query }, signal: o.signal });
      merge(state, data, key);
      loaded = true;
      show();
    } catch (e) {
      if (isAbort(e)) return;
      if (!loaded) put(body, failed(e, read));
      throw e;
    }
  };
  const more = button(t('list.more'), { run: () => next() });
  const next = async () => {
    if (!state.next) return;
    try {
      const { data } = await get(o.path, { query: { limit: o.limit ?? 25, ...o.query, cursor: state.next }, signal: o.signal });
      const have = new Set(state.items.map(key));
      state.items = [...state.items, ...data.items.filter((/** @type {T} */ i) => !have.has(key(i)))];
      state.next = data.next_cursor;
      show();
    } catch (e) {
      if (!isAbort(e))
        put(
          foot,
          failed(e, () => {
            put(foot, more);
            return next();
          }),
        );
    }
  };
  if (loaded) show();
  else put(body, skeleton(8, `row ${o.cls ?? ''}`.trim()));
  const refresh = every(o.fresh || 3600000, read, o.signal);
  reachEnd(more, o.signal);
  walk(rows, o.signal);
  return {
    el,
    items: () => state.items,
    refresh,
    change: (f) => {
      state.items = f(state.items);
      show();
    },
  };
}

/** @param {string} id @param {Kept} state */
function keep(id, state) {
  kept.delete(id);
  kept.set(id, state);
  const oldest = kept.keys().next().value;
  if (kept.size > keptMost && oldest) kept.delete(oldest);
}

/** Forgets what lists of a path showed. @param {string} path */
export function forget(path) {
  for (const id of kept.keys()) {
    if (id.startsWith(path)) kept.delete(id);
  }
}

/**
 * Puts a fresh first page before what was read of later ones.
 * @param {Kept} state
 * @param {{items: any[], next_cursor: string}} page
 * @param {(i: any) => string} key
 */
function merge(state, page, key) {
  const last = page.items.at(-1);
  const at = last ? state.items.findIndex((i) => key(i) === key(last)) : -1;
  const fresh = new Set(page.items.map(key));
  const tail = page.next_cursor && at >= 0 ? state.items.slice(at + 1).filter((i) => !fresh.has(key(i))) : [];
  if (tail.length === 0) state.next = page.next_cursor;
  state.items = [...page.items, ...tail];
}

/** Reads on when the button at the end comes into sight. @param {HTMLButtonElement} more @param {AbortSignal} signal */
function reachEnd(more, signal) {
  const seen = new IntersectionObserver(
    (entries) => {
      if (entries.some((e) => e.isIntersecting)) more.click();
    },
    { rootMargin: '400px' },
  );
  seen.observe(more);
  signal.addEventListener('abort', () => seen.disconnect());
}

/**
 * j and k move the focus along the rows.
 * @param {HTMLElement} rows
 * @param {AbortSignal} signal
 */
function walk(rows, signal) {
  const step = (/** @type {number} */ by) => {
    const all = /** @type {HTMLElement[]} */ ([...rows.querySelectorAll('.row[href],.row[tabindex],button.row')]);
    if (all.length === 0) return;
    const current = all.findIndex((r) => r === document.activeElement || r.contains(document.activeElement));
    const marked = all.findIndex((r) => r.getAttribute('aria-current') === 'true');
    const from = current >= 0 ? current : marked;
    const to = all[Math.min(all.length - 1, Math.max(0, from < 0 ? 0 : from + by))];
    to.focus({ preventScroll: true });
    to.scrollIntoView({ block: 'nearest' });
  };
  shortcut({ keys: 'j', group: 'list', label: t('keys.next'), run: () => step(1) }, signal);
  shortcut({ keys: 'k', group: 'list', label: t('keys.previous'), run: () => step(-1) }, signal);
  on('keydown', rows, (e) => {
    if (e.key !== 'ArrowDown' && e.key !== 'ArrowUp') return;
    if (!(e.target instanceof HTMLElement) || !e.target.classList.contains('row')) return;
    e.preventDefault();
    step(e.key === 'ArrowDown' ? 1 : -1);
  });
}
