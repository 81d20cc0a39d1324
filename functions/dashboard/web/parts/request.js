// What a buyer asks of an order once it is placed, and the seller's answer.
import { h } from '../dom.js';
import { t, word } from '../messages.js';
import { Problem, newKey, send } from '../api.js';
import { exact, known, lasting, money, parseAmount, when } from '../format.js';
import { button, field, input, select, textarea } from './control.js';
import { chip, sendState } from './chip.js';
import { formDialog } from './dialog.js';
import { card } from './page.js';
import { toast } from './toast.js';

/** @typedef {import('../types.js').Order} Order */
/** @typedef {import('../types.js').OrderRequest} OrderRequest */
/** @typedef {import('./chip.js').Tone} Tone */

/** @type {Record<string, Tone>} */
const tones = {
  open: 'warn',
  waiting: 'info',
  approved: 'good',
  rejected: 'quiet',
  withdrawn: 'quiet',
  closed: 'quiet',
  done: 'good',
  other: 'quiet',
};

/** @param {OrderRequest} r whether the seller has to answer it */
function asks(r) {
  const a = r.answer;
  return r.state === 'open' && (!a || a.state === 'failed' || (a.to ?? '') !== (r.raw_state ?? ''));
}

/**
 * All requests of an order, the ones to be answered first.
 * @param {Order} o
 * @param {(o: Order) => void} changed
 */
export function requests(o, changed) {
  if (!o.requests?.length) return null;
  const sorted = [...o.requests].sort((a, b) => Number(asks(b)) - Number(asks(a)));
  return card(
    t('request.title'),
    h(
      'ul',
      { class: 'stack' },
      sorted.map((r) => requestItem(o, r, changed)),
    ),
  );
}

/**
 * @param {Order} o
 * @param {OrderRequest} r
 * @param {(o: Order) => void} changed
 */
function requestItem(o, r, changed) {
  return h(
    'li',
    { class: 'shipment', 'data-request': r.kind },
    h(
      'div',
      { class: 'line apart' },
      h('span', { class: 'strong' }, t(`request.${r.by}.${r.kind}`)),
      r.state === 'open' && !asks(r)
        ? chip(t('request.answered'), 'info')
        : chip(word('request.state', r.state), tones[r.state] ?? 'quiet'),
    ),
    r.reason ? h('blockquote', { class: 'break', dir: 'auto' }, r.reason) : null,
    meant(o, r),
    deadline(o, r),
    given(o, r),
    asks(r) ? verdicts(o, r, changed) : null,
    cameBack(o, r)
      ? h('div', { class: 'line card-end' }, button(t('request.restock'), { icon: 'box', run: () => restock(o, r) }))
      : null,
  );
}

/** @param {Order} o @param {OrderRequest} r the lines whose pieces may lie here again */
function backLines(o, r) {
  return o.lines
    .map((l) => ({ line: l, count: r.lines?.length ? (r.lines.find((one) => one.line === l.id)?.quantity ?? 0) : l.quantity }))
    .filter((one) => one.line.variant && one.count > 0);
}

/** @param {Order} o @param {OrderRequest} r */
function cameBack(o, r) {
  return r.kind === 'return' && Boolean(r.tracking || r.state === 'done') && backLines(o, r).length > 0;
}

/**
 * What came back is put into stock by a person, who has seen it.
 * @param {Order} o
 * @param {OrderRequest} r
 */
async function restock(o, r) {
  const keys = backLines(o, r).map(() => newKey());
  const fields = backLines(o, r).map((one) => ({
    ...one,
    input: input({ type: 'number', min: 0, max: one.count, step: 1, value: one.count, inputmode: 'numeric', dir: 'ltr', class: 'input num' }),
  }));
  await formDialog({
    title: t('request.restock'),
    action: t('request.restock.do'),
    fields: [h('p', null, t('request.restock.text')), fields.map((f) => field(f.line.title, f.input))],
    run: async () => {
      for (const [i, f] of fields.entries()) {
        const quantity = Number(f.input.value);
        if (quantity > 0)
          await send(
            'POST',
            `/v1/stock/${encodeURIComponent(f.line.variant ?? '')}/moves`,
            { quantity, note: t('request.restock.note', { number: o.number }) },
            { key: keys[i] },
          );
      }
      toast(t('request.restock.done'));
    },
  });
}

/** @param {Order} o @param {OrderRequest} r which pieces, how much money, which parcel */
function meant(o, r) {
  const pieces = (r.lines ?? []).map((l) => {
    const title = o.lines.find((one) => one.id === l.line)?.title ?? l.line;
    return h('li', { class: 'break', dir: 'auto' }, t('order.choose.line', { title, count: l.quantity }));
  });
  return h(
    'div',
    { class: 'small soft' },
    pieces.length > 0 ? h('ul', null, pieces) : h('p', null, t('request.all')),
    h('p', { class: 'line' }, r.amount?.currency ? h('span', { class: 'num' }, money(r.amount)) : null, when(r.asked_at)),
    r.tracking ? h('p', null, t('request.tracking'), ' ', h('span', { class: 'mono break', dir: 'ltr' }, r.tracking)) : null,
  );
}

/** @param {Order} o @param {OrderRequest} r */
function deadline(o, r) {
  if (!asks(r)) return null;
  if (!known(r.answer_by)) return h('p', { class: 'small warn' }, t('request.waits'));
  const at = new Date(/** @type {string} */ (r.answer_by));
  const left = at.getTime() - Date.now();
  if (left < 0) return h('p', { class: 'small bad' }, t('request.late', { channel: word('channel', o.channel) }));
  return h(
    'p',
    { class: left < 86400000 ? 'small bad' : 'small warn' },
    t('request.left'),
    ' ',
    lasting(r.answer_by, 'strong'),
    h('br'),
    t('request.then', { at: exact(at), channel: word('channel', o.channel) }),
  );
}

/** @param {Order} o @param {OrderRequest} r what was answered, and how far it has come */
function given(o, r) {
  const a = r.answer;
  if (!a) return null;
  const reason = r.reasons?.find((one) => one.code === a.reason)?.text ?? (a.verdict === 'reject' ? a.reason : '');
  return h(
    'div',
    { class: 'small' },
    h(
      'p',
      { class: 'line' },
      t(`request.given.${a.verdict}`),
      a.amount?.currency ? h('span', { class: 'num' }, money(a.amount)) : null,
      sendState(a.state),
      when(a.at, 'faint'),
    ),
    reason ? h('p', { class: 'soft break', dir: 'auto' }, reason) : null,
    a.comment ? h('p', { class: 'soft pre', dir: 'auto' }, a.comment) : null,
    a.problem ? h('p', { class: 'bad break', dir: 'auto' }, a.problem) : null,
  );
}

/** The keys of the two answers everybody takes. @type {Record<string, string>} */
const keys = { approve: 'a', reject: 'x' };

/**
 * @param {Order} o
 * @param {OrderRequest} r
 * @param {(o: Order) => void} changed
 */
function verdicts(o, r, changed) {
  return h(
    'div',
    { class: 'line card-end' },
    (r.answers ?? []).map((v) => {
      const b = button(t(`request.verdict.${v}`), {
        kind: v === 'approve' ? 'main' : 'plain',
        key: keys[v],
        run: () => answer(o, r, v, changed),
      });
      b.dataset.verdict = v;
      return b;
    }),
  );
}

/**
 * @param {Order} o
 * @param {OrderRequest} r
 * @param {string} verdict
 * @param {(o: Order) => void} changed
 */
async function answer(o, r, verdict, changed) {
  const key = newKey();
  const reasons = r.reasons ?? [];
  /** @type {[string, string][]} */
  const choice = [['', t('request.reason.choose')], ...reasons.map((one) => /** @type {[string, string]} */ ([one.code, one.text]))];
  const words = () => (reasons.length > 0 ? select(choice, '', { required: true }) : input({ required: true, maxlength: 200 }));
  const reason = verdict === 'reject' ? words() : null;
  const comment = verdict === 'reject' ? textarea({ maxlength: 500, rows: 2 }) : null;
  const amount = verdict === 'offer' ? input({ required: true, inputmode: 'decimal', dir: 'ltr', class: 'input num' }) : null;
  const channel = word('channel', o.channel);
  await formDialog({
    title: t(`request.${r.by}.${r.kind}`),
    action: t(`request.verdict.${verdict}`),
    kind: verdict === 'reject' ? 'bad' : 'main',
    fields: [
      h('p', null, t(`request.means.${verdict === 'approve' ? r.kind : verdict}`, { channel, amount: money(r.amount) })),
      reason ? field(t('request.reason'), reason, { name: 'reason' }) : null,
      comment ? field(t('request.comment'), comment, { name: 'comment', hint: t('optional') }) : null,
      amount ? field(t('request.amount'), amount, { name: 'amount', hint: t('request.amount.hint', { amount: money(r.amount) }) }) : null,
    ],
    run: async () => {
      const { data } = await send(
        'POST',
        `/v1/orders/${encodeURIComponent(o.id)}/answers`,
        {
          request: r.id,
          verdict,
          reason: reason?.value.trim() || undefined,
          comment: comment?.value.trim() || undefined,
          amount: amount ? offered(amount.value, r) : undefined,
        },
        { key },
      );
      changed(data);
      toast(t('request.done', { channel }));
    },
  });
}

/** @param {string} typed @param {OrderRequest} r */
function offered(typed, r) {
  const currency = r.amount?.currency ?? '';
  const amount = parseAmount(typed, currency);
  const message = t('request.amount.hint', { amount: money(r.amount) });
  if (amount === null || amount <= 0) throw new Problem(0, { errors: [{ field: 'amount', code: 'not_an_amount', message }] });
  return { amount, currency };
}
