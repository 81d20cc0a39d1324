// Each part in each of its states, with canned data. Local mode only: change a
// part, look at it here in both themes, at 360 px, and from right to left.
import { h, put } from '../dom.js';
import { t } from '../messages.js';
import { Problem } from '../api.js';
import { card, facts, heading } from '../parts/page.js';
import { badge, chip, connectionState, conversationState, countMark, listingState, orderState, sendState } from '../parts/chip.js';
import { button, checkbox, copyable, field, input, select, textarea } from '../parts/control.js';
import { bones, empty, failed, note, skeleton } from '../parts/note.js';
import { confirm, dialog, formDialog } from '../parts/dialog.js';
import { toast } from '../parts/toast.js';
import { setTheme } from '../parts/shell.js';
import { channelFilter, tabs } from '../parts/filter.js';
import { messageItem } from '../parts/message.js';
import { closed } from '../parts/composer.js';
import { orderBox } from '../parts/context.js';
import { requests } from '../parts/request.js';
import { problemLine } from '../parts/listing.js';
import { listingChips } from '../parts/listingchips.js';
import { moveRow } from '../parts/ledger.js';
import { importResult, importRow } from '../parts/import.js';
import { matrix } from '../parts/matrix.js';
import { candidates } from '../parts/pending.js';
import { secretBody } from '../parts/secret.js';
import { defaultsForm } from '../parts/defaults.js';
import { productForm } from '../parts/productform.js';
import { listingBox } from '../parts/productside.js';
import { bars } from '../parts/bars.js';
import { orderRow } from './orders.js';
import { talkRow } from './inbox.js';
import { listingRow, productRow, stockRow } from './catalog.js';
import { failureRow, queueTable } from './queues.js';
import { connectionCard } from './connections.js';
import { health } from './connection.js';
import { canned } from './gallery-data.js';

/** @typedef {import('../dom.js').Child} Child */

/** @param {import('../router.js').Page} page */
export default function show({ root }) {
  const data = canned();
  const g = (/** @type {string} */ key) => t(`gallery.${key}`);
  const part = (/** @type {string} */ name, /** @type {Child[]} */ ...cases) =>
    h('div', { class: 'gallery-part' }, h('h2', null, g(name)), cases);
  const rows = (/** @type {Element[]} */ items) => h('div', { class: 'list' }, h('ul', { class: 'rows' }, items));
  const nothing = () => {};
  put(
    root,
    heading(g('title'), { actions: switches() }),
    h(
      'div',
      { class: 'stack' },
      part(
        'chips',
        h(
          'div',
          { class: 'line' },
          each(data.channels, (c) => badge(c, true)),
        ),
        h('div', { class: 'line' }, each(data.orderStates, orderState)),
        h('div', { class: 'line' }, each(data.listingStates, listingState)),
        h('div', { class: 'line' }, each(data.sendStates, sendState)),
        h(
          'div',
          { class: 'line' },
          each(data.conversationStates, conversationState),
          each(data.connections, connectionState),
          chip(t('orders.short', { count: 2 }), 'bad', 'alert'),
          countMark(3, 'inbox.unread'),
        ),
        each(data.products, (p) => listingChips(p.listings)),
      ),
      part(
        'controls',
        h(
          'div',
          { class: 'line' },
          button(t('save'), { kind: 'main' }),
          button(t('cancel')),
          button(t('connections.disconnect'), { kind: 'bad' }),
          button(t('close'), { kind: 'quiet' }),
          button(t('save'), { kind: 'main', disabled: true }),
          busyButton(),
          button('', { icon: 'retry', label: t('retry') }),
        ),
        h(
          'form',
          { class: 'pairs' },
          field(t('settings.name'), input({ value: data.long })),
          badField(),
          field(
            t('defaults.condition'),
            select(
              [
                ['', t('defaults.unset')],
                ['new', t('defaults.condition.new')],
              ],
              '',
            ),
          ),
          field(t('product.description'), textarea({ value: data.rtl })),
          checkbox(t('defaults.is_supply'), true),
        ),
        copyable('https://example.org/checkout/meta/k3y', t('connections.checkout_url')),
      ),
      part(
        'filters',
        tabs(
          t('filter.state'),
          each(data.orderStates, (s) => ({ name: s, text: t(`order.state.${s}`), href: '#' })),
          'paid',
        ),
        channelFilter(data.channels, 'etsy'),
      ),
      part(
        'notes',
        note('info', h('p', null, g('text'))),
        note('warn', h('p', null, g('text'))),
        note('bad', h('p', null, data.long)),
        note('good', h('p', null, g('text'))),
        card('', empty({ title: t('orders.none'), text: t('orders.none.text'), icon: 'orders', action: button(t('retry')) })),
        card('', failed(new Problem(503, { detail: g('problem'), request_id: '01JREQUEST' }), nothing)),
        card('', failed(new Problem(404, {}), null)),
        card('', skeleton(3, 'row order-row'), { flush: true }),
        card('', bones(4)),
      ),
      part(
        'orders',
        rows(each(data.orders, orderRow)),
        h(
          'div',
          { class: 'pairs' },
          orderBox(data.order),
          requests({ ...data.order, channel: 'tiktok', requests: data.requests }, nothing),
        ),
      ),
      part(
        'inbox',
        h(
          'div',
          { class: 'columns' },
          rows(each(data.talks, (c) => talkRow(c, 'cnv_1'))),
          h(
            'ol',
            { class: 'messages' },
            each(data.messages, (m) => messageItem(m, { retry: nothing, drop: nothing })),
          ),
        ),
        each(data.talks, closed),
      ),
      part(
        'catalog',
        rows(each(data.products, productRow)),
        rows(each(data.listings, (l) => listingRow(l, nothing))),
        h('ul', { class: 'problems' }, each(data.problems, problemLine)),
        h(
          'ul',
          { class: 'stack' },
          each(data.listings, (l) => listingBox(l, nothing)),
        ),
        rows(each(data.stock, (s) => stockRow(s, nothing))),
        rows(each(data.moves, moveRow)),
        each(data.imports, importResult),
        rows(each(data.imports, importRow)),
        productForm(data.product).el,
      ),
      part(
        'glance',
        card('', bars('etsy', data.summary)),
        facts([
          [t('order.placed'), g('text')],
          [t('order.remote'), data.long],
        ]),
      ),
      part(
        'connections',
        h('ul', { class: 'connection-list' }, each(data.connections, connectionCard)),
        health(data.connections[0]),
        card(t('matrix.title'), matrix(data.abilities), { flush: true }),
        card('', candidates(data.pending)),
        card('', secretBody('ink_5f2c', 'sec_0123456789')),
        card(t('defaults.title'), defaultsForm({ grams: 300 }, { publish: 'draft', grams: 200 }).el),
      ),
      part('queues', card('', queueTable(data.queues, nothing), { flush: true }), rows(each(data.failures, failureRow))),
      part(
        'dialogs',
        h(
          'div',
          { class: 'line' },
          button(g('dialog'), {
            run: () => {
              dialog(g('dialog'), h('p', null, data.long));
            },
          }),
          button(g('confirm'), { run: () => confirm({ title: g('confirm'), text: g('text'), action: t('order.cancel.do') }) }),
          button(g('form'), {
            run: () =>
              formDialog({
                title: g('form'),
                action: t('save'),
                fields: field(t('settings.name'), input({ required: true }), { name: 'name' }),
                run: async () => {
                  throw new Problem(422, { detail: g('problem'), errors: [{ field: 'name', code: 'x', message: g('problem') }] });
                },
              }),
          }),
          button(g('toast'), { run: () => toast(g('text'), { undo: nothing }) }),
          button(g('toast.bad'), { run: () => toast(g('problem'), { tone: 'bad' }) }),
        ),
      ),
    ),
  );
}

/** @param {any[]} items @param {(item: any) => any} make */
function each(items, make) {
  return items.map((item) => make(item));
}

function switches() {
  const dir = () => {
    const el = document.documentElement;
    el.dir = el.dir === 'rtl' ? 'ltr' : 'rtl';
  };
  return [
    ['system', 'light', 'dark'].map((name) => button(t(`theme.${name}`), { run: () => setTheme(name) })),
    button(t('gallery.direction'), { run: dir }),
  ];
}

function busyButton() {
  const b = button(t('save'), { kind: 'main' });
  b.setAttribute('aria-busy', 'true');
  return b;
}

function badField() {
  const el = field(t('settings.currency'), input({ value: 'EURO', 'aria-invalid': 'true' }));
  const error = el.querySelector('.error');
  if (error) put(error, t('gallery.problem')).removeAttribute('hidden');
  return el;
}
