// "Why is it 3?": the moves of a stock level, and correcting it.
import { h, put, on } from '../dom.js';
import { t, word } from '../messages.js';
import { Problem, get, newKey, send } from '../api.js';
import { number, signed, when } from '../format.js';
import { badge, chip } from './chip.js';
import { button, field, input, select } from './control.js';
import { dialog, showTrouble } from './dialog.js';
import { empty, failed } from './note.js';
import { list } from './list.js';
import { toast } from './toast.js';
import { complain } from './note.js';

/** @typedef {import('../types.js').Stock} Stock */
/** @typedef {import('../types.js').Move} Move */

/**
 * @param {Stock} s
 * @param {() => void} changed
 */
export function ledger(s, changed) {
  const stop = new AbortController();
  const path = `/v1/stock/${encodeURIComponent(s.variant)}`;
  const level = h('div', null, levelBox(s));
  const moves = list({
    path: `${path}/moves`,
    label: t('stock.moves'),
    cls: 'move',
    row: moveRow,
    signal: stop.signal,
    empty: () => empty({ title: t('stock.nomoves'), icon: 'box' }),
  });
  const read = async () => {
    moves.refresh();
    changed();
    try {
      put(level, levelBox((await get(path, { signal: stop.signal })).data));
    } catch (e) {
      put(level, failed(e, read));
    }
  };
  const d = dialog(
    t('stock.why', { sku: s.sku }),
    h('div', { class: 'stack' }, level, adjustForm(path, read), h('h3', null, t('stock.moves')), moves.el),
    { wide: true },
  );
  void d.closed.then(() => stop.abort());
}

/** @param {Stock} s */
function levelBox(s) {
  const one = (/** @type {string} */ name, /** @type {number} */ n, /** @type {string} */ cls = '') =>
    h('div', null, h('dt', { class: 'small soft' }, t(`stock.${name}`)), h('dd', { class: `level num ${cls}` }, number(n)));
  return h(
    'dl',
    { class: 'levels' },
    one('onhand', s.on_hand),
    one('reserved', s.reserved),
    one('available', s.available, s.available === 0 ? 'bad' : ''),
  );
}

/** @param {Move} m */
export function moveRow(m) {
  return h(
    'li',
    { class: 'row move' },
    h(
      'span',
      { class: m.quantity < 0 ? 'num end strong' : 'num end strong good' },
      m.quantity === 0 && m.short ? number(0) : signed(m.quantity),
    ),
    h(
      'span',
      { class: 'grow' },
      h(
        'span',
        { class: 'line' },
        word('move', m.reason),
        m.channel ? badge(m.channel) : null,
        m.short ? chip(t('stock.short', { count: m.short }), 'bad') : null,
      ),
      h('span', { class: 'small soft break', dir: 'auto' }, source(m), m.note ? [' · ', m.note] : null),
    ),
    h('span', { class: 'end small' }, h('span', { class: 'num' }, t('stock.left', { n: m.on_hand })), h('br'), when(m.at, 'faint')),
  );
}

/** @param {Move} m who or what it was */
function source(m) {
  if (m.source.startsWith('ord_')) return h('a', { href: `/orders/${encodeURIComponent(m.source)}` }, t('stock.order'));
  return m.source;
}

/** @param {string} path @param {() => void} done */
function adjustForm(path, done) {
  const how = select(
    [
      ['count', t('stock.adjust.set')],
      ['manual', t('stock.adjust.by')],
    ],
    'count',
    { 'aria-label': t('stock.adjust.how') },
  );
  const n = input({
    type: 'number',
    required: true,
    step: 1,
    min: 0,
    max: 999999999,
    inputmode: 'numeric',
    dir: 'ltr',
    class: 'input num',
  });
  const why = input({ maxlength: 500 });
  const trouble = h('div', { role: 'alert' });
  const form = h(
    'form',
    { class: 'adjust' },
    field(t('stock.adjust.how'), how),
    field(t('stock.adjust.number'), n, { name: 'quantity' }),
    field(t('stock.adjust.note'), why, { name: 'note' }),
    button(t('stock.adjust.do'), { kind: 'main', type: 'submit' }),
    trouble,
  );
  on('change', how, () => {
    n.min = how.value === 'count' ? '0' : '-999999999';
  });
  on('submit', form, async (e) => {
    e.preventDefault();
    const value = Number(n.value);
    put(trouble);
    try {
      if (!Number.isInteger(value)) throw new Problem(0, { detail: t('stock.adjust.whole') });
      const { data } = await send(
        'POST',
        `${path}/moves`,
        how.value === 'count' ? { set: value, note: why.value || undefined } : { quantity: value, note: why.value || undefined },
        { key: newKey() },
      );
      n.value = why.value = '';
      done();
      toast(t('stock.adjusted', { n: data.on_hand }), data.quantity ? { undo: () => undo(path, data, done) } : {});
    } catch (err) {
      showTrouble(form, trouble, err);
    }
  });
  return form;
}

/** @param {string} path @param {Move} m @param {() => void} done */
async function undo(path, m, done) {
  try {
    await send('POST', `${path}/moves`, { quantity: -m.quantity, note: t('stock.undone') }, { key: newKey() });
    done();
  } catch (e) {
    complain(e);
  }
}
