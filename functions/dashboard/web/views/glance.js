// Everything at a glance: what was sold, what waits.
import { h, put, redraw } from '../dom.js';
import { t, word } from '../messages.js';
import { get, isAbort } from '../api.js';
import { counted, dayKey, known, lasting, money, timeZone } from '../format.js';
import { every } from '../live.js';
import { query } from '../router.js';
import { heading, card } from '../parts/page.js';
import { tabs } from '../parts/filter.js';
import { badge } from '../parts/chip.js';
import { icon } from '../parts/icon.js';
import { empty, failed, note } from '../parts/note.js';
import { linkButton } from '../parts/control.js';
import { showCounts } from '../parts/shell.js';
import { channels } from '../session.js';
import { bars } from '../parts/bars.js';
import { busyHours } from '../parts/busy.js';

/** @typedef {import('../types.js').Summary} Summary */
/** @typedef {import('../types.js').Total} Total */

const periods = ['1', '7', '30'];

/** @param {string} days @returns {{from: string, to: string}} local dates */
function range(days) {
  const to = dayKey(new Date());
  const from = new Date(`${to}T12:00:00Z`);
  from.setUTCDate(from.getUTCDate() - Number(days) + 1);
  return { from: from.toISOString().slice(0, 10), to };
}

/** @param {import('../router.js').Page} page */
export default function show({ root, query: q, signal }) {
  const days = periods.includes(q.get('days') ?? '') ? /** @type {string} */ (q.get('days')) : '7';
  const body = h('div', { class: 'stack' }, waiting());
  const busy = h('div', { class: 'bare' });
  put(
    root,
    heading(t('glance.title'), {
      actions: tabs(
        t('glance.period'),
        periods.map((p) => ({ name: p, text: t(`glance.period.${p}`), href: query({ days: p === '7' ? undefined : p }) })),
        days,
      ),
    }),
    body,
    busy,
  );
  let shown = false;
  const read = async () => {
    try {
      /** @type {Summary} */
      const s = (await get('/v1/summary', { query: range(days), signal })).data;
      shown = true;
      showCounts(s.counts);
      redraw(body, todo(s), sales(s, days));
    } catch (e) {
      if (isAbort(e)) return;
      if (!shown) put(body, failed(e, read));
      throw e;
    }
  };
  every(20000, read, signal);
  every(
    300000,
    async () => {
      const { data } = await get('/v1/reports/sales', { query: { ...range('28'), by: 'weekday' }, signal });
      put(busy, busyHours(data.rows));
    },
    signal,
  );
}

function waiting() {
  return [
    h(
      'div',
      { class: 'tiles', role: 'status' },
      h('span', { class: 'said' }, t('loading')),
      Array.from({ length: 6 }, () =>
        h('div', { class: 'tile skeleton', 'aria-hidden': 'true' }, h('span', { class: 'bone short' }), h('span', { class: 'bone short' })),
      ),
    ),
    h('div', { class: 'sums', 'aria-hidden': 'true' }, h('span', { class: 'bone sum-bone' })),
    h(
      'div',
      { class: 'channels' },
      channels()
        .filter((c) => c.connections > 0)
        .map(() =>
          h(
            'div',
            { class: 'card skeleton tall', 'aria-hidden': 'true' },
            h('span', { class: 'bone short' }),
            h('span', { class: 'bone' }),
          ),
        ),
    ),
  ];
}

/** @param {Summary} s what waits to be done */
function todo(s) {
  const c = s.counts;
  const oldest = known(c.waiting_since) ? h('span', { class: 'tile-more tiny' }, t('glance.oldest'), ' ', lasting(c.waiting_since)) : null;
  return h(
    'ul',
    { class: 'tiles', 'aria-label': t('glance.todo') },
    tile('orders', '/orders?state=open', c.orders_to_ship, t('glance.toship', { count: c.orders_to_ship.count }), 'info'),
    c.orders_short?.count
      ? tile('box', '/orders?attention=short', c.orders_short, t('glance.short', { count: c.orders_short.count }), 'bad')
      : null,
    c.orders_unknown_item?.count
      ? tile('help', '/orders?attention=unknown_item', c.orders_unknown_item, t('glance.unknown', { count: c.orders_unknown_item.count }), 'bad')
      : null,
    tile('inbox', '/inbox?state=open', c.conversations_open, t('glance.waiting', { count: c.conversations_open.count }), 'info', oldest),
    tile(
      'catalog',
      '/catalog?tab=listings&state=rejected',
      c.listings_rejected,
      t('glance.rejected', { count: c.listings_rejected.count }),
      'bad',
    ),
    tile(
      'clock',
      '/catalog?tab=listings&state=in_review',
      c.listings_in_review,
      t('glance.review', { count: c.listings_in_review.count }),
      'quiet',
    ),
    tile('connections', '/connections', c.connections_attention, t('glance.attention', { count: c.connections_attention.count }), 'bad'),
    tile('queues', '/queues', c.failures, t('glance.failures', { count: c.failures.count }), 'bad'),
  );
}

/** @param {string} mark @param {string} href @param {import('../types.js').Count} n @param {string} text @param {string} tone @param {Element | null} [more] */
function tile(mark, href, n, text, tone, more) {
  return h(
    'li',
    null,
    h(
      'a',
      { class: 'tile', href, 'data-tone': n.count > 0 ? tone : 'none' },
      icon(mark),
      h('span', { class: 'tile-n num' }, counted(n)),
      h('span', { class: 'tile-text' }, text),
      more,
    ),
  );
}

/** @param {Summary} s @param {string} days */
function sales(s, days) {
  const names = [
    ...new Set([
      ...channels()
        .filter((c) => c.connections > 0)
        .map((c) => c.channel),
      ...s.totals.map((x) => x.channel),
    ]),
  ];
  if (names.length === 0) {
    return empty({
      title: t('glance.none.title'),
      text: t('glance.none.text'),
      icon: 'connections',
      action: linkButton(t('connections.connect'), '/connections', { kind: 'main', icon: 'plus' }),
    });
  }
  return h(
    'section',
    { class: 'stack', 'aria-label': t('glance.sales') },
    sums(s),
    h(
      'div',
      { class: 'channels' },
      names.map((name) => channelCard(name, s, days)),
    ),
    h('p', { class: 'tiny faint' }, t('glance.zone', { zone: timeZone() })),
  );
}

/** One line per currency: different currencies are never added. @param {Summary} s */
function sums(s) {
  /** @type {Map<string, {orders: number, amount: number}>} */
  const per = new Map();
  for (const x of s.totals) {
    const currency = x.amount.currency ?? '';
    const sum = per.get(currency) ?? { orders: 0, amount: 0 };
    per.set(currency, { orders: sum.orders + x.orders, amount: sum.amount + (x.amount.amount ?? 0) });
  }
  if (per.size === 0) return note('info', t('glance.nosales'));
  return h(
    'ul',
    { class: 'sums' },
    [...per].map(([currency, x]) =>
      h(
        'li',
        null,
        h('span', { class: 'sum num' }, money({ amount: x.amount, currency })),
        h('span', { class: 'small soft num' }, t('glance.orders', { count: x.orders })),
      ),
    ),
  );
}

/** @param {import('../types.js').Channel} name @param {Summary} s @param {string} days */
function channelCard(name, s, days) {
  const totals = s.totals.filter((x) => x.channel === name);
  const info = channels().find((c) => c.channel === name);
  const lines =
    totals.length > 0
      ? totals.map(totalLine)
      : [h('p', { class: 'soft small' }, info?.orders === 'none' ? t('glance.noorders') : t('glance.quiet'))];
  return card('', [
    h(
      'header',
      { class: 'line apart' },
      h('h2', null, badge(name, true)),
      h(
        'a',
        { class: 'small', href: `/orders?channel=${name}`, 'aria-label': t('glance.channel.orders', { channel: word('channel', name) }) },
        t('glance.see'),
      ),
    ),
    ...lines,
    days === '1' || totals.length === 0 ? null : bars(name, s),
  ]);
}

/** @param {Total} x */
function totalLine(x) {
  return h(
    'div',
    { class: 'total' },
    h('span', { class: 'total-n num' }, money(x.amount)),
    h('span', { class: 'small soft num' }, t('glance.orders', { count: x.orders }), ' · ', t('glance.items', { count: x.items })),
  );
}
