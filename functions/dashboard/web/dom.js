// The page builds its DOM with these few functions; text is always text, never
// markup.

/** @typedef {Node | string | number | null | undefined | false | Child[]} Child */
/** @typedef {Record<string, any>} Props */

const SVG = 'http://www.w3.org/2000/svg';

/**
 * Makes an element. `on…` props are listeners, `class` and `data-…`/`aria-…`
 * are attributes, true is an empty attribute, false, null and undefined are
 * none. `value`, `checked` and the like are set as properties.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Props | null} [props]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, props, ...children) {
  const el = document.createElement(tag);
  setProps(el, props);
  append(el, children);
  return el;
}

/**
 * Makes an SVG element.
 * @param {string} tag
 * @param {Props | null} [props]
 * @param {...Child} children
 * @returns {SVGElement}
 */
export function svg(tag, props, ...children) {
  const el = document.createElementNS(SVG, tag);
  setProps(el, props);
  append(el, children);
  return el;
}

const asProperty = new Set(['value', 'checked', 'indeterminate', 'disabled', 'selected', 'open']);

/** @param {Element} el @param {Props | null | undefined} props */
function setProps(el, props) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null) continue;
    if (name.startsWith('on')) el.addEventListener(name.slice(2), value);
    else if (asProperty.has(name)) /** @type {any} */ (el)[name] = value;
    else if (value === true) el.setAttribute(name, '');
    else if (value !== false) el.setAttribute(name, String(value));
  }
}

/** @param {Element} el @param {Child[]} children */
function append(el, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) append(el, child);
    else el.append(child instanceof Node ? child : String(child));
  }
}

/**
 * Replaces what is in an element.
 * @template {Element} T
 * @param {T} el
 * @param {...Child} children
 * @returns {T}
 */
export function put(el, ...children) {
  el.replaceChildren();
  append(el, children);
  return el;
}

/**
 * Replaces what is in an element and keeps the focus where it was: on the
 * element of the same kind in the same place.
 * @template {Element} T
 * @param {T} el
 * @param {...Child} children
 * @returns {T}
 */
export function redraw(el, ...children) {
  const focused = document.activeElement;
  const heading = focused?.tagName === 'H1';
  const way = focused && el.contains(focused) && focused !== el ? path(el, focused) : null;
  put(el, ...children);
  if (!way) return el;
  const target = heading ? el.querySelector('h1') : way.reduce((/** @type {Element | undefined} */ at, i) => at?.children[i], el);
  if (target instanceof HTMLElement && target.tagName === focused?.tagName) target.focus({ preventScroll: true });
  return el;
}

/** @param {Element} from @param {Element} to @returns {number[]} which child to take at each step */
function path(from, to) {
  const way = [];
  for (let at = to; at !== from && at.parentElement; at = at.parentElement) way.unshift([...at.parentElement.children].indexOf(at));
  return way;
}

/** @type {WeakMap<Element, Map<string, {node: Element, mark: string}>>} */
const known = new WeakMap();

/**
 * Shows a list of things without touching the nodes of those that did not
 * change: focus, selection and scrolling stay where they are.
 * @template T
 * @param {Element} parent
 * @param {T[]} items
 * @param {(item: T) => string} key
 * @param {(item: T) => Element} make
 */
export function keyed(parent, items, key, make) {
  const before = known.get(parent) ?? new Map();
  const after = new Map();
  const focused = document.activeElement;
  let at = parent.firstElementChild;
  for (const item of items) {
    const k = key(item);
    const mark = JSON.stringify(item);
    const old = before.get(k);
    const node = old && old.mark === mark ? old.node : make(item);
    if (old && old.node !== node) {
      keepFocus(old.node, node, focused, parent);
      if (at && at === old.node) at = at.nextElementSibling;
      old.node.remove();
    }
    after.set(k, { node, mark });
    before.delete(k);
    if (at && node === at) at = at.nextElementSibling;
    else parent.insertBefore(node, at);
  }
  for (const { node } of before.values()) node.remove();
  known.set(parent, after);
}

/** @param {Element} old @param {Element} node @param {Element | null} focused @param {Element} parent */
function keepFocus(old, node, focused, parent) {
  if (!focused || !old.contains(focused)) return;
  parent.insertBefore(node, old);
  const target = old === focused ? node : node.querySelector('a,button');
  if (target instanceof HTMLElement) target.focus({ preventScroll: true });
}

/**
 * @param {string} name of the event
 * @param {EventTarget} target
 * @param {(e: any) => void} run
 * @param {AbortSignal} [signal] ends it
 */
export function on(name, target, run, signal) {
  target.addEventListener(name, run, { signal });
}

/** @returns {string} an id no other element has */
export function uid() {
  return 'u' + (uid.next++).toString(36);
}
uid.next = 1;
