// Noting an order by hand: one agreed on in a conversation, at a market, by phone.
import { h, put, uid } from '../dom.js';
import { t, word } from '../messages.js';
import { Problem, get, newKey, send } from '../api.js';
import { connections } from '../session.js';
import { button, field, input, select, textarea } from './control.js';
import { formDialog } from './dialog.js';
import { forget } from './list.js';

/** @typedef {import('../types.js').Conversation} Conversation */
/** @typedef {import('../types.js').Order} Order */

/**
 * @param {Pick<Conversation, 'id'|'name'>} [c] the conversation it was agreed on in
 * @param {Order} [draft] the cart it is made of
 * @returns {Promise<Order | null>} none when it was not noted
 */
export async function noteOrder(c, draft) {
  const key = newKey();
  const lines = lineRows(draft);
  const cart = input({ maxlength: 100, class: 'input mono', dir: 'ltr', spellcheck: 'false', value: draft?.cart ?? '' });
  const state = select(
    [
      ['paid', word('order.state', 'paid')],
      ['unpaid', word('order.state', 'unpaid')],
    ],
    'paid',
  );
  const words = textarea({ maxlength: 2000, rows: 2 });
  const where = c ? null : select([['', t('noteorder.only')]], '');
  if (where)
    void connections()
      .then((all) => where.append(...all.map((x) => h('option', { value: x.id }, x.name))))
      .catch(() => {});
  /** @type {Order | null} */
  let made = null;
  await formDialog({
    title: t('noteorder.title'),
    action: t('noteorder.do'),
    wide: true,
    fields: [
      h('p', { class: 'soft' }, c ? t('noteorder.text.conversation') : t('noteorder.text')),
      lines.el,
      h(
        'div',
        { class: 'pairs' },
        field(t('noteorder.state'), state, { name: 'state' }),
        where ? field(t('order.account'), where, { name: 'connection' }) : null,
      ),
      draft ? null : field(t('noteorder.cart'), cart, { name: 'session', hint: t('noteorder.cart.hint') }),
      field(t('noteorder.note'), words, { name: 'note', hint: t('optional') }),
    ],
    run: async () => {
      const wanted = lines.value();
      const session = cart.value.trim() || undefined;
      if (wanted.length === 0 && !session) throw new Problem(0, { detail: t('noteorder.empty') });
      const buyer = c?.name ? { name: c.name } : undefined;
      made = (
        await send(
          'POST',
          '/v1/orders',
          {
            conversation: c?.id,
            connection: where?.value || undefined,
            state: state.value,
            session,
            lines: wanted.length > 0 ? wanted : undefined,
            buyer,
            note: words.value.trim() || undefined,
          },
          { key },
        )
      ).data;
      forget('/v1/orders');
    },
  });
  return made;
}

/**
 * @param {Order} [draft]
 * @returns {{el: HTMLElement, value: () => {sku: string, quantity: number}[]}}
 */
function lineRows(draft) {
  let rows = draft?.lines.map((l) => ({ sku: l.sku ?? '', quantity: String(l.quantity) })) ?? [{ sku: '', quantity: '1' }];
  const list = h('ul', { class: 'stack close' });
  const known = suggestions();
  const draw = () =>
    put(
      list,
      rows.map((r, i) =>
        h(
          'li',
          { class: 'order-line', 'data-field': `lines[${i}].sku` },
          field(
            t('noteorder.sku'),
            input({
              value: r.sku,
              maxlength: 100,
              class: 'input mono',
              dir: 'ltr',
              spellcheck: 'false',
              list: known.el.id,
              onfocus: () => known.find(r.sku),
              oninput: (/** @type {Event} */ e) => {
                r.sku = /** @type {HTMLInputElement} */ (e.target).value;
                known.find(r.sku);
              },
            }),
            { name: `lines[${i}].sku` },
          ),
          field(
            t('noteorder.quantity'),
            input({
              type: 'number',
              min: 1,
              max: 100000,
              step: 1,
              value: r.quantity,
              inputmode: 'numeric',
              dir: 'ltr',
              class: 'input num',
              oninput: (/** @type {Event} */ e) => {
                r.quantity = /** @type {HTMLInputElement} */ (e.target).value;
              },
            }),
            { name: `lines[${i}].quantity` },
          ),
          rows.length > 1
            ? button('', {
                icon: 'trash',
                kind: 'quiet',
                label: t('noteorder.remove', { n: i + 1 }),
                run: () => {
                  rows = rows.filter((x) => x !== r);
                  draw();
                },
              })
            : null,
        ),
      ),
    );
  draw();
  const add = button(t('noteorder.add'), {
    kind: 'quiet',
    icon: 'plus',
    run: () => {
      rows = [...rows, { sku: '', quantity: '1' }];
      draw();
      /** @type {HTMLElement | null} */ (list.querySelector('li:last-child input'))?.focus();
    },
  });
  return {
    el: h('div', { class: 'stack close' }, list, known.el, h('div', null, add)),
    value: () => rows.filter((r) => r.sku.trim()).map((r) => ({ sku: r.sku.trim(), quantity: Number(r.quantity) || 1 })),
  };
}

/**
 * SKUs of the catalog that begin like what is typed, with what is left of them.
 * @returns {{el: HTMLElement, find: (typed: string) => void}}
 */
function suggestions() {
  const el = h('datalist', { id: uid() });
  let asked = '';
  const find = async (/** @type {string} */ typed) => {
    asked = typed;
    try {
      const { data } = await get(`/v1/stock?limit=20&sku=${encodeURIComponent(typed.trim())}`);
      if (asked === typed)
        put(
          el,
          data.items.map((/** @type {import('../types.js').Stock} */ s) => h('option', { value: s.sku }, t('noteorder.left', { count: s.available }))),
        );
    } catch {
      put(el); // it can be typed all the same
    }
  };
  return { el, find: (typed) => void find(typed) };
}
