// One order: what, for whom, how far, and what can be done.
import { h, put, redraw } from '../dom.js';
import { t, word } from '../messages.js';
import { get, isAbort } from '../api.js';
import { country, day, known, money, number, stamp, when } from '../format.js';
import { every } from '../live.js';
import { shortcut } from '../keys.js';
import { go, goBack } from '../router.js';
import { card, facts, heading } from '../parts/page.js';
import { badge, chip, orderState, sendState } from '../parts/chip.js';
import { bones, failed, note } from '../parts/note.js';
import { button, copyable, linkButton } from '../parts/control.js';
import { cancelDialog, shipDialog } from '../parts/orderaction.js';
import { noteOrder } from '../parts/noteorder.js';
import { icon } from '../parts/icon.js';
import { requests } from '../parts/request.js';
import { forget } from '../parts/list.js';
import { channelInfo, connections, me } from '../session.js';

/** @typedef {import('../types.js').Order} Order */

const back = { href: '/orders', text: t('nav.orders') };

/** @param {import('../router.js').Page} page */
export default function show({ root, params, signal }) {
  put(root, heading(t('order.loading'), { back }), h('div', { class: 'columns' }, card('', bones(6)), card('', bones(5))));
  const path = `/v1/orders/${encodeURIComponent(params.id)}`;
  let mark = '';
  const draw = (/** @type {Order} */ o) => {
    const now = JSON.stringify(o);
    if (now === mark) return;
    mark = now;
    redraw(
      root,
      ...view(o, (fresh) => {
        forget('/v1/orders');
        draw(fresh);
      }),
    );
  };
  const read = async () => {
    try {
      draw((await get(path, { signal })).data);
    } catch (e) {
      if (isAbort(e)) return;
      if (!mark) put(root, heading(t('order.title'), { back }), failed(e, read));
      throw e;
    }
  };
  every(8000, read, signal);
  const press = (/** @type {string} */ id) => /** @type {HTMLElement | null} */ (root.querySelector(id))?.click();
  shortcut({ keys: 's', group: 'page', label: t('order.ship'), run: () => press('#ship') }, signal);
  shortcut({ keys: 'r', group: 'page', label: t('order.write'), run: () => press('#write') }, signal);
  shortcut({ keys: 'a', group: 'page', label: t('request.verdict.approve'), run: () => press('[data-verdict=approve]') }, signal);
  shortcut({ keys: 'x', group: 'page', label: t('request.verdict.reject'), run: () => press('[data-verdict=reject]') }, signal);
  shortcut({ keys: 'u', group: 'page', label: t('keys.back'), run: () => goBack('/orders') }, signal);
}

/**
 * @param {Order} o
 * @param {(o: Order) => void} changed
 */
function view(o, changed) {
  return [
    h('p', { class: 'printed strong', dir: 'auto' }, me().name),
    heading(t('order.number', { number: o.number || o.remote_id }), {
      back,
      beside: [badge(o.channel), orderState(o.state)],
      actions: actions(o, changed),
    }),
    h('p', { class: 'soft' }, t(`order.source.${o.source}`, { channel: word('channel', o.channel) }), ' · ', when(o.placed_at)),
    warnings(o),
    draft(o),
    h(
      'div',
      { class: 'columns' },
      h(
        'div',
        { class: 'stack' },
        requests(o, changed),
        card(t('order.lines'), lines(o), { flush: true }),
        shipments(o),
        timeline(o),
      ),
      h('div', { class: 'stack' }, buyer(o), details(o), attribution(o), limits(o)),
    ),
  ];
}

/** @param {Order} o @param {(o: Order) => void} changed */
function actions(o, changed) {
  const ship = button(t('order.ship'), { kind: 'main', icon: 'truck', key: 's', run: () => shipDialog(o, changed) });
  ship.id = 'ship';
  const write = o.conversation ? linkButton(t('order.write'), `/inbox/${encodeURIComponent(o.conversation)}`, { icon: 'inbox' }) : null;
  if (write) write.id = 'write';
  return [
    button(t('order.print'), { icon: 'print', kind: 'quiet', run: () => globalThis.print() }),
    write,
    o.can.includes('cancel') ? button(t('order.cancel'), { run: () => cancelDialog(o, changed) }) : null,
    o.can.includes('ship') ? ship : null,
  ];
}

/** @param {Order} o */
function warnings(o) {
  const short = o.lines.reduce((n, l) => n + (l.short ?? 0), 0);
  const late =
    known(o.ship_by) &&
    o.can.includes('ship') &&
    ['paid', 'partly_shipped'].includes(o.state) &&
    new Date(/** @type {string} */ (o.ship_by)).getTime() < Date.now();
  const notes = [
    short > 0 ? note('bad', h('p', null, t('order.short', { count: short })), h('p', { class: 'small' }, t('order.short.text'))) : null,
    late ? note('warn', h('p', null, t('order.late', { day: day(new Date(/** @type {string} */ (o.ship_by))) }))) : null,
  ];
  return h('div', { class: 'stack close' }, notes);
}

/** What the marketplace lets nobody do from here: to know, not to act on. @param {Order} o */
function limits(o) {
  const whys = ['ship', 'cancel', 'answer'].filter((what) => o.why_not[what] && (what === 'answer' ? deaf(o) : !settled(o)));
  if (!whys.length) return null;
  const line = (/** @type {string} */ what) =>
    h('p', { class: 'small soft', dir: 'auto' }, h('strong', null, t(`order.whynot.${what}`)), ' ', o.why_not[what]);
  return card(t('order.limits'), h('div', { class: 'stack close' }, whys.map(line)));
}

/** What can become of a cart, or has. @param {Order} o */
function draft(o) {
  if (o.became)
    return note('info', h('p', null, t('order.became'), ' ', h('a', { href: `/orders/${encodeURIComponent(o.became)}` }, t('order.became.see'))));
  if (o.state !== 'draft') return null;
  const make = async () => {
    const made = await noteOrder(o.conversation ? { id: o.conversation, name: o.buyer.name ?? '' } : undefined, o);
    if (made) go(`/orders/${encodeURIComponent(made.id)}`);
  };
  return note(
    'info',
    h('p', null, t('order.draft')),
    o.checkout_link ? [h('p', { class: 'small' }, t('order.draft.hint')), copyable(o.checkout_link, t('order.draft.link'))] : null,
    h('div', { class: 'line card-end' }, button(t('order.draft.make'), { icon: 'plus', run: make })),
  );
}

/** @param {Order} o nothing more is to be done: nobody asks why not */
function settled(o) {
  return ['shipped', 'delivered', 'completed', 'cancelled', 'refunded'].includes(o.state);
}

/** @param {Order} o nobody tells us what its buyer asks for later */
function deaf(o) {
  const over = ['cancelled', 'refunded'].includes(o.state);
  return o.source === 'marketplace' && !over && !channelInfo(o.channel)?.abilities.includes('Canceller');
}

/** @param {Order} o */
function lines(o) {
  const row = (/** @type {import('../types.js').OrderLine} */ l) =>
    h(
      'tr',
      { class: (l.cancelled ?? 0) >= l.quantity ? 'gone' : undefined },
      h(
        'td',
        null,
        h('div', { class: 'break', dir: 'auto' }, l.title),
        h(
          'div',
          { class: 'small faint' },
          l.sku ? h('a', { class: 'mono', href: `/catalog?sku=${encodeURIComponent(l.sku)}` }, l.sku) : t('order.nosku'),
          l.cancelled ? [' · ', t('order.line.cancelled', { count: l.cancelled })] : null,
        ),
      ),
      h('td', { class: 'num end' }, number(l.quantity)),
      h('td', { class: 'end' }, allocation(l)),
      h('td', { class: 'num end' }, money(l.price)),
      h(
        'td',
        { class: 'num end strong' },
        l.price?.currency ? money({ amount: (l.price.amount ?? 0) * l.quantity, currency: l.price.currency }) : '–',
      ),
    );
  const sum = (/** @type {string} */ name, /** @type {any} */ m, /** @type {string} */ cls = 'soft') =>
    m?.currency && (m.amount || name === 'total')
      ? h(
          'tr',
          { class: cls },
          h('th', { scope: 'row', colspan: '4', class: 'end' }, t(`order.${name}`)),
          h('td', { class: 'num end' }, money(m)),
        )
      : null;
  return h(
    'div',
    { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': t('order.lines') },
    h(
      'table',
      { class: 'lines' },
      h(
        'thead',
        null,
        h(
          'tr',
          null,
          h('th', { scope: 'col' }, t('order.line.title')),
          h('th', { scope: 'col', class: 'end' }, t('order.line.quantity')),
          h('th', { scope: 'col', class: 'end' }, t('order.line.stock')),
          h('th', { scope: 'col', class: 'end' }, t('order.line.price')),
          h('th', { scope: 'col', class: 'end' }, t('order.line.sum')),
        ),
      ),
      h('tbody', null, o.lines.map(row)),
      h(
        'tfoot',
        null,
        sum('subtotal', o.subtotal),
        sum('shipping', o.shipping),
        sum('tax', o.tax),
        sum('discount', o.discount?.amount ? { amount: -o.discount.amount, currency: o.discount.currency } : undefined),
        sum('total', o.total, 'strong'),
      ),
    ),
  );
}

/** @param {import('../types.js').OrderLine} l */
function allocation(l) {
  if (l.short) return chip(t('order.line.short', { count: l.short }), 'bad', 'alert');
  if (l.allocated > 0)
    return h('span', { class: 'good num', title: t('order.line.allocated.title') }, t('order.line.allocated', { count: l.allocated }));
  return h('span', { class: 'faint' }, '–');
}

/** @param {Order} o */
function shipments(o) {
  if (!o.shipments?.length) return null;
  return card(
    t('order.shipments'),
    h(
      'ul',
      { class: 'stack' },
      o.shipments.map((s) =>
        h(
          'li',
          { class: 'shipment' },
          h('div', { class: 'line apart' }, h('span', { class: 'strong', dir: 'auto' }, s.carrier), sendState(s.state)),
          h(
            'div',
            { class: 'line apart small' },
            h('span', { class: 'mono break', dir: 'ltr' }, s.tracking),
            h('span', { class: 'soft' }, when(s.at)),
          ),
          s.state === 'unknown' ? h('p', { class: 'small warn' }, t('send.unknown.text')) : null,
          s.problem ? h('p', { class: 'small bad break', dir: 'auto' }, s.problem) : null,
          s.note ? h('p', { class: 'small soft pre', dir: 'auto' }, s.note) : null,
        ),
      ),
    ),
  );
}

/** @param {Order} o */
function timeline(o) {
  if (o.timeline.length === 0) return null;
  return card(
    t('order.timeline'),
    h(
      'ol',
      { class: 'timeline' },
      [...o.timeline]
        .reverse()
        .map((e) =>
          h(
            'li',
            { 'data-kind': e.kind },
            h('p', { class: 'break', dir: 'auto' }, e.text),
            h('p', { class: 'tiny faint' }, when(e.at), e.by ? [' · ', h('span', { dir: 'auto' }, e.by)] : null),
          ),
        ),
    ),
    { screen: true },
  );
}

/** @param {Order} o */
function buyer(o) {
  const b = o.buyer ?? {};
  const a = b.address;
  const lines = a
    ? [a.name ?? b.name, ...(a.lines ?? []), [a.postal, a.city].filter(Boolean).join(' '), a.region, country(a.country)].filter(Boolean)
    : [];
  return card(
    t('order.buyer'),
    h(
      'div',
      { class: 'stack close' },
      b.name ? h('p', { class: 'strong', dir: 'auto' }, b.name) : h('p', { class: 'faint' }, t('orders.nobuyer')),
      b.email ? h('a', { class: 'break', href: `mailto:${encodeURIComponent(b.email).replace('%40', '@')}`, dir: 'ltr' }, b.email) : null,
      b.phone ? h('a', { href: `tel:${b.phone.replaceAll(/[^+\d]/g, '')}`, dir: 'ltr' }, b.phone) : null,
      lines.length > 0
        ? h(
            'address',
            { dir: 'auto' },
            lines.map((l) => h('span', null, l)),
          )
        : null,
      b.masked
        ? h(
            'p',
            { class: 'small soft line' },
            icon('info'),
            h('span', { class: 'grow' }, t('order.masked', { channel: word('channel', o.channel) })),
          )
        : null,
      o.note ? h('blockquote', { class: 'pre', dir: 'auto' }, o.note) : null,
    ),
  );
}

/** @param {Order} o */
function details(o) {
  const account = h('a', { href: `/connections/${encodeURIComponent(o.account)}` }, t('order.account.open'));
  void connections()
    .then((all) => {
      account.textContent = all.find((c) => c.id === o.account)?.name ?? account.textContent;
    })
    .catch(() => {});
  return card(
    t('order.details'),
    facts([
      [t('order.account'), account],
      [t('order.remote'), h('span', { class: 'mono break' }, o.remote_id)],
      [t('order.rawstate'), o.raw_state],
      [t('order.shipby'), known(o.ship_by) ? day(new Date(/** @type {string} */ (o.ship_by))) : null],
      [t('order.placed'), stamp(new Date(o.placed_at))],
      [t('order.updated'), when(o.updated_at)],
      [t('order.seen'), when(o.first_seen)],
      [t('order.fetched'), when(o.fetched_at)],
    ]),
    { screen: true },
  );
}

/** @param {Order} o where the order came from, and how that is known */
function attribution(o) {
  const a = o.attribution;
  if (!a || !(a.evidence || a.session || a.cart_origin || a.fbclid || a.utm || a.landing)) return null;
  const utm = Object.entries(a.utm ?? {})
    .map(([k, v]) => `${k}: ${v}`)
    .join(', ');
  return card(
    t('order.attribution'),
    h(
      'div',
      { class: 'stack close' },
      a.evidence ? h('p', { dir: 'auto' }, t('order.attribution.because', { channel: word('channel', o.channel) }), ' ', a.evidence) : null,
      o.channel === 'meta' ? h('p', { class: 'small soft' }, t('order.attribution.meta')) : null,
      facts([
        [t('order.attribution.origin'), a.cart_origin],
        [t('order.attribution.session'), a.session ? h('span', { class: 'mono break' }, a.session) : null],
        [t('order.attribution.fbclid'), a.fbclid ? t('order.attribution.fbclid.yes') : null],
        [t('order.attribution.utm'), utm],
        [t('order.attribution.landing'), a.landing ? h('span', { class: 'break' }, a.landing) : null],
      ]),
    ),
    { screen: true },
  );
}
