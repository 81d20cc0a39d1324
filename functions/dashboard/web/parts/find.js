// Find anything from anywhere: an order by its number, tracking number, SKU or
// the buyer's e-mail address, a product by its SKU, a place by its name.
import { h, on, put, uid } from '../dom.js';
import { t } from '../messages.js';
import { get, isAbort } from '../api.js';
import { money } from '../format.js';
import { go } from '../router.js';
import { badge, orderState } from './chip.js';
import { dialog } from './dialog.js';
import { icon } from './icon.js';
import { words } from './note.js';

/** @typedef {{href: string, text: import('../dom.js').Child}} Hit */

const pause = 180;

/** @param {{name: string, href: string}[]} places */
export function findDialog(places) {
  if (document.querySelector('dialog[open]')) return;
  const listID = uid();
  const input = h('input', {
    type: 'search',
    class: 'input',
    role: 'combobox',
    'aria-label': t('find.label'),
    'aria-expanded': 'true',
    'aria-controls': listID,
    'aria-autocomplete': 'list',
    placeholder: t('find.hint'),
    autocomplete: 'off',
    spellcheck: 'false',
    maxlength: 200,
    dir: 'auto',
  });
  const list = h('ul', { id: listID, class: 'find-list', role: 'listbox', 'aria-label': t('find.title') });
  const said = h('p', { class: 'small soft find-said', role: 'status' });
  const d = dialog(t('find.title'), h('div', { class: 'find' }, input, list, said), { wide: true });
  let stop = new AbortController();
  /** @type {Hit[]} */
  let hits = [];
  let at = 0;

  const choose = (/** @type {number} */ i) => {
    at = Math.max(0, Math.min(hits.length - 1, i));
    for (const [n, el] of [...list.children].entries()) el.setAttribute('aria-selected', String(n === at));
    const el = list.children[at];
    el?.scrollIntoView({ block: 'nearest' });
    if (el) input.setAttribute('aria-activedescendant', el.id);
    else input.removeAttribute('aria-activedescendant');
  };
  const open = (/** @type {number} */ i) => {
    if (!hits[i]) return;
    d.close();
    go(hits[i].href);
  };
  const show = (/** @type {Hit[]} */ now, /** @type {string} */ text) => {
    hits = now;
    put(
      list,
      hits.map((hit, i) =>
        h('li', { id: uid(), role: 'option', class: 'find-hit', onclick: () => open(i), onpointermove: () => at !== i && choose(i) }, hit.text),
      ),
    );
    said.textContent = text;
    choose(0);
  };
  const read = async (/** @type {string} */ q, /** @type {AbortSignal} */ signal) => {
    try {
      const [orders, products] = await Promise.all([
        get('/v1/orders', { query: { q, limit: 6 }, signal }),
        get('/v1/products', { query: { sku: q, limit: 1 }, signal }),
      ]);
      if (signal.aborted) return;
      const found = [...placesOf(places, q), ...products.data.items.map(productHit), ...orders.data.items.map(orderHit)];
      if (orders.data.next_cursor) found.push({ href: `/orders?q=${encodeURIComponent(q)}`, text: [icon('orders'), t('find.all', { q })] });
      show(found, found.length > 0 ? '' : t('orders.notfound.text'));
    } catch (e) {
      if (!isAbort(e)) show(placesOf(places, q), words(e));
    }
  };
  const look = () => {
    stop.abort();
    stop = new AbortController();
    const q = input.value.trim();
    show(placesOf(places, q), q.length < 2 ? '' : t('loading'));
    if (q.length < 2) return;
    const { signal } = stop;
    const timer = setTimeout(() => void read(q, signal), pause);
    signal.addEventListener('abort', () => clearTimeout(timer));
  };
  on('input', input, look);
  on('keydown', input, (e) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[/** @type {string} */ (e.key)];
    if (step) choose(at + step);
    else if (e.key === 'Enter') open(at);
    else return;
    e.preventDefault();
  });
  void d.closed.then(() => stop.abort());
  look();
  input.focus();
}

/** @param {{name: string, href: string}[]} places @param {string} q @returns {Hit[]} */
function placesOf(places, q) {
  return places
    .map((p) => ({ href: p.href, name: t(`nav.${p.name}`), mark: p.name }))
    .filter((p) => p.name.toLowerCase().includes(q.toLowerCase()))
    .map((p) => ({ href: p.href, text: [icon(p.mark), h('span', null, p.name)] }));
}

/** @param {import('../types.js').OrderItem} o @returns {Hit} */
function orderHit(o) {
  return {
    href: `/orders/${encodeURIComponent(o.id)}`,
    text: [
      badge(o.channel),
      h('span', { class: 'strong num' }, o.number || o.remote_id),
      h('span', { class: 'grow cut soft', dir: 'auto' }, o.buyer_name || o.title),
      orderState(o.state),
      h('span', { class: 'num' }, money(o.total)),
    ],
  };
}

/** @param {import('../types.js').ProductItem} p @returns {Hit} */
function productHit(p) {
  return {
    href: `/catalog/${encodeURIComponent(p.id)}`,
    text: [icon('catalog'), h('span', { class: 'strong mono' }, p.sku), h('span', { class: 'grow cut soft', dir: 'auto' }, p.title), h('span', { class: 'small faint' }, t('find.product'))],
  };
}
