// The catalog: products, their listings, stock, imports.
import { h, put } from '../dom.js';
import { t, word } from '../messages.js';
import { query } from '../router.js';
import { money, number, when } from '../format.js';
import { heading } from '../parts/page.js';
import { list } from '../parts/list.js';
import { channelFilter, searchField, tabs } from '../parts/filter.js';
import { badge, chip, listingState } from '../parts/chip.js';
import { empty } from '../parts/note.js';
import { button, linkButton } from '../parts/control.js';
import { isWeb, picture } from '../parts/picture.js';
import { problemLine, retryButton } from '../parts/listing.js';
import { listingChips } from '../parts/listingchips.js';
import { importPanel, importRow } from '../parts/import.js';
import { ledger } from '../parts/ledger.js';
import { shortcut } from '../keys.js';
import { go } from '../router.js';

/** @typedef {import('../types.js').ProductItem} ProductItem */
/** @typedef {import('../types.js').ListingItem} ListingItem */
/** @typedef {import('../types.js').Stock} Stock */

const names = ['products', 'listings', 'stock', 'imports'];
const listingStates = ['', 'rejected', 'in_review', 'queued', 'live', 'sold_out'];
const rareStates = ['error', 'paused', 'draft', 'ended'];

/** @param {import('../router.js').Page} page */
export default function show({ root, query: q, signal }) {
  const tab = names.includes(q.get('tab') ?? '') ? /** @type {string} */ (q.get('tab')) : 'products';
  const bodies = /** @type {Record<string, () => import('../dom.js').Child>} */ ({
    products: () => products(q, signal),
    listings: () => listings(q, signal),
    stock: () => stock(q, signal),
    imports: () => imports(signal),
  });
  put(
    root,
    heading(t('catalog.title'), {
      actions: [
        linkButton(t('import.action'), '/catalog?tab=imports', { icon: 'upload' }),
        linkButton(t('product.new'), '/catalog/new', { icon: 'plus', kind: 'main' }),
      ],
    }),
    tabs(
      t('catalog.parts'),
      names.map((name) => ({ name, text: t(`catalog.${name}`), href: name === 'products' ? '/catalog' : `/catalog?tab=${name}` })),
      tab,
    ),
    bodies[tab](),
  );
  shortcut({ keys: 'n', group: 'page', label: t('product.new'), run: () => go('/catalog/new') }, signal);
}

/** @param {URLSearchParams} q @param {AbortSignal} signal */
function products(q, signal) {
  const sku = q.get('sku') ?? '';
  const all = list({
    path: '/v1/products',
    query: { sku },
    label: t('catalog.products'),
    cls: 'product-row',
    signal,
    row: productRow,
    fresh: 30000,
    empty: () =>
      sku
        ? empty({
            title: t('catalog.nosku', { sku }),
            text: t('catalog.nosku.text'),
            icon: 'search',
            action: linkButton(t('filter.clear'), '/catalog'),
          })
        : empty({
            title: t('catalog.none'),
            text: t('catalog.none.text'),
            icon: 'catalog',
            action: [
              linkButton(t('import.action'), '/catalog?tab=imports', { kind: 'main', icon: 'upload' }),
              linkButton(t('product.new'), '/catalog/new', { icon: 'plus' }),
            ],
          }),
  });
  return [
    h(
      'div',
      { class: 'filters' },
      searchField({ label: t('catalog.search'), hint: t('catalog.search.hint'), name: 'sku', value: sku, signal, maxlength: 100 }),
    ),
    all.el,
  ];
}

/** @param {ProductItem} p */
export function productRow(p) {
  return h(
    'li',
    null,
    h(
      'a',
      { class: 'row product-row', href: `/catalog/${encodeURIComponent(p.id)}` },
      picture(p.image, ''),
      h(
        'span',
        { class: 'product-what' },
        h('span', { class: 'strong cut', dir: 'auto' }, p.title),
        h(
          'span',
          { class: 'small faint cut' },
          h('span', { class: 'mono' }, p.sku),
          p.variants > 1 ? [' · ', t('catalog.variants', { count: p.variants })] : null,
        ),
      ),
      h('span', { class: 'product-chips' }, p.archived ? chip(t('product.archived')) : listingChips(p.listings)),
      h(
        'span',
        { class: 'product-price num end strong' },
        p.variants > 1 ? h('span', { class: 'faint small' }, t('catalog.from'), ' ') : null,
        money(p.price),
      ),
      h('span', { class: 'product-at end small soft' }, when(p.updated_at)),
    ),
  );
}

/** @param {URLSearchParams} q @param {AbortSignal} signal */
function listings(q, signal) {
  const filter = { state: q.get('state') ?? '', channel: q.get('channel') ?? '' };
  const tab = (/** @type {string} */ s) => ({ name: s, text: s ? word('listing.state', s) : t('filter.all'), href: query({ state: s }) });
  const all = list({
    path: '/v1/listings',
    query: filter,
    label: t('catalog.listings'),
    cls: 'listing-row',
    signal,
    fresh: 10000,
    row: (/** @type {ListingItem} */ l) => listingRow(l, () => all.refresh()),
    empty: () =>
      empty({
        title: t(filter.state === 'rejected' ? 'catalog.norejected' : filter.state || filter.channel ? 'catalog.nolistings' : 'catalog.nolistingsyet'),
        text: filter.state || filter.channel ? undefined : t('catalog.notlisted.text'),
        icon: filter.state === 'rejected' ? 'check' : 'catalog',
      }),
  });
  return [
    h(
      'div',
      { class: 'filters' },
      tabs(
        t('filter.state'),
        listingStates.map(tab),
        filter.state,
        { text: t('filter.more'), tabs: rareStates.map(tab) },
      ),
      channelFilter(['etsy', 'tiktok', 'facebook', 'instagram'], filter.channel, true),
    ),
    all.el,
  ];
}

/** @param {ListingItem} l @param {() => void} again */
export function listingRow(l, again) {
  const href = `/catalog/${encodeURIComponent(l.product)}`;
  return h(
    'li',
    { class: 'listing-item' },
    h(
      'div',
      { class: 'listing-row' },
      badge(l.channel),
      h('a', { class: 'row plain cut strong', href, dir: 'auto' }, l.title || l.product),
      listingState(l.state),
      h('span', { class: 'small soft end' }, when(l.since)),
      h(
        'span',
        { class: 'line listing-acts' },
        isWeb(l.url) ? linkOut(l) : null,
        ['rejected', 'error'].includes(l.state) ? retryButton(l, again) : null,
      ),
    ),
    l.waiting ? h('p', { class: 'small soft listing-why', dir: 'auto' }, l.waiting) : null,
    l.problems.length > 0 ? h('ul', { class: 'problems' }, l.problems.map(problemLine)) : null,
  );
}

/** @param {ListingItem} l */
function linkOut(l) {
  const a = linkButton('', l.url, { icon: 'external', kind: 'quiet', label: t('listing.open', { channel: word('channel', l.channel) }) });
  a.target = '_blank';
  a.rel = 'noopener noreferrer';
  return a;
}

/** @param {URLSearchParams} q @param {AbortSignal} signal */
function stock(q, signal) {
  const sku = q.get('sku') ?? '';
  const all = list({
    path: '/v1/stock',
    query: { sku },
    label: t('catalog.stock'),
    cls: 'stock-row',
    key: (/** @type {Stock} */ s) => s.variant,
    signal,
    fresh: 10000,
    limit: 50,
    head: [
      h('span', null, t('stock.sku')),
      h('span', { class: 'end' }, t('stock.onhand')),
      h('span', { class: 'end' }, t('stock.reserved')),
      h('span', { class: 'end' }, t('stock.available')),
      h('span', { class: 'end' }, t('stock.changed')),
    ],
    row: (/** @type {Stock} */ s) => stockRow(s, () => all.refresh()),
    empty: () =>
      sku
        ? empty({ title: t('catalog.nosku', { sku }), icon: 'search', action: linkButton(t('filter.clear'), '/catalog?tab=stock') })
        : empty({ title: t('stock.none'), text: t('stock.none.text'), icon: 'box' }),
  });
  return [
    h(
      'div',
      { class: 'filters' },
      searchField({ label: t('stock.search'), hint: t('stock.search.hint'), name: 'sku', value: sku, signal, maxlength: 100 }),
    ),
    all.el,
  ];
}

/** @param {Stock} s @param {() => void} again */
export function stockRow(s, again) {
  return h(
    'li',
    null,
    h(
      'button',
      { type: 'button', class: 'row stock-row', 'aria-haspopup': 'dialog', onclick: () => ledger(s, again) },
      h('span', { class: 'mono cut strong' }, s.sku),
      h('span', { class: 'num end' }, h('span', { class: 'said' }, t('stock.onhand'), ' '), number(s.on_hand)),
      h(
        'span',
        { class: s.reserved ? 'num end soft' : 'num end faint' },
        h('span', { class: 'said' }, t('stock.reserved'), ' '),
        number(s.reserved),
      ),
      h(
        'span',
        { class: s.available === 0 ? 'num end strong bad' : 'num end strong' },
        h('span', { class: 'said' }, t('stock.available'), ' '),
        number(s.available),
      ),
      h('span', { class: 'end small soft' }, when(s.updated_at)),
    ),
  );
}

/** @param {AbortSignal} signal */
function imports(signal) {
  const all = list({
    path: '/v1/imports',
    label: t('catalog.imports'),
    cls: 'import-row',
    signal,
    fresh: 10000,
    row: importRow,
    limit: 10,
    empty: () => empty({ title: t('import.none'), icon: 'upload' }),
  });
  return h(
    'div',
    { class: 'stack' },
    importPanel(signal, () => all.refresh()),
    h('h2', null, t('import.before')),
    all.el,
    button(t('list.refresh'), { kind: 'quiet', icon: 'retry', run: () => all.refresh() }),
  );
}
