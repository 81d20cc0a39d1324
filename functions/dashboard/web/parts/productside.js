// Beside the form of a product: its listings and its stock.
import { h, keyed, put, redraw } from '../dom.js';
import { t, word } from '../messages.js';
import { Problem, get, isAbort } from '../api.js';
import { when } from '../format.js';
import { every } from '../live.js';
import { card } from './page.js';
import { badge, listingState } from './chip.js';
import { bones, failed } from './note.js';
import { icon } from './icon.js';
import { isWeb } from './picture.js';
import { ledger } from './ledger.js';
import { problemLine, retryButton } from './listing.js';

/** @typedef {import('../types.js').ListingItem} ListingItem */
/** @typedef {import('../types.js').Stock} Stock */
/** @typedef {import('../types.js').Product} Product */

/** @param {string} product @param {AbortSignal} signal */
export function listingsCard(product, signal) {
  const body = h('div', null, bones(4));
  let mark = '';
  const read = async () => {
    try {
      const { data } = await get('/v1/listings', { query: { product, limit: 50 }, signal });
      const now = JSON.stringify(data);
      if (now === mark) return;
      mark = now;
      redraw(
        body,
        data.items.length > 0
          ? h(
              'ul',
              { class: 'stack' },
              data.items.map((/** @type {ListingItem} */ l) => listingBox(l, () => turn())),
            )
          : h('p', { class: 'soft' }, t('catalog.notlisted.text')),
      );
    } catch (e) {
      if (isAbort(e)) return;
      if (!mark) put(body, failed(e, read));
      throw e;
    }
  };
  const turn = every(6000, read, signal);
  return card(t('product.listings'), body);
}

/** @param {ListingItem} l @param {() => void} again */
export function listingBox(l, again) {
  const broken = ['rejected', 'error'].includes(l.state);
  return h(
    'li',
    { class: 'stack close listing-box' },
    h('div', { class: 'line apart' }, badge(l.channel, true), listingState(l.state)),
    h(
      'div',
      { class: 'line apart small soft' },
      when(l.since),
      isWeb(l.url)
        ? h(
            'a',
            { class: 'line', href: l.url, target: '_blank', rel: 'noopener noreferrer' },
            t('listing.open', { channel: word('channel', l.channel) }),
            icon('external'),
          )
        : null,
    ),
    l.waiting ? h('p', { class: 'small soft', dir: 'auto' }, l.waiting) : null,
    l.problems.length > 0 ? h('ul', { class: 'problems' }, l.problems.map(problemLine)) : null,
    broken ? h('div', null, retryButton(l, again)) : null,
  );
}

/** How many levels are shown beside a product; the others are in the stock list. */
const most = 60;

/** @param {Product} p @param {AbortSignal} signal */
export function stockCard(p, signal) {
  const rows = h('ul', { class: 'rows' });
  // A new product has its levels a moment later; a level there is none of has a dash.
  const level = async (/** @type {import('../types.js').Variant} */ v) => {
    try {
      return (await get(`/v1/stock/${encodeURIComponent(v.id)}`, { signal })).data;
    } catch (e) {
      if (e instanceof Problem && e.status === 404) return null;
      throw e;
    }
  };
  const read = async () => {
    try {
      const levels = await Promise.all(p.variants.slice(0, most).map(level));
      keyed(
        rows,
        p.variants.slice(0, most).map((v, i) => ({ v, s: levels[i] })),
        ({ v }) => v.id,
        ({ v, s }) =>
          h(
            'li',
            null,
            stockLine(v.sku, s, () => turn()),
          ),
      );
    } catch (e) {
      if (isAbort(e)) return;
      if (!rows.firstChild) put(rows, h('li', null, failed(e, read)));
      throw e;
    }
  };
  const turn = every(p.variants.length > 12 ? 120000 : 10000, read, signal);
  return card(t('product.stock'), [rows, h('p', { class: 'tiny faint card-foot' }, t('product.stock.hint'))], { flush: true });
}

/** @param {string} sku @param {Stock | null} s @param {() => void} again */
function stockLine(sku, s, again) {
  return h(
    'button',
    {
      type: 'button',
      class: 'row stock-line',
      disabled: s === null,
      'aria-haspopup': 'dialog',
      onclick: () => {
        if (s) ledger(s, again);
      },
    },
    h('span', { class: 'mono cut' }, sku),
    s
      ? h(
          'span',
          { class: s.available === 0 ? 'num strong bad' : 'num strong' },
          t('stock.availableof', { available: s.available, n: s.on_hand }),
        )
      : h('span', { class: 'faint' }, '–'),
  );
}
