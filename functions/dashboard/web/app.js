// The page starts here.
import { h, put } from './dom.js';
import { chooseLanguage, t } from './messages.js';
import { start, reload } from './router.js';
import { listen } from './keys.js';
import { tick } from './format.js';
import { loadSession, me } from './session.js';
import { shell, say } from './parts/shell.js';
import { failed, bones } from './parts/note.js';
import { isAbort } from './api.js';
import { takeReturned } from './parts/finish.js';

/** @typedef {import('./router.js').Route} Route */

const missing = { pattern: '', name: 'missing', load: () => import('./views/missing.js') };

/** @type {Route[]} */
const routes = [
  { pattern: '/', name: 'glance', load: () => import('./views/glance.js') },
  { pattern: '/orders', name: 'orders', load: () => import('./views/orders.js') },
  { pattern: '/orders/:id', name: 'order', load: () => import('./views/order.js') },
  { pattern: '/inbox', name: 'inbox', load: () => import('./views/inbox.js') },
  { pattern: '/inbox/:id', name: 'inbox', load: () => import('./views/inbox.js') },
  { pattern: '/catalog', name: 'catalog', load: () => import('./views/catalog.js') },
  { pattern: '/catalog/:id', name: 'product', load: () => import('./views/product.js') },
  { pattern: '/connections', name: 'connections', load: () => import('./views/connections.js') },
  { pattern: '/connections/:id', name: 'connection', load: () => import('./views/connection.js') },
  { pattern: '/settings', name: 'settings', load: () => import('./views/settings.js') },
  { pattern: '/queues', name: 'queues', load: () => import('./views/queues.js') },
];

/** Where in the navigation a view belongs. @type {Record<string, string>} */
const placeOf = { order: 'orders', product: 'catalog', connection: 'connections' };

const app = /** @type {HTMLElement} */ (document.getElementById('app'));

async function begin() {
  put(app, h('main', { class: 'starting' }, bones(3)));
  try {
    await loadSession();
  } catch (e) {
    if (!isAbort(e)) put(app, h('main', { class: 'starting' }, h('h1', { class: 'said' }, t('app.name')), failed(e, begin)));
    return;
  }
  const { main, mark } = shell(app);
  const gallery = me().local ? [{ pattern: '/gallery', name: 'gallery', load: () => import('./views/gallery.js') }] : [];
  let first = true;
  await start({
    routes: [...routes, ...gallery, missing],
    root: main,
    went: (route, same) => {
      document.documentElement.dataset.view = route.name;
      mark(placeOf[route.name] ?? route.name);
      // A page that just loaded keeps its focus where the browser put it.
      if (!first && !same) requestAnimationFrame(() => focusHead(main));
      first = false;
    },
    failed: (root, e) => put(root, failed(e, reload)),
  });
}

/** @param {HTMLElement} main */
function focusHead(main) {
  const head = main.querySelector('h1');
  if (document.querySelector('dialog[open]') || main.contains(document.activeElement)) return;
  (head ?? main).focus({ preventScroll: true });
  say(document.title);
}

takeReturned();
await chooseLanguage();
listen();
setInterval(tick, 30000);
await begin();
