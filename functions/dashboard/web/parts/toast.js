// Short words about what just happened, with undo where there is one.
import { h, on } from '../dom.js';
import { t } from '../messages.js';
import { icon } from './icon.js';

/** @type {HTMLElement | null} */
let region = null;

/** @returns {HTMLElement} the place of all toasts, a live region */
export function toastRegion() {
  region ??= h('div', { class: 'toasts', role: 'status', 'aria-live': 'polite', 'aria-atomic': 'false' });
  return region;
}

/**
 * @param {string} text
 * @param {{tone?: 'good'|'bad', undo?: () => unknown, action?: string}} [o] action: the words of undo
 */
export function toast(text, o = {}) {
  const el = h('div', { class: 'toast', 'data-tone': o.tone ?? 'good' }, h('span', { class: 'grow' }, text));
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const gone = () => {
    clearTimeout(timer);
    el.remove();
  };
  const stay = () => clearTimeout(timer);
  const leave = () => {
    stay();
    timer = setTimeout(gone, o.tone === 'bad' || o.undo ? 8000 : 4000);
  };
  const { undo } = o;
  if (undo) {
    el.append(
      h(
        'button',
        {
          type: 'button',
          class: 'button',
          'data-kind': 'quiet',
          onclick: () => {
            gone();
            void undo();
          },
        },
        o.action ?? t('undo'),
      ),
    );
  }
  el.append(h('button', { type: 'button', class: 'button', 'data-kind': 'quiet', 'aria-label': t('close'), onclick: gone }, icon('close')));
  for (const name of ['pointerenter', 'focusin']) on(name, el, stay);
  for (const name of ['pointerleave', 'focusout']) on(name, el, leave);
  leave();
  const all = toastRegion();
  all.append(el);
  while (all.childElementCount > 3) all.firstElementChild?.remove();
}
