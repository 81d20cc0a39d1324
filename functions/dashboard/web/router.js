// Addresses and views, on the History API.

/**
 * What a view gets.
 * @typedef {object} Page
 * @property {HTMLElement} root where it shows itself
 * @property {Record<string, string>} params of the path
 * @property {URLSearchParams} query
 * @property {AbortSignal} signal aborted when the view goes
 */
/**
 * What a view leaves behind: how it follows to an address of its own without
 * starting anew, and a word before it is left.
 * @typedef {{follow?: (page: Page) => boolean, leave?: () => boolean}} Shown
 */
/** @typedef {{default: (page: Page) => Promise<Shown | void> | Shown | void}} View */
/** @typedef {{pattern: string, load: () => Promise<View>, name: string}} Route */

/** @type {{routes: Route[], root: HTMLElement | null, shown: Shown | void, route: Route | null, stop: AbortController, went: (route: Route, same: boolean) => void, failed: (root: HTMLElement, e: unknown) => void, scrolls: Map<string, number>, last: Map<string, string>, at: string}} */
const state = {
  routes: [],
  root: null,
  shown: undefined,
  route: null,
  stop: new AbortController(),
  went: () => {},
  failed: () => {},
  scrolls: new Map(),
  last: new Map(),
  at: '',
};

/**
 * @param {{routes: Route[], root: HTMLElement, went: (route: Route, same: boolean) => void, failed: (root: HTMLElement, e: unknown) => void}} setup
 */
export function start(setup) {
  Object.assign(state, setup);
  history.scrollRestoration = 'manual';
  document.addEventListener('click', clicked);
  addEventListener('popstate', () => {
    if (state.at === location.pathname + location.search) return;
    if (state.shown?.leave?.() === false) return history.pushState(null, '', state.at);
    void show(true);
  });
  return show(true);
}

/** @param {MouseEvent} e follows a link of ours without loading the page again */
function clicked(e) {
  if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
  const link = e.target instanceof Element ? e.target.closest('a') : null;
  if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin || !find(link.pathname)) return;
  e.preventDefault();
  go(link.pathname + link.search + link.hash, { restore: link.classList.contains('back') });
}

/**
 * @param {string} to path and query
 * @param {{replace?: boolean, force?: boolean, restore?: boolean}} [how] replace: no step back; force: don't ask the view; restore: to where one had scrolled
 */
export function go(to, how = {}) {
  if (!how.force && state.shown?.leave?.() === false) return;
  state.scrolls.set(state.at, scrollY);
  history[how.replace ? 'replaceState' : 'pushState'](null, '', to);
  void show(how.restore ?? false);
}

/** @param {string} path @returns {string} with the filters it was last left with */
export function lastAt(path) {
  return state.last.get(path) ?? path;
}

/** Goes back to a list as it was left. @param {string} path */
export function goBack(path) {
  go(lastAt(path), { restore: true });
}

/**
 * Changes the query of the address; what is empty goes.
 * @param {Record<string, string | undefined>} change
 */
export function query(change) {
  const q = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(change)) {
    if (value) q.set(name, value);
    else q.delete(name);
  }
  const s = q.toString().replaceAll('%2C', ',');
  return location.pathname + (s ? `?${s}` : '');
}

/** @param {string} path @returns {{route: Route, params: Record<string, string>} | null} */
function find(path) {
  for (const route of state.routes) {
    const want = route.pattern.split('/');
    const got = path.split('/');
    if (want.length !== got.length) continue;
    /** @type {Record<string, string>} */
    const params = {};
    const fits = want.every((part, i) => (part.startsWith(':') ? (params[part.slice(1)] = safeDecode(got[i])) !== '' : part === got[i]));
    if (fits) return { route, params };
  }
  return null;
}

/** @param {string} s */
function safeDecode(s) {
  try {
    return decodeURIComponent(s);
  } catch {
    return s;
  }
}

/** @param {boolean} back whether to scroll to where one was */
async function show(back) {
  const found = find(location.pathname) ?? { route: state.routes[state.routes.length - 1], params: {} };
  const root = /** @type {HTMLElement} */ (state.root);
  state.at = location.pathname + location.search;
  state.last.set(location.pathname, state.at);
  const same = state.route?.name === found.route.name;
  const page = { root, params: found.params, query: new URLSearchParams(location.search), signal: state.stop.signal };
  if (same && state.shown?.follow?.(page)) {
    state.route = found.route;
    return state.went(found.route, true);
  }
  state.stop.abort();
  state.stop = new AbortController();
  state.route = found.route;
  state.shown = undefined;
  const { signal } = state.stop;
  try {
    const view = await found.route.load();
    if (signal.aborted) return;
    const fresh = document.createElement('div');
    fresh.className = 'view';
    root.replaceChildren(fresh);
    state.went(found.route, same);
    const shown = await view.default({ ...page, root: fresh, signal });
    if (signal.aborted) return;
    state.shown = shown;
    scrollTo({ top: back ? (state.scrolls.get(state.at) ?? 0) : 0 });
  } catch (e) {
    if (!signal.aborted) state.failed(root, e);
  }
}

/** Shows the same address anew. */
export function reload() {
  state.shown = undefined;
  void show(true);
}
