// Buttons, fields and the small things around them.
import { h, uid, on } from '../dom.js';
import { t } from '../messages.js';
import { icon } from './icon.js';
import { toast } from './toast.js';

/** @typedef {import('../dom.js').Child} Child */
/** @typedef {{kind?: 'main'|'plain'|'bad'|'quiet', icon?: string, run?: (e: MouseEvent) => unknown, key?: string, label?: string, type?: string, disabled?: boolean, class?: string, title?: string}} ButtonOptions */

/**
 * A button. While what it runs has not ended it is busy and can't be pressed
 * again.
 * @param {Child} text
 * @param {ButtonOptions} [o]
 */
export function button(text, o = {}) {
  const b = h(
    'button',
    {
      type: o.type ?? 'button',
      class: `button ${o.class ?? ''}`.trim(),
      'data-kind': o.kind ?? 'plain',
      'aria-label': o.label,
      title: o.title ?? o.label,
      'aria-keyshortcuts': o.key,
      disabled: o.disabled,
    },
    o.icon ? icon(o.icon) : null,
    text ? h('span', null, text) : null,
  );
  const { run } = o;
  if (run) on('click', b, (e) => busy(b, async () => run(e)));
  return b;
}

/**
 * Shows an element as busy until something ends.
 * @template T
 * @param {HTMLElement} el
 * @param {() => Promise<T>} run
 * @returns {Promise<T | undefined>}
 */
export async function busy(el, run) {
  if (el.getAttribute('aria-busy') === 'true') return undefined;
  el.setAttribute('aria-busy', 'true');
  try {
    return await run();
  } finally {
    el.removeAttribute('aria-busy');
  }
}

/**
 * A link that looks like a button.
 * @param {string} text
 * @param {string} href
 * @param {{kind?: string, icon?: string, label?: string, title?: string}} [o]
 */
export function linkButton(text, href, o = {}) {
  return h(
    'a',
    { class: 'button', 'data-kind': o.kind ?? 'plain', href, 'aria-label': o.label, title: o.title ?? o.label },
    o.icon ? icon(o.icon) : null,
    text ? h('span', null, text) : null,
  );
}

/** @typedef {{hint?: Child, name?: string, wide?: boolean, counter?: {max?: number}, label?: boolean}} FieldOptions */

/**
 * A labelled field with its hint and its error.
 * @param {string} label
 * @param {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} input
 * @param {FieldOptions} [o]
 */
export function field(label, input, o = {}) {
  input.id ||= uid();
  if (o.name) input.name = o.name;
  const hint = o.hint ? h('p', { class: 'hint', id: uid() }, o.hint) : null;
  const error = h('p', { class: 'error', id: uid(), hidden: true });
  const count = o.counter?.max ? counter(input, o.counter.max) : null;
  input.setAttribute('aria-describedby', [hint?.id, error.id].filter(Boolean).join(' '));
  return h(
    'div',
    { class: 'field', 'data-field': o.name ?? input.name },
    h('div', { class: 'line apart' }, h('label', { for: input.id }, label), count),
    input,
    hint,
    error,
  );
}

/** @param {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} input @param {number} max */
function counter(input, max) {
  const el = h('span', { class: 'tiny faint num' });
  const show = () => {
    const n = [...input.value].length;
    el.textContent = t('field.counter', { n, max });
    el.classList.toggle('bad', n > max);
  };
  on('input', input, show);
  show();
  return el;
}

/** @param {Record<string, any>} [props] */
export function input(props) {
  return h('input', { type: 'text', class: 'input', autocomplete: 'off', dir: 'auto', ...props });
}

/** @param {Record<string, any>} [props] */
export function textarea(props) {
  return h('textarea', { class: 'input', rows: 4, dir: 'auto', ...props });
}

/**
 * @param {[value: string, text: string][]} options
 * @param {string} value
 * @param {Record<string, any>} [props]
 */
export function select(options, value, props) {
  const el = h(
    'select',
    { class: 'input', ...props },
    options.map(([v, text]) => h('option', { value: v }, text)),
  );
  el.value = value;
  return el;
}

/**
 * @param {string} label
 * @param {boolean} checked
 * @param {Record<string, any>} [props]
 */
export function checkbox(label, checked, props) {
  return h('label', { class: 'check' }, h('input', { type: 'checkbox', checked, ...props }), h('span', null, label));
}

/**
 * Shows problems of an answer at the fields they belong to.
 * @param {HTMLElement} form
 * @param {{field: string, message: string}[]} errors
 * @returns {{field: string, message: string}[]} those that have no field here
 */
export function showErrors(form, errors) {
  clearErrors(form);
  const rest = [];
  let first = null;
  for (const e of errors) {
    const box = form.querySelector(`[data-field="${CSS.escape(e.field)}"]`);
    const input = box?.querySelector('input,select,textarea');
    const slot = box?.querySelector('.error');
    if (!input || !slot) {
      rest.push(e);
      continue;
    }
    slot.textContent = e.message;
    slot.removeAttribute('hidden');
    input.setAttribute('aria-invalid', 'true');
    first ??= input;
  }
  if (first instanceof HTMLElement) first.focus();
  return rest;
}

/** @param {HTMLElement} form */
export function clearErrors(form) {
  for (const el of form.querySelectorAll('.error')) el.setAttribute('hidden', '');
  for (const el of form.querySelectorAll('[aria-invalid]')) el.removeAttribute('aria-invalid');
}

/**
 * A value with a button that copies it.
 * @param {string} value
 * @param {string} label what it is
 */
export function copyable(value, label) {
  const copied = async () => {
    await navigator.clipboard.writeText(value);
    toast(t('copy.done', { what: label }));
  };
  return h(
    'div',
    { class: 'copyable' },
    h('input', {
      class: 'input mono',
      readonly: true,
      value,
      'aria-label': label,
      dir: 'ltr',
      onfocus: (/** @type {FocusEvent} */ e) => /** @type {HTMLInputElement} */ (e.target).select(),
    }),
    button('', { icon: 'copy', label: t('copy.action', { what: label }), run: copied }),
  );
}

/** @returns {string} the name of the key that goes with others */
export function modKey() {
  return /Mac|iPhone|iPad/.test(navigator.platform) ? '⌘' : t('keys.ctrl');
}

/** @param {string} key of the keyboard */
export function kbd(key) {
  return h('kbd', null, key);
}
