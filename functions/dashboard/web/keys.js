// The keyboard. Shortcuts belong to a view and go with it.

/** @typedef {{keys: string, label: string, group: string, run: (e: KeyboardEvent) => void, typing?: boolean}} Shortcut keys: "j", "g o", "?", "mod+Enter"; typing: also while typing */

/** @type {Set<Shortcut>} */
const shortcuts = new Set();
let first = '';
let firstAt = 0;

/**
 * @param {Shortcut} s
 * @param {AbortSignal} [signal] takes it away
 */
export function shortcut(s, signal) {
  shortcuts.add(s);
  signal?.addEventListener('abort', () => shortcuts.delete(s));
}

/** @returns {Shortcut[]} what works now */
export function listShortcuts() {
  return [...shortcuts];
}

/** @param {KeyboardEvent} e */
function name(e) {
  const mod = e.ctrlKey || e.metaKey ? 'mod+' : '';
  return mod + e.key;
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) &&
    !(target instanceof HTMLInputElement && /^(checkbox|radio|button)$/.test(target.type))
  );
}

/** Listens. Called once. */
export function listen() {
  document.addEventListener('keydown', (e) => {
    if (e.defaultPrevented || e.isComposing || e.altKey) return;
    if (isTyping(e.target) && e.key === 'Escape') return /** @type {HTMLElement} */ (e.target).blur();
    const found = match(e);
    if (!found) return;
    e.preventDefault();
    found.run(e);
  });
}

/** @param {KeyboardEvent} e @returns {Shortcut | undefined} */
function match(e) {
  const key = name(e);
  const chord = Date.now() - firstAt < 1200 ? `${first} ${key}` : '';
  const typing = isTyping(e.target);
  // A dialog keeps the keys to itself.
  const modal = document.querySelector('dialog:modal') !== null;
  const can = [...shortcuts].reverse().filter((s) => (!typing || s.typing) && (!modal || s.typing));
  const found = can.find((s) => s.keys === chord) ?? can.find((s) => s.keys === key);
  first = !typing && !found && can.some((s) => s.keys.startsWith(key + ' ')) ? key : '';
  firstAt = first ? Date.now() : 0;
  return found;
}
