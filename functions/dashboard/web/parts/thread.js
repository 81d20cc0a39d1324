// One conversation: its messages, the reply, its state.
import { h, put, on } from '../dom.js';
import { t, word } from '../messages.js';
import { get, isAbort, send } from '../api.js';
import { every } from '../live.js';
import { shortcut } from '../keys.js';
import { badge, conversationState } from './chip.js';
import { button } from './control.js';
import { bones, complain, failed } from './note.js';
import { dialog } from './dialog.js';
import { toast } from './toast.js';
import { messageList } from './message.js';
import { composer } from './composer.js';
import { dropUnsent, keepUnsent, unsent, unsentChanged } from './unsent.js';
import { showContext } from './context.js';
import { say } from './shell.js';
import { setTitle } from './page.js';

/** @typedef {import('../types.js').Conversation} Conversation */
/** @typedef {import('../types.js').Message} Message */

/**
 * Shows a conversation and keeps it fresh. What is being written, and where one
 * has scrolled to, stays.
 * @param {{id: string, root: HTMLElement, context: HTMLElement, signal: AbortSignal, changed: (c: Conversation) => void, back: () => void}} o
 */
export function thread(o) {
  const path = `/v1/conversations/${encodeURIComponent(o.id)}`;
  /** @type {{c: Conversation | null, messages: Message[], next: string, local: Message[], resent: Set<string>, mark: string}} */
  const state = { c: null, messages: [], next: '', local: unsent(o.id), resent: new Set(), mark: '' };
  const head = h('header', { class: 'thread-head' }, bones(1));
  const log = h('div', { class: 'thread-log', tabindex: '0', role: 'log', 'aria-label': t('inbox.messages'), 'aria-live': 'off' });
  const foot = h('div', { class: 'thread-foot' });
  put(o.root, head, put(log, bones(5)), foot);
  put(o.context, bones(4));

  const view = messageList(log, {
    earlier: () => earlier(),
    retry: again,
    drop: (m) => dropUnsent(o.id, m.id),
  });
  const draw = () =>
    view.show(
      state.messages.map((m) => (state.resent.has(m.id) ? { ...m, resent: true } : m)),
      state.local,
      state.next !== '',
    );
  const writer = composer({
    id: o.id,
    signal: o.signal,
    local: (m) => {
      keepUnsent(m);
      view.toEnd();
    },
    sent: (localID, m) => {
      state.messages = join(state.messages, [m]);
      dropUnsent(o.id, localID);
      void refresh();
    },
    solve: () => setState('solved'),
  });

  on(
    unsentChanged,
    document,
    (e) => {
      if (e.detail !== o.id) return;
      state.local = unsent(o.id);
      draw();
    },
    o.signal,
  );

  function again(/** @type {Message} */ m) {
    if (!m.local) state.resent.add(m.id);
    writer.again(m);
  }
  const setState = async (/** @type {'open'|'pending'|'solved'} */ to) => {
    const before = state.c;
    if (!before || before.state === to) return;
    adopt({ ...before, state: to });
    try {
      adopt((await send('PATCH', path, { state: to })).data);
      if (to === 'solved') toast(t('inbox.solved'), { undo: () => setState(before.state) });
    } catch (e) {
      adopt(before);
      complain(e);
    }
  };
  const adopt = (/** @type {Conversation} */ c) => {
    state.c = c;
    const mark = JSON.stringify(c);
    if (mark === state.mark) return;
    state.mark = mark;
    drawHead(head, c, setState, o.back, about);
    if (!foot.firstChild) put(foot, writer.el);
    writer.show(c);
    showContext(o.context, c, o.signal);
    o.changed(c);
  };
  const about = () => {
    const el = h('div', { class: 'inbox-about' });
    if (state.c) showContext(el, state.c, o.signal);
    const d = dialog(t('inbox.context'), el);
    o.signal.addEventListener('abort', d.close);
  };
  const earlier = async () => {
    const { data } = await get(`${path}/messages`, { query: { limit: 50, cursor: state.next }, signal: o.signal });
    state.messages = join(state.messages, data.items);
    state.next = data.next_cursor;
    view.keepPlace(draw);
  };
  const read = async () => {
    try {
      const [c, page] = await Promise.all([
        get(path, { signal: o.signal }),
        get(`${path}/messages`, { query: { limit: 50 }, signal: o.signal }),
      ]);
      const first = state.mark === '';
      const before = state.messages.length;
      const last = state.messages.at(-1)?.id;
      state.messages = join(state.messages, page.data.items);
      if (first || before === 0) state.next = page.data.next_cursor;
      if (first) put(log);
      adopt(c.data);
      draw();
      const newest = state.messages.at(-1);
      if (!first && newest && newest.id !== last && newest.by === 'buyer')
        say(t('inbox.message.new', { name: newest.author || c.data.name, text: newest.text }));
      if (c.data.unread > 0 && document.hasFocus()) markRead();
    } catch (e) {
      if (isAbort(e)) return;
      if (!state.mark) {
        put(head);
        put(log, failed(e, read));
      }
      throw e;
    }
  };
  const markRead = () => {
    send('PATCH', path, { read: true })
      .then(({ data }) => {
        if (!o.signal.aborted) adopt(data);
      })
      .catch(() => {});
  };
  const refresh = every(4000, read, o.signal);
  on(
    'focus',
    globalThis,
    () => {
      if (state.c && state.c.unread > 0) markRead();
    },
    o.signal,
  );
  shortcut({ keys: 'r', group: 'page', label: t('inbox.reply'), run: () => writer.focus() }, o.signal);
  shortcut(
    { keys: 'e', group: 'page', label: t('inbox.toggle'), run: () => setState(state.c?.state === 'solved' ? 'open' : 'solved') },
    o.signal,
  );
}

/** Messages of both, newer versions winning, oldest first. @param {Message[]} have @param {Message[]} fresh */
function join(have, fresh) {
  const all = new Map(have.map((m) => [m.id, m]));
  for (const m of fresh) all.set(m.id, m);
  return [...all.values()].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.id < b.id ? -1 : 1));
}

/**
 * @param {HTMLElement} head
 * @param {Conversation} c
 * @param {(to: 'open'|'pending'|'solved') => unknown} setState
 * @param {() => void} back
 * @param {() => void} about shows what stands beside the thread where there is room
 */
function drawHead(head, c, setState, back, about) {
  const name = c.name || t('inbox.noname');
  setTitle(name);
  const focused = head.contains(document.activeElement);
  put(
    head,
    button('', { icon: 'back', kind: 'quiet', label: t('inbox.back'), run: back, class: 'thread-back' }),
    badge(c.channel),
    h(
      'div',
      { class: 'grow' },
      h('h2', { class: 'cut', dir: 'auto' }, name),
      h('p', { class: 'tiny faint cut' }, word('channel', c.channel), ' · ', word('conversation.kind', c.kind)),
    ),
    conversationState(c.state),
    button('', { icon: 'info', label: t('inbox.context'), class: 'thread-about', run: about }),
    c.state === 'solved'
      ? button(t('inbox.reopen'), { icon: 'retry', key: 'e', run: () => setState('open') })
      : [
          c.state === 'open'
            ? button(t('inbox.pend'), { run: () => setState('pending'), class: 'wide-only' })
            : button(t('inbox.reopen'), { run: () => setState('open'), class: 'wide-only' }),
          button(t('inbox.solve'), { icon: 'check', key: 'e', run: () => setState('solved') }),
        ],
  );
  if (focused) /** @type {HTMLElement | null} */ (head.querySelector('button:last-child'))?.focus();
}
