// The reply box: how long it may be, until when, and why not at all.
import { h, on, put } from '../dom.js';
import { t, word } from '../messages.js';
import { newKey, send } from '../api.js';
import { known, span, exact } from '../format.js';
import { channelInfo } from '../session.js';
import { button } from './control.js';
import { note, words } from './note.js';
import { icon } from './icon.js';
import { isWeb } from './picture.js';

/** @typedef {import('../types.js').Conversation} Conversation */
/** @typedef {import('../types.js').Message} Message */

const bytes = new TextEncoder();

/**
 * @param {{id: string, signal: AbortSignal, local: (m: Message) => void, sent: (localID: string, m: Message) => void, solve: () => void}} o
 */
export function composer(o) {
  const draft = `draft:${o.id}`;
  const box = h('textarea', {
    class: 'input reply',
    rows: 2,
    dir: 'auto',
    'aria-label': t('inbox.reply'),
    placeholder: t('inbox.reply.hint'),
    'aria-keyshortcuts': 'r',
    value: sessionStorage.getItem(draft) ?? '',
  });
  const count = h('span', { class: 'tiny faint num', 'aria-live': 'polite' });
  const until = h('span', { class: 'tiny soft' });
  const solve = button(t('inbox.send.solve'), { class: 'wide-only', run: () => submit(true) });
  const go = button(t('inbox.send'), { kind: 'main', icon: 'send', type: 'submit', title: t('inbox.send.key') });
  const form = h(
    'form',
    { class: 'composer' },
    box,
    h('div', { class: 'line apart' }, h('div', { class: 'line' }, until, count), h('div', { class: 'line' }, solve, go)),
  );
  const el = h('div', null);
  /** @type {Conversation | null} */
  let c = null;

  const limits = () => channelInfo(c?.channel ?? '')?.limits;
  const left = () => {
    const text = box.value.trim();
    const l = limits();
    const max = l?.reply_max_bytes ?? l?.reply_max;
    const n = l?.reply_max_bytes ? bytes.encode(text).length : [...text].length;
    return { n, max, over: max !== undefined && n > max };
  };
  const measure = () => {
    const { n, max, over } = left();
    count.textContent = max === undefined || n === 0 ? '' : t(limits()?.reply_max_bytes ? 'inbox.bytes' : 'field.counter', { n, max });
    count.classList.toggle('bad', over);
    box.setAttribute('aria-invalid', String(over));
    go.disabled = solve.disabled = over || box.value.trim() === '';
    box.style.blockSize = 'auto';
    box.style.blockSize = `${Math.min(240, box.scrollHeight + 2)}px`;
  };
  const write = () => {
    if (box.value) sessionStorage.setItem(draft, box.value);
    else sessionStorage.removeItem(draft);
    measure();
  };
  const submit = (/** @type {boolean} */ andSolve) => {
    const text = box.value.trim();
    if (!text || left().over) return;
    box.value = '';
    write();
    box.focus();
    void deliver(text, newKey()).then((ok) => {
      if (ok && andSolve) o.solve();
    });
  };
  const deliver = async (/** @type {string} */ text, /** @type {string} */ key) => {
    /** @type {Message} */
    const m = {
      id: `local:${key}`,
      conversation: o.id,
      by: 'seller',
      text,
      kind: 'text',
      state: 'pending',
      at: new Date().toISOString(),
      local: true,
    };
    o.local(m);
    try {
      o.sent(m.id, (await send('POST', `/v1/conversations/${encodeURIComponent(o.id)}/messages`, { text }, { key })).data);
      return true;
    } catch (e) {
      o.local({ ...m, state: 'failed', problem: words(e) });
      return false;
    }
  };
  const clockwork = () => {
    if (!c || !known(c.reply_until)) return put(until);
    const end = new Date(/** @type {string} */ (c.reply_until));
    const ms = end.getTime() - Date.now();
    if (ms <= 0) return show();
    until.className = ms < 7200000 ? 'tiny warn line' : 'tiny soft line';
    until.title = exact(end);
    put(until, icon('clock'), h('span', null, t('inbox.window', { span: span(ms) })));
  };
  const show = () => {
    if (!c) return;
    const shut = closed(c);
    const was = el.firstElementChild;
    if (shut) put(el, shut);
    else if (was !== form) put(el, form);
    if (!shut) {
      clockwork();
      measure();
    }
  };
  on('input', box, write);
  on('keydown', box, (e) => {
    if (e.key !== 'Enter' || !(e.ctrlKey || e.metaKey)) return;
    e.preventDefault();
    submit(e.shiftKey);
  });
  on('submit', form, (e) => {
    e.preventDefault();
    submit(false);
  });
  const timer = setInterval(clockwork, 15000);
  o.signal.addEventListener('abort', () => clearInterval(timer));
  return {
    el,
    focus: () => box.focus(),
    show: (/** @type {Conversation} */ now) => {
      c = now;
      show();
    },
    // The same key again: what did arrive is not sent twice.
    again: (/** @type {Message} */ m) => void deliver(m.text, m.local ? m.id.slice('local:'.length) : newKey()),
  };
}

/** Why there is nothing to write into, if so. @param {Conversation} c */
export function closed(c) {
  if (c.no_reply) {
    return note('info', h('p', { class: 'strong' }, t('inbox.noreply')), h('p', { dir: 'auto' }, c.no_reply), replyAt(c.reply_at));
  }
  if (known(c.reply_until) && new Date(/** @type {string} */ (c.reply_until)).getTime() <= Date.now()) {
    const hours = channelInfo(c.channel)?.limits.reply_hours_human ?? channelInfo(c.channel)?.limits.reply_hours;
    return note(
      'warn',
      h('p', { class: 'strong' }, t('inbox.windowclosed')),
      h(
        'p',
        null,
        hours
          ? t('inbox.windowclosed.hours', { channel: word('channel', c.channel), count: hours })
          : t('inbox.windowclosed.text', { channel: word('channel', c.channel) }),
      ),
      replyAt(c.reply_at),
    );
  }
  return null;
}

/** @param {string | undefined} where */
function replyAt(where) {
  if (!where) return null;
  if (!isWeb(where)) return h('p', { class: 'small', dir: 'auto' }, where);
  return h(
    'p',
    null,
    h(
      'a',
      { class: 'line', href: where, target: '_blank', rel: 'noopener noreferrer' },
      h('span', null, t('inbox.replyat')),
      icon('external'),
    ),
  );
}
