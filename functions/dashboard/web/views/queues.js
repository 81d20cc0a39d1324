// What is stuck, and again.
import { h, put, redraw } from '../dom.js';
import { t, word } from '../messages.js';
import { get, isAbort, newKey, send } from '../api.js';
import { number, when } from '../format.js';
import { every } from '../live.js';
import { card, heading } from '../parts/page.js';
import { complain, empty, failed, skeleton } from '../parts/note.js';
import { button } from '../parts/control.js';
import { confirm } from '../parts/dialog.js';
import { toast } from '../parts/toast.js';
import { list } from '../parts/list.js';
import { chip } from '../parts/chip.js';

/** @typedef {import('../types.js').Queue} Queue */
/** @typedef {import('../types.js').Failure} Failure */

/** @param {import('../router.js').Page} page */
export default function show({ root, signal }) {
  const counts = h('div', null, skeleton(6, 'row queue-row'));
  const failures = list({
    path: '/v1/failures',
    label: t('queues.failures'),
    cls: 'failure',
    row: failureRow,
    signal,
    fresh: 15000,
    empty: () => empty({ title: t('queues.nofailures'), text: t('queues.nofailures.text'), icon: 'check' }),
  });
  put(
    root,
    heading(t('queues.title')),
    h(
      'div',
      { class: 'stack' },
      card(t('queues.counts'), counts, { flush: true }),
      card(t('queues.failures'), failures.el, { flush: true }),
    ),
  );
  let mark = '';
  const read = async () => {
    try {
      const { data } = await get('/v1/queues', { signal });
      const now = JSON.stringify(data);
      if (now !== mark)
        redraw(
          counts,
          queueTable(data.items, () => turn()),
        );
      mark = now;
    } catch (e) {
      if (isAbort(e)) return;
      if (!mark) put(counts, failed(e, read));
      throw e;
    }
  };
  const turn = every(5000, read, signal);
}

/** @param {Queue[]} queues @param {() => void} again */
export function queueTable(queues, again) {
  const head = ['name', 'ready', 'in_flight', 'delayed', 'dead'];
  return h(
    'div',
    { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': t('queues.counts') },
    h(
      'table',
      { class: 'queue-table' },
      h(
        'thead',
        null,
        h(
          'tr',
          null,
          head.map((n) =>
            h('th', { scope: 'col', class: n === 'name' ? undefined : 'end', title: t(`queues.${n}.title`) }, t(`queues.${n}`)),
          ),
          h('th', { scope: 'col' }, h('span', { class: 'said' }, t('queues.actions'))),
        ),
      ),
      h(
        'tbody',
        null,
        queues.map((q) =>
          h(
            'tr',
            null,
            h(
              'th',
              { scope: 'row' },
              h('div', { class: 'strong' }, word('queue', q.name)),
              has(q.name) ? h('div', { class: 'tiny faint' }, has(q.name)) : null,
            ),
            cell(q.ready),
            cell(q.in_flight),
            cell(q.delayed),
            h('td', { class: 'num end' }, q.dead > 0 ? chip(number(q.dead), 'bad') : h('span', { class: 'faint' }, number(0))),
            h('td', { class: 'end' }, q.dead > 0 ? button(t('queues.redrive'), { icon: 'retry', run: () => redrive(q, again) }) : null),
          ),
        ),
      ),
    ),
  );
}

/** @param {string} name of a queue @returns {string} what it is for */
function has(name) {
  const text = t(`queue.about.${name}`);
  return text.startsWith('queue.about.') ? '' : text;
}

/** @param {number} n */
function cell(n) {
  return h('td', { class: n > 0 ? 'num end' : 'num end faint' }, number(n));
}

/** @param {Queue} q @param {() => void} again */
async function redrive(q, again) {
  if (
    !(await confirm({
      title: t('queues.redrive.title', { queue: word('queue', q.name) }),
      text: h('p', null, t('queues.redrive.text', { count: q.dead })),
      action: t('queues.redrive'),
      tone: 'main',
    }))
  )
    return;
  try {
    await send('POST', `/v1/queues/${encodeURIComponent(q.name)}/redrive`, undefined, { key: newKey() });
    toast(t('queues.redrive.done'));
    again();
  } catch (e) {
    complain(e);
  }
}

/** @param {string} kind of a failure @returns what to do about it */
function wordFix(kind) {
  const text = word('failure.fix', kind);
  return text === kind.replaceAll('_', ' ') ? null : h('p', { class: 'small soft' }, text);
}

/** @param {Failure} f */
export function failureRow(f) {
  return h(
    'li',
    null,
    h(
      'div',
      { class: 'row failure', tabindex: '-1' },
      h(
        'div',
        { class: 'line apart' },
        h(
          'span',
          { class: 'line' },
          chip(word('queue', f.queue)),
          h('span', { class: 'mono small' }, f.code),
          f.count > 1 ? h('span', { class: 'small soft num' }, t('queues.times', { count: f.count })) : null,
        ),
        h('span', { class: 'small faint' }, when(f.at)),
      ),
      h('p', { class: 'break', dir: 'auto' }, f.message),
      wordFix(f.kind),
      f.account ? h('a', { class: 'small', href: `/connections/${encodeURIComponent(f.account)}` }, t('queues.connection')) : null,
    ),
  );
}
