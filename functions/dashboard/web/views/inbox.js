// The inbox: conversations, the open one, and what it is about.
import { h, put } from '../dom.js';
import { t, word } from '../messages.js';
import { lasting, when } from '../format.js';
import { go, query } from '../router.js';
import { shortcut } from '../keys.js';
import { heading, setTitle } from '../parts/page.js';
import { list } from '../parts/list.js';
import { channelFilter, tabs } from '../parts/filter.js';
import { badge, chip, countMark } from '../parts/chip.js';
import { empty } from '../parts/note.js';
import { icon } from '../parts/icon.js';
import { say } from '../parts/shell.js';
import { thread } from '../parts/thread.js';

/** @typedef {import('../types.js').Conversation} Conversation */

const states = ['', 'open', 'pending', 'solved'];
const names = ['etsy', 'tiktok', 'facebook', 'instagram', 'own'];

/** @param {import('../router.js').Page} page @returns {import('../router.js').Shown} */
export default function show(page) {
  const { root, signal } = page;
  const side = h('section', { class: 'inbox-list', 'aria-label': t('inbox.list') });
  const middle = h('section', { class: 'inbox-thread', 'aria-label': t('inbox.thread') });
  const context = h('aside', { class: 'inbox-context', 'aria-label': t('inbox.context') });
  const frame = h('div', { class: 'inbox' }, heading(t('inbox.title'), { hidden: true }), side, middle, context);
  put(root, frame);
  let open = '';
  let filter = '';
  /** @type {AbortController | null} */
  let stopList = null;
  /** @type {AbortController | null} */
  let stopThread = null;
  /** @type {ReturnType<typeof conversations> | null} */
  let all = null;
  signal.addEventListener('abort', () => {
    stopList?.abort();
    stopThread?.abort();
  });

  const mark = () => {
    for (const row of side.querySelectorAll('.row[data-id]')) {
      if (row.getAttribute('data-id') === open) row.setAttribute('aria-current', 'true');
      else row.removeAttribute('aria-current');
    }
  };
  const drawList = (/** @type {URLSearchParams} */ q) => {
    filter = filterOf(q);
    stopList?.abort();
    stopList = new AbortController();
    all = conversations(q, stopList.signal, mark, () => open);
    put(side, head(q), all.el);
  };
  const drawThread = (/** @type {string} */ id) => {
    open = id;
    frame.dataset.open = id ? 'yes' : 'no';
    stopThread?.abort();
    stopThread = new AbortController();
    mark();
    if (!id) {
      put(middle, empty({ title: t('inbox.choose'), text: t('inbox.choose.text'), icon: 'inbox' }));
      put(context);
      setTitle(t('inbox.title'));
      return;
    }
    thread({
      id,
      root: middle,
      context,
      signal: stopThread.signal,
      changed: (c) => all?.change((items) => items.map((i) => (i.id === c.id ? c : i))),
      back: () => go('/inbox' + location.search),
    });
  };
  drawList(page.query);
  drawThread(page.params.id ?? '');
  shortcut({ keys: 'u', group: 'page', label: t('keys.back'), run: () => go('/inbox' + location.search) }, signal);
  return {
    follow(next) {
      if (filterOf(next.query) !== filter) drawList(next.query);
      if ((next.params.id ?? '') !== open) drawThread(next.params.id ?? '');
      return true;
    },
  };
}

/** @param {URLSearchParams} q */
function filterOf(q) {
  return `${q.get('state') ?? ''}|${q.get('channel') ?? ''}`;
}

/** @param {URLSearchParams} q */
function head(q) {
  const state = q.get('state') ?? '';
  const href = (/** @type {string} */ s) => query({ state: s }).replace(location.pathname, '/inbox');
  return h(
    'div',
    { class: 'inbox-head' },
    h('p', { class: 'inbox-title', 'aria-hidden': 'true' }, t('inbox.title')),
    tabs(
      t('filter.state'),
      states.map((s) => ({ name: s, text: s ? word('conversation.state', s) : t('filter.all'), href: href(s) })),
      states.includes(state) ? state : '',
    ),
    channelFilter(names, q.get('channel') ?? ''),
  );
}

/** @param {URLSearchParams} q @param {AbortSignal} signal @param {() => void} shown @param {() => string} open */
function conversations(q, signal, shown, open) {
  const filter = { state: q.get('state') ?? '', channel: q.get('channel') ?? '' };
  let unread = -1;
  return list({
    path: '/v1/conversations',
    query: filter,
    label: t('inbox.list'),
    cls: 'talk',
    fresh: 4000,
    signal,
    row: (/** @type {Conversation} */ c) => talkRow(c, open()),
    empty: () =>
      filter.state || filter.channel
        ? empty({ title: t('inbox.nonesuch'), icon: 'inbox' })
        : empty({ title: t('inbox.none'), text: t('inbox.none.text'), icon: 'inbox' }),
    shown: (items) => {
      const now = items.reduce((n, c) => n + c.unread, 0);
      if (unread >= 0 && now > unread) say(t('inbox.new', { count: now - unread }));
      unread = now;
      shown();
    },
  });
}

/** @param {Conversation} c @param {string} [open] */
export function talkRow(c, open) {
  const href = `/inbox/${encodeURIComponent(c.id)}${location.search}`;
  return h(
    'li',
    null,
    h(
      'a',
      {
        class: 'row talk',
        href,
        'data-id': c.id,
        'data-unread': c.unread > 0 ? true : undefined,
        'aria-current': c.id === open ? 'true' : undefined,
      },
      badge(c.channel),
      h(
        'span',
        { class: 'talk-body' },
        h(
          'span',
          { class: 'talk-top' },
          h('span', { class: 'cut talk-name', dir: 'auto' }, c.name || t('inbox.noname')),
          h('span', { class: 'tiny faint' }, when(c.last_at)),
        ),
        h(
          'span',
          { class: 'talk-top' },
          h(
            'span',
            { class: 'cut small soft', dir: 'auto' },
            c.last_by === 'seller' ? h('span', { class: 'faint' }, t('inbox.you'), ' ') : null,
            c.snippet || t('inbox.nosnippet'),
          ),
          c.unread > 0 ? countMark(c.unread, 'inbox.unread') : null,
        ),
        marks(c),
      ),
    ),
  );
}

/** @param {Conversation} c */
function marks(c) {
  const out = [
    c.kind !== 'chat' ? chip(word('conversation.kind', c.kind)) : null,
    c.state === 'open' && c.waiting_since
      ? h('span', { class: 'tiny warn line' }, icon('clock'), h('span', null, t('inbox.waits'), ' ', lasting(c.waiting_since)))
      : null,
    c.state === 'solved' ? chip(word('conversation.state', 'solved'), 'good') : null,
    c.state === 'pending' ? chip(word('conversation.state', 'pending'), 'warn') : null,
  ].filter(Boolean);
  return out.length > 0 ? h('span', { class: 'line talk-marks' }, out) : null;
}
