// Orders of all channels, newest first.
import { h, put } from '../dom.js';
import { t, word } from '../messages.js';
import { known, lasting, money, when } from '../format.js';
import { go, query } from '../router.js';
import { shortcut } from '../keys.js';
import { heading } from '../parts/page.js';
import { list } from '../parts/list.js';
import { channelFilter, searchField, tabs } from '../parts/filter.js';
import { badge, chip, orderState } from '../parts/chip.js';
import { empty } from '../parts/note.js';
import { button, linkButton } from '../parts/control.js';
import { noteOrder } from '../parts/noteorder.js';

/** @typedef {import('../types.js').OrderItem} OrderItem */

const states = ['', 'open', 'unpaid', 'held', 'shipped', 'completed', 'cancelled'];
const rare = ['paid', 'partly_shipped', 'delivered', 'refunded', 'draft', 'other'];
/** What somebody should look at. */
const attentions = ['short', 'unknown_item'];
const names = ['etsy', 'tiktok', 'facebook', 'instagram', 'meta', 'own'];

/** @param {import('../router.js').Page} page */
export default function show({ root, query: q, signal }) {
  const filter = { channel: q.get('channel') ?? '', state: q.get('state') ?? '', attention: q.get('attention') ?? '', q: q.get('q') ?? '' };
  const chosen = attentions.includes(filter.attention) ? filter.attention : [...states, ...rare].includes(filter.state) ? filter.state : '';
  const tab = (/** @type {string} */ s) => ({
    name: s,
    text: s === '' ? t('filter.all') : word('order.state', s),
    href: query(attentions.includes(s) ? { state: undefined, attention: s } : { state: s, attention: undefined }),
  });
  const orders = list({
    path: '/v1/orders',
    query: filter,
    label: t('orders.title'),
    cls: 'order-row',
    row: orderRow,
    signal,
    fresh: 10000,
    head: [
      h('span', null, t('orders.head.order')),
      h('span', null, t('orders.head.buyer')),
      h('span', null, t('orders.head.state')),
      h('span', null, t('orders.head.shipby')),
      h('span', { class: 'end' }, t('orders.head.total')),
      h('span', { class: 'end' }, t('orders.head.placed')),
    ],
    empty: () => nothing(filter),
  });
  put(
    root,
    heading(t('orders.title'), {
      actions: [
        searchField({ label: t('orders.search'), hint: t('orders.search.hint'), name: 'q', value: filter.q, signal }),
        button(t('noteorder.action'), { icon: 'plus', key: 'n', run: note }),
      ],
    }),
    h(
      'div',
      { class: 'filters' },
      tabs(
        t('filter.state'),
        states.map(tab),
        chosen,
        { text: t('filter.more'), tabs: [...attentions, ...rare].map(tab) },
      ),
      channelFilter(names, filter.channel),
    ),
    filter.q
      ? h(
          'p',
          { class: 'small soft' },
          t('orders.found.for', { q: filter.q }),
          ' ',
          h('a', { href: query({ q: undefined }) }, t('filter.clear')),
        )
      : null,
    orders.el,
  );
  shortcut({ keys: 'n', group: 'page', label: t('noteorder.action'), run: note }, signal);
}

async function note() {
  const o = await noteOrder();
  if (o) go(`/orders/${encodeURIComponent(o.id)}`);
}

/** @param {{channel: string, state: string, attention: string, q: string}} filter */
function nothing(filter) {
  if (filter.q)
    return empty({
      title: t('orders.notfound', { q: filter.q }),
      text: t('orders.notfound.text'),
      icon: 'search',
      action: linkButton(t('filter.clear'), '/orders'),
    });
  if (filter.state === 'open') return empty({ title: t('orders.allshipped'), icon: 'check' });
  if (filter.state || filter.channel || filter.attention)
    return empty({ title: t('orders.nonesuch'), icon: 'orders', action: linkButton(t('filter.clear'), '/orders') });
  return empty({
    title: t('orders.none'),
    text: t('orders.none.text'),
    icon: 'orders',
    action: linkButton(t('nav.connections'), '/connections'),
  });
}

/** @param {OrderItem} o */
export function orderRow(o) {
  return h(
    'li',
    null,
    h(
      'a',
      { class: 'row order-row', href: `/orders/${encodeURIComponent(o.id)}` },
      h(
        'span',
        { class: 'order-what' },
        badge(o.channel),
        h(
          'span',
          { class: 'cut' },
          h('span', { class: 'strong num' }, o.number || o.remote_id),
          h(
            'span',
            { class: 'soft' },
            ' ',
            h('bdi', null, o.title),
            o.items > 1 ? h('span', { class: 'faint' }, ' ', t('orders.items', { count: o.items })) : null,
          ),
        ),
      ),
      h(
        'span',
        { class: 'order-buyer cut' },
        o.buyer_name ? h('bdi', null, o.buyer_name) : h('span', { class: 'faint' }, t('orders.nobuyer')),
      ),
      h(
        'span',
        { class: 'order-state line' },
        orderState(o.state),
        o.asked ? chip(t('orders.asked'), 'warn', 'alert') : null,
        o.short ? chip(t('orders.short', { count: o.short }), 'bad', 'alert') : null,
      ),
      h('span', { class: 'order-due small' }, due(o)),
      h('span', { class: 'order-total num end strong' }, money(o.total)),
      h('span', { class: 'order-at num end soft small' }, when(o.placed_at)),
    ),
  );
}

/** @param {OrderItem} o until when it has to be answered, or shipped */
function due(o) {
  if (o.asked && known(o.answer_by)) return [h('span', { class: 'warn due-word' }, t('orders.answerby'), ' '), when(o.answer_by, 'warn')];
  if (!known(o.ship_by) || !['paid', 'partly_shipped'].includes(o.state)) return null;
  const at = new Date(/** @type {string} */ (o.ship_by));
  const left = at.getTime() - Date.now();
  const tone = left < 0 ? 'bad' : left < 86400000 ? 'warn' : 'soft';
  if (left < 0) return h('span', { class: tone }, t('orders.overdue'), ' ', lasting(o.ship_by));
  return [h('span', { class: `${tone} due-word` }, t('orders.shipby'), ' '), when(o.ship_by, tone)];
}
