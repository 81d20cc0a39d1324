// The messages of a conversation.
import { h, keyed, put } from '../dom.js';
import { t, word } from '../messages.js';
import { clock, day, dayKey, exact } from '../format.js';
import { button } from './control.js';
import { icon } from './icon.js';
import { isWeb, source } from './picture.js';
import { complain } from './note.js';

/** @typedef {import('../types.js').Message} Message */
/** @typedef {{earlier: () => Promise<void>, retry: (m: Message) => void, drop: (m: Message) => void}} MessageActions */

/**
 * @param {HTMLElement} log what scrolls
 * @param {MessageActions} does
 */
export function messageList(log, does) {
  const more = button(t('inbox.earlier'), { kind: 'quiet', run: () => does.earlier().catch(complain) });
  const top = h('div', { class: 'thread-more' });
  const items = h('ol', { class: 'messages' });
  let shown = false;
  const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  const toEnd = () => {
    log.scrollTop = log.scrollHeight;
  };
  return {
    toEnd,
    /** Shows them; one who is at the end stays there. @param {Message[]} messages @param {Message[]} local @param {boolean} hasMore */
    show(messages, local, hasMore) {
      const stay = !shown || atEnd();
      if (!items.isConnected) put(log, top, items);
      put(top, hasMore ? more : null);
      const all = withDays([...messages, ...local]);
      keyed(
        items,
        all,
        (i) => i.key,
        (i) => (i.day ? h('li', { class: 'day tiny faint' }, i.day) : messageItem(/** @type {Message} */ (i.message), does)),
      );
      if (stay) toEnd();
      shown = true;
    },
    /** Puts something above without moving what is read. @param {() => void} change */
    keepPlace(change) {
      const below = log.scrollHeight - log.scrollTop;
      change();
      log.scrollTop = log.scrollHeight - below;
    },
  };
}

/** @param {Message[]} messages @returns {{key: string, day?: string, message?: Message}[]} with a line before each day */
function withDays(messages) {
  const out = [];
  let last = '';
  for (const message of messages) {
    const key = dayKey(new Date(message.at));
    if (key !== last) out.push({ key: 'day' + key, day: day(new Date(message.at)) });
    last = key;
    out.push({ key: message.id, message });
  }
  return out;
}

/** @param {Message} m @param {Pick<MessageActions, 'retry'|'drop'>} does */
export function messageItem(m, does) {
  const who = m.by === 'seller' ? t('inbox.you.long') : m.by === 'system' ? t('inbox.system') : m.author || t('inbox.buyer');
  return h(
    'li',
    { class: 'message', 'data-by': m.by, 'data-state': m.state, 'data-deleted': m.deleted || undefined },
    h(
      'div',
      { class: 'bubble' },
      h('span', { class: 'said' }, who, ': '),
      m.author && m.by === 'seller' ? h('p', { class: 'tiny faint', dir: 'auto' }, m.author) : null,
      content(m),
      (m.attachments ?? []).map((a, i) => attachment(a, a.blob ? `/v1/conversations/${encodeURIComponent(m.conversation)}/messages/${encodeURIComponent(m.id)}/attachments/${i}` : undefined)),
      m.reactions?.length ? h('p', { class: 'reactions', 'aria-label': t('inbox.reactions') }, m.reactions.join(' ')) : null,
    ),
    h(
      'p',
      { class: 'meta tiny faint' },
      h('time', { datetime: m.at, title: exact(new Date(m.at)) }, clock(new Date(m.at))),
      m.edit && !m.deleted ? [' · ', t('inbox.edited')] : null,
      state(m),
    ),
    m.state === 'failed'
      ? h(
          'div',
          { class: 'failed small' },
          h('p', { class: 'bad break', dir: 'auto' }, m.problem || t('send.failed.text')),
          m.resent
            ? null
            : h(
                'div',
                { class: 'line' },
                button(t('inbox.again'), { icon: 'retry', run: () => does.retry(m) }),
                m.local ? button(t('inbox.drop'), { kind: 'quiet', run: () => does.drop(m) }) : null,
              ),
        )
      : null,
  );
}

/** @param {Message} m */
function content(m) {
  if (m.deleted) return h('p', { class: 'faint deleted' }, t('inbox.deleted'));
  if (!m.text && !m.attachments?.length) {
    const kind = h('p', { class: 'faint' }, word('message.kind', m.kind || 'other'));
    return m.raw ? [kind, h('details', { class: 'small' }, h('summary', null, t('inbox.raw')), h('pre', { class: 'mono break', dir: 'ltr' }, m.raw))] : kind;
  }
  return m.text ? h('p', { class: 'pre', dir: 'auto' }, linked(m.text)) : null;
}

/** Makes links of the addresses in a text. @param {string} text @returns {(string | Node)[]} */
function linked(text) {
  return text
    .split(/(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]])/)
    .map((part, i) => (i % 2 ? h('a', { href: part, target: '_blank', rel: 'noopener noreferrer' }, part) : part));
}

/** @param {{kind: string, url?: string, name?: string, type?: string}} a @param {string} [copy] ours, which does not end */
function attachment(a, copy) {
  const name = a.name || word('message.kind', a.kind);
  if (copy) {
    const link = { href: copy, target: '_blank', rel: 'noopener noreferrer' };
    if (a.type?.startsWith('image/'))
      return h('a', { class: 'picture', ...link }, h('img', { src: copy, alt: name, loading: 'lazy', width: 240, height: 180 }));
    return h('p', { class: 'attachment small' }, icon('external'), h('a', { ...link, dir: 'auto' }, name));
  }
  if (!isWeb(a.url)) return h('p', { class: 'attachment small' }, icon('image'), name);
  if (a.kind === 'image') {
    return h(
      'a',
      { class: 'picture', href: a.url, target: '_blank', rel: 'noopener noreferrer' },
      h('img', { src: source(a.url), alt: name, loading: 'lazy', referrerpolicy: 'no-referrer', width: 240, height: 180 }),
    );
  }
  return h(
    'p',
    { class: 'attachment small' },
    icon('external'),
    h('a', { href: a.url, target: '_blank', rel: 'noopener noreferrer', dir: 'auto' }, name),
  );
}

/** @param {Message} m how far a message of ours is */
function state(m) {
  if (m.by !== 'seller' || !m.state || m.state === 'failed') return null;
  const mark = { pending: 'clock', unknown: 'search', sent: 'check' }[m.state];
  return h(
    'span',
    { class: 'send', title: m.state === 'unknown' ? t('send.unknown.text') : undefined },
    icon(mark ?? 'clock'),
    word('send.state', m.state),
  );
}
