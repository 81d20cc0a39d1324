// What is around every view: navigation, theme, help.
import { h, on, put } from '../dom.js';
import { t } from '../messages.js';
import { get, send } from '../api.js';
import { me } from '../session.js';
import { every, reached } from '../live.js';
import { counted } from '../format.js';
import { shortcut } from '../keys.js';
import { go } from '../router.js';
import { icon } from './icon.js';
import { button, kbd, modKey } from './control.js';
import { dialog } from './dialog.js';
import { complain } from './note.js';
import { findDialog } from './find.js';
import { helpDialog } from './help.js';
import { toastRegion } from './toast.js';

/** @typedef {{name: string, href: string, key: string, count?: (c: any) => {count: number, more: boolean}, tone?: string}} Place */

/** @type {Place[]} */
const places = [
  { name: 'glance', href: '/', key: 'h' },
  { name: 'orders', href: '/orders', key: 'o', count: (c) => c.orders_to_ship },
  { name: 'inbox', href: '/inbox', key: 'i', count: (c) => c.conversations_open },
  { name: 'catalog', href: '/catalog', key: 'c', count: (c) => c.listings_rejected, tone: 'bad' },
  { name: 'connections', href: '/connections', key: 'n', count: (c) => c.connections_attention, tone: 'bad' },
  { name: 'queues', href: '/queues', key: 'q', count: (c) => c.failures, tone: 'bad' },
  { name: 'settings', href: '/settings', key: 's' },
];

/**
 * @param {HTMLElement} app
 * @returns {{main: HTMLElement, mark: (place: string) => void}}
 */
export function shell(app) {
  const main = h('main', { id: 'main', tabindex: '-1' });
  const side = h(
    'nav',
    { class: 'side', 'aria-label': t('nav.main') },
    h('a', { class: 'brand', href: '/' }, logo(), h('span', { class: 'cut', dir: 'auto' }, me().name)),
    findButton(),
    h(
      'ul',
      null,
      places.map((p) => h('li', null, navLink(p))),
    ),
    h(
      'div',
      { class: 'side-foot' },
      themeButton(),
      button('', { icon: 'help', kind: 'quiet', label: t('help.open'), key: '?', run: helpDialog }),
      signOutButton(),
    ),
  );
  const bottom = h(
    'nav',
    { class: 'bottom', 'aria-label': t('nav.short') },
    places.slice(0, 4).map(navLink),
    h(
      'button',
      { type: 'button', class: 'nav-link', 'data-place': 'more', 'aria-haspopup': 'dialog', onclick: moreDialog },
      icon('more'),
      h('span', { class: 'nav-text' }, t('nav.more')),
    ),
  );
  put(
    app,
    h(
      'a',
      {
        class: 'skip',
        href: '#main',
        onclick: (/** @type {Event} */ e) => {
          e.preventDefault();
          main.focus();
        },
      },
      t('nav.skip'),
    ),
    h('div', { class: 'frame' }, side, main),
    bottom,
    staleBar(),
    toastRegion(),
    h('div', { id: 'said', class: 'said', 'aria-live': 'polite' }),
  );
  for (const p of places) shortcut({ keys: `g ${p.key}`, group: 'go', label: t(`nav.${p.name}`), run: () => go(p.href) });
  shortcut({ keys: 'mod+k', group: 'go', label: t('find.title'), typing: true, run: find });
  shortcut({ keys: '?', group: 'go', label: t('help.open'), run: helpDialog });
  every(20000, counts, new AbortController().signal);
  return { main, mark };
}

function find() {
  findDialog(places);
}

function findButton() {
  return h(
    'button',
    { type: 'button', class: 'find-open', 'aria-haspopup': 'dialog', 'aria-keyshortcuts': 'Control+K Meta+K', title: t('find.title'), onclick: find },
    icon('search'),
    h('span', null, t('find.short')),
    kbd(`${modKey()} K`),
  );
}

/** Says that what is shown may be old, as long as nothing answers. */
function staleBar() {
  const text = h('span', null);
  const bar = h('div', { class: 'stale small', role: 'status' }, text);
  on(reached, document, (e) => {
    text.textContent = e.detail ? '' : t('problem.stale');
    bar.classList.toggle('shown', !e.detail);
  });
  return bar;
}

/** @param {string} place marks where one is */
function mark(place) {
  for (const link of document.querySelectorAll('.nav-link')) {
    const here =
      link.getAttribute('data-place') === place ||
      (link.getAttribute('data-place') === 'more' && places.slice(4).some((p) => p.name === place));
    if (here && link.tagName === 'A') link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
    link.classList.toggle('here', here);
  }
}

/** @param {Place} p */
function navLink(p) {
  return h(
    'a',
    { class: 'nav-link', href: p.href, 'data-place': p.name, title: t('nav.key', { key: `g ${p.key}` }) },
    icon(p.name),
    h('span', { class: 'nav-text' }, t(`nav.${p.name}`)),
    p.count ? h('span', { class: 'nav-count num', 'data-count': p.name, 'data-tone': p.tone, hidden: true }) : null,
  );
}

/** Reads how much waits at each place. */
async function counts() {
  // The overview reads the same, and shows it here too.
  if (document.documentElement.dataset.view === 'glance') return;
  showCounts((await get('/v1/summary')).data.counts);
}

/** @param {any} c the counts of a summary */
export function showCounts(c) {
  for (const p of places) {
    for (const el of document.querySelectorAll(`[data-count="${p.name}"]`)) {
      const n = p.count?.(c);
      if (!n) continue;
      put(el, h('span', { 'aria-hidden': 'true' }, counted(n)), h('span', { class: 'said' }, t(`nav.count.${p.name}`, { count: n.count })));
      el.toggleAttribute('hidden', n.count === 0);
    }
  }
}

function logo() {
  const mark = document.querySelector('link[rel="icon"]')?.getAttribute('href');
  return h('img', { src: mark, alt: '', width: 24, height: 24 });
}

const themes = ['system', 'light', 'dark'];

/** @returns {string} */
function theme() {
  return document.documentElement.dataset.theme ?? 'system';
}

/** @param {string} name */
export function setTheme(name) {
  if (name === 'system') {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem('theme');
  } else {
    document.documentElement.dataset.theme = name;
    localStorage.setItem('theme', name);
  }
}

function themeButton() {
  const icons = /** @type {Record<string, string>} */ ({ system: 'system', light: 'sun', dark: 'moon' });
  const b = h('button', { type: 'button', class: 'button', 'data-kind': 'quiet' });
  const show = () => {
    put(b, icon(icons[theme()]));
    b.setAttribute('aria-label', t('theme.is', { theme: t(`theme.${theme()}`) }));
    b.title = b.getAttribute('aria-label') ?? '';
  };
  on('click', b, () => {
    setTheme(themes[(themes.indexOf(theme()) + 1) % themes.length]);
    show();
  });
  show();
  return b;
}

function signOutButton() {
  return button('', { icon: 'out', kind: 'quiet', label: t('signout'), run: signOut });
}

async function signOut() {
  try {
    await send('DELETE', '/v1/sessions');
    sessionStorage.clear();
    location.assign('/signin');
  } catch (e) {
    complain(e);
  }
}

/** What has no room in the bottom bar. */
function moreDialog() {
  const links = h(
    'ul',
    { class: 'more' },
    places.slice(4).map((p) => h('li', null, navLink(p))),
  );
  const d = dialog(
    t('nav.more'),
    h(
      'div',
      { class: 'stack' },
      links,
      h(
        'div',
        { class: 'line' },
        button(t('find.short'), {
          icon: 'search',
          run: () => {
            d.close();
            find();
          },
        }),
        themeButton(),
        button(t('help.short'), {
          icon: 'help',
          run: () => {
            d.close();
            helpDialog();
          },
        }),
        button(t('signout'), { icon: 'out', run: signOut }),
      ),
    ),
  );
  on('click', links, () => d.close());
}

/** Says something to those who can't see it. @param {string} text */
export function say(text) {
  const el = document.getElementById('said');
  if (el) el.textContent = text;
}
