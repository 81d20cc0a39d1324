// Beside a conversation: who writes, and about which order.
import { h, put } from '../dom.js';
import { t, word } from '../messages.js';
import { get, isAbort, send } from '../api.js';
import { lasting, money, number, when } from '../format.js';
import { facts } from './page.js';
import { badge, chip, orderState } from './chip.js';
import { bones, complain, words } from './note.js';
import { confirm } from './dialog.js';
import { button, linkButton } from './control.js';
import { noteOrder } from './noteorder.js';
import { toast } from './toast.js';

/** @typedef {import('../types.js').Conversation} Conversation */
/** @typedef {import('../types.js').Order} Order */

/** @type {WeakMap<HTMLElement, string>} */
const shown = new WeakMap();

/**
 * @param {HTMLElement} root
 * @param {Conversation} c
 * @param {AbortSignal} signal
 */
export function showContext(root, c, signal) {
  const mark = `${c.id}|${c.order ?? ''}|${c.name}|${c.messages}`;
  if (shown.get(root) === mark && root.firstElementChild?.classList.contains('context')) return;
  shown.set(root, mark);
  const order = h('div', null);
  put(
    root,
    h(
      'div',
      { class: 'context stack' },
      h(
        'section',
        { 'aria-label': t('inbox.buyer') },
        h('h3', null, t('inbox.buyer')),
        h('p', { class: 'strong break', dir: 'auto' }, c.name || t('inbox.noname')),
        facts([
          [t('context.channel'), badge(c.channel, true)],
          [t('context.kind'), word('conversation.kind', c.kind)],
          [t('context.contact'), c.contact ? h('span', { class: 'mono break tiny' }, c.contact) : null],
          [t('context.messages'), number(c.messages)],
          [t('context.since'), when(c.created_at)],
          [t('context.waiting'), lasting(c.waiting_since)],
        ]),
      ),
      h('section', { 'aria-label': t('inbox.order') }, h('h3', null, t('inbox.order')), order),
      h('div', null, button(t('erase.action'), { kind: 'quiet', icon: 'trash', run: () => erase(c) })),
    ),
  );
  if (!c.order)
    return put(
      order,
      h('p', { class: 'small soft' }, t('context.noorder')),
      h(
        'div',
        { class: 'line card-end' },
        button(t('noteorder.action'), { icon: 'plus', run: () => agreed(order, c) }),
        linkButton(t('context.find'), '/orders', { kind: 'quiet' }),
      ),
    );
  put(order, bones(3));
  const read = (/** @type {string} */ id) => get(`/v1/orders/${encodeURIComponent(id)}`, { signal });
  read(c.order)
    .then((r) => (r.data.became ? read(r.data.became) : r))
    .then(({ data }) => put(order, orderBox(data)))
    .catch((e) => {
      if (!isAbort(e)) put(order, h('p', { class: 'small bad' }, words(e)));
    });
}

/** For a buyer who wants their data deleted. @param {Conversation} c */
async function erase(c) {
  if (!(await confirm({ title: t('erase.title', { name: c.name || t('inbox.noname') }), text: h('p', null, t('erase.text')), action: t('erase.do') }))) return;
  try {
    await send('DELETE', `/v1/conversations/${encodeURIComponent(c.id)}`);
    toast(t('erase.done'));
  } catch (e) {
    complain(e);
  }
}

/** @param {HTMLElement} place @param {Conversation} c */
async function agreed(place, c) {
  const o = await noteOrder(c);
  if (!o) return;
  put(place, orderBox(o));
  toast(t('noteorder.done'));
}

/** @param {Order} o */
export function orderBox(o) {
  const short = o.lines.reduce((n, l) => n + (l.short ?? 0), 0);
  return h(
    'div',
    { class: 'order-box stack close' },
    h(
      'div',
      { class: 'line apart' },
      h('a', { class: 'strong num', href: `/orders/${encodeURIComponent(o.id)}` }, t('order.number', { number: o.number || o.remote_id })),
      orderState(o.state),
    ),
    h(
      'ul',
      { class: 'stack close small' },
      o.lines
        .slice(0, 6)
        .map((l) =>
          h(
            'li',
            { class: 'line' },
            h('span', { class: 'num faint' }, t('context.times', { n: l.quantity })),
            h('span', { class: 'grow break', dir: 'auto' }, l.title),
          ),
        ),
    ),
    o.lines.length > 6 ? h('p', { class: 'tiny faint' }, t('context.more', { count: o.lines.length - 6 })) : null,
    h(
      'div',
      { class: 'line apart' },
      h('span', { class: 'soft small' }, when(o.placed_at)),
      h('span', { class: 'strong num' }, money(o.total)),
    ),
    short > 0 ? chip(t('orders.short', { count: short }), 'bad', 'alert') : null,
  );
}
