// What can be done with an order: ship it, cancel it.
import { h } from '../dom.js';
import { t, word } from '../messages.js';
import { Problem, newKey, send } from '../api.js';
import { channelInfo } from '../session.js';
import { checkbox, field, input, textarea } from './control.js';
import { formDialog } from './dialog.js';
import { toast } from './toast.js';

/** @typedef {import('../types.js').Order} Order */

/** @param {Order} o @returns {import('../types.js').OrderLine[]} */
function openLines(o) {
  return o.lines.filter((l) => l.quantity > (l.cancelled ?? 0));
}

/** @param {Order} o */
function lineChoice(o) {
  const open = openLines(o);
  if (open.length < 2) return null;
  return h(
    'fieldset',
    { class: 'stack close' },
    h('legend', null, t('order.choose.lines')),
    open.map((l) =>
      checkbox(t('order.choose.line', { title: l.title, count: l.quantity - (l.cancelled ?? 0) }), true, { name: 'line', value: l.id }),
    ),
  );
}

/** @param {HTMLFormElement} form @param {Order} o @returns {string[] | undefined} nothing when all are meant */
function chosenLines(form, o) {
  const open = openLines(o);
  const chosen = new FormData(form).getAll('line').map(String);
  if (open.length < 2 || chosen.length === open.length) return undefined;
  // Without lines the API takes all: that is not what was chosen.
  if (chosen.length === 0) throw new Problem(0, { detail: t('order.choose.none') });
  return chosen;
}

/** @returns {string[]} carriers used before */
function carriers() {
  try {
    return JSON.parse(localStorage.getItem('carriers') ?? '[]');
  } catch {
    return [];
  }
}

/** @param {string} name */
function rememberCarrier(name) {
  localStorage.setItem('carriers', JSON.stringify([name, ...carriers().filter((c) => c !== name)].slice(0, 12)));
}

/** @param {Order} o @param {(o: Order) => void} changed */
export async function shipDialog(o, changed) {
  const key = newKey();
  const carrier = input({ required: true, maxlength: 100, value: carriers()[0] ?? '', list: 'carriers' });
  const tracking = input({ required: true, maxlength: 100, class: 'input mono', dir: 'ltr', spellcheck: 'false' });
  const words = textarea({ maxlength: 500, rows: 2 });
  await formDialog({
    title: t('order.ship.title', { number: o.number }),
    action: t('order.ship.do'),
    fields: [
      field(t('order.ship.carrier'), carrier, { name: 'carrier' }),
      h(
        'datalist',
        { id: 'carriers' },
        carriers().map((c) => h('option', { value: c })),
      ),
      field(t('order.ship.tracking'), tracking, { name: 'tracking' }),
      field(t('order.ship.note'), words, { name: 'note', hint: t('order.ship.note.hint') }),
      lineChoice(o),
      h('p', { class: 'small soft' }, tells(o)),
    ],
    run: async (form) => {
      const chosen = chosenLines(form, o);
      const { data } = await send(
        'POST',
        `/v1/orders/${encodeURIComponent(o.id)}/shipments`,
        { carrier: carrier.value.trim(), tracking: tracking.value.trim(), note: words.value.trim() || undefined, lines: chosen },
        { key },
      );
      rememberCarrier(carrier.value.trim());
      changed(data);
      toast(t('order.ship.done'));
    },
  });
}

/** @param {Order} o what happens at the marketplace */
function tells(o) {
  const can = o.source === 'marketplace' && channelInfo(o.channel)?.abilities.includes('Shipper');
  return can ? t('order.ship.tells', { channel: word('channel', o.channel) }) : t('order.ship.keeps');
}

/** @param {Order} o @param {(o: Order) => void} changed */
export async function cancelDialog(o, changed) {
  const key = newKey();
  const reason = input({ maxlength: 200 });
  await formDialog({
    title: t('order.cancel.title', { number: o.number }),
    action: t('order.cancel.do'),
    kind: 'bad',
    fields: [
      h('p', null, o.source === 'marketplace' ? t('order.cancel.tells', { channel: word('channel', o.channel) }) : t('order.cancel.keeps')),
      lineChoice(o),
      field(t('order.cancel.reason'), reason, { name: 'reason', hint: t('optional') }),
    ],
    run: async (form) => {
      const chosen = chosenLines(form, o);
      const { data } = await send(
        'POST',
        `/v1/orders/${encodeURIComponent(o.id)}/cancellations`,
        { reason: reason.value.trim() || undefined, lines: chosen },
        { key },
      );
      changed(data);
      toast(t('order.cancel.done'));
    },
  });
}
