// What is shown in place of content: nothing there, not yet there, not working.
import { h } from '../dom.js';
import { t } from '../messages.js';
import { Problem, isAbort } from '../api.js';
import { icon } from './icon.js';
import { button } from './control.js';
import { toast } from './toast.js';

/** @typedef {import('../dom.js').Child} Child */

/**
 * Nothing there.
 * @param {{title: string, text?: Child, icon?: string, action?: Child}} o
 */
export function empty(o) {
  return h(
    'div',
    { class: 'empty' },
    icon(o.icon ?? 'box'),
    h('p', { class: 'strong' }, o.title),
    o.text ? h('p', { class: 'soft' }, o.text) : null,
    o.action ? h('div', { class: 'line' }, o.action) : null,
  );
}

/**
 * A box with something to know.
 * @param {'info'|'warn'|'bad'|'good'} tone
 * @param {...Child} children
 */
export function note(tone, ...children) {
  const mark = tone === 'info' ? 'info' : tone === 'good' ? 'check' : 'alert';
  return h('div', { class: 'note', 'data-tone': tone }, icon(mark), h('div', { class: 'grow stack close' }, children));
}

/**
 * What went wrong, in words a person can act on.
 * @param {unknown} e
 * @returns {string}
 */
export function words(e) {
  if (!(e instanceof Problem)) return t('problem.unexpected');
  if (e.code === 'offline') return t('problem.offline');
  if (e.status === 429) return t('problem.slow');
  if (e.status === 412) return t('problem.changed');
  return e.message;
}

/**
 * Not working, with a way to try again.
 * @param {unknown} e
 * @param {(() => unknown) | null} retry
 */
export function failed(e, retry) {
  if (!(e instanceof Problem)) console.error(e);
  const missing = e instanceof Problem && e.status === 404;
  return h(
    'div',
    { class: 'empty', role: 'alert' },
    icon('alert', 'bad'),
    h('p', { class: 'strong' }, missing ? t('problem.missing.title') : t('problem.title')),
    h('p', { class: 'soft' }, missing ? t('problem.missing') : words(e)),
    e instanceof Problem && e.request ? h('p', { class: 'tiny faint mono' }, t('problem.request', { id: e.request })) : null,
    retry && !missing ? button(t('retry'), { icon: 'retry', run: retry }) : null,
  );
}

/** Says in a toast what went wrong. @param {unknown} e */
export function complain(e) {
  if (isAbort(e)) return;
  if (!(e instanceof Problem)) console.error(e);
  toast(words(e), { tone: 'bad' });
}

/**
 * Grey lines in the shape of what comes.
 * @param {number} n rows
 * @param {string} [cls] of each row
 */
export function skeleton(n, cls = 'row') {
  return h(
    'div',
    { class: 'skeletons', role: 'status' },
    h('span', { class: 'said' }, t('loading')),
    Array.from({ length: n }, () =>
      h(
        'div',
        { class: `${cls} skeleton`, 'aria-hidden': 'true' },
        h('span', { class: 'bone short' }),
        h('span', { class: 'bone' }),
        h('span', { class: 'bone short' }),
      ),
    ),
  );
}

/** Grey lines of text. @param {number} n */
export function bones(n) {
  return h(
    'div',
    { class: 'stack close', role: 'status' },
    h('span', { class: 'said' }, t('loading')),
    Array.from({ length: n }, (_, i) => h('span', { class: i % 3 === 2 ? 'bone short' : 'bone', 'aria-hidden': 'true' })),
  );
}
