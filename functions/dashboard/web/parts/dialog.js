// Dialogs: the browser's own, which keeps the focus inside and gives it back.
import { h, on, uid } from '../dom.js';
import { t } from '../messages.js';
import { Problem } from '../api.js';
import { button, busy, showErrors } from './control.js';
import { note, words } from './note.js';

/** @typedef {import('../dom.js').Child} Child */

/**
 * Opens a dialog.
 * @param {string} title
 * @param {Child} body
 * @param {{wide?: boolean, actions?: Child}} [o]
 * @returns {{el: HTMLDialogElement, close: () => void, closed: Promise<void>}}
 */
export function dialog(title, body, o = {}) {
  const id = uid();
  const el = h('dialog', { class: o.wide ? 'dialog wide' : 'dialog', 'aria-labelledby': id });
  const close = () => el.close();
  el.append(
    h(
      'header',
      { class: 'line apart' },
      h('h2', { id }, title),
      button('', { icon: 'close', kind: 'quiet', label: t('close'), run: close }),
    ),
    h('div', { class: 'dialog-body' }, /** @type {any} */ (body)),
  );
  if (o.actions) el.append(h('footer', { class: 'line' }, /** @type {any} */ (o.actions)));
  const closed = new Promise((/** @type {(v: void) => void} */ done) =>
    on('close', el, () => {
      el.remove();
      done();
    }),
  );
  on('click', el, (e) => {
    if (e.target === el) close();
  });
  document.body.append(el);
  el.showModal();
  return { el, close, closed };
}

/**
 * Asks before something that can't be taken back.
 * @param {{title: string, text: Child, action: string, tone?: 'main'|'bad'}} o
 * @returns {Promise<boolean>}
 */
export async function confirm(o) {
  let yes = false;
  const d = dialog(o.title, h('div', { class: 'stack close' }, o.text), {
    actions: [
      button(t('cancel'), { run: () => d.close() }),
      button(o.action, {
        kind: o.tone ?? 'bad',
        run: () => {
          yes = true;
          d.close();
        },
      }),
    ],
  });
  await d.closed;
  return yes;
}

/**
 * A dialog with a form. It stays open and shows what is wrong until `run`
 * succeeds.
 * @param {{title: string, fields: Child, action: string, kind?: 'main'|'bad', wide?: boolean, run: (form: HTMLFormElement) => Promise<unknown>}} o
 * @returns {Promise<boolean>} whether it was done
 */
export async function formDialog(o) {
  let done = false;
  const id = uid();
  const trouble = h('div', { role: 'alert' });
  const form = h('form', { id, class: 'stack', novalidate: false }, trouble, /** @type {any} */ (o.fields));
  const go = button(o.action, { kind: o.kind ?? 'main', type: 'submit' });
  go.setAttribute('form', id);
  on('submit', form, (e) => {
    e.preventDefault();
    void busy(go, async () => {
      trouble.replaceChildren();
      try {
        await o.run(form);
        done = true;
        d.close();
      } catch (err) {
        showTrouble(form, trouble, err);
      }
    });
  });
  on('keydown', form, (e) => {
    if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) form.requestSubmit();
  });
  const d = dialog(o.title, form, { wide: o.wide, actions: [button(t('cancel'), { run: () => d.close() }), go] });
  const first = form.querySelector('input:not([type=hidden]),select,textarea');
  if (first instanceof HTMLElement) first.focus();
  await d.closed;
  return done;
}

/**
 * Shows a problem at its fields, and what has no field here above them.
 * @param {HTMLElement} form
 * @param {HTMLElement} place
 * @param {unknown} err
 */
export function showTrouble(form, place, err) {
  const errors = err instanceof Problem ? err.errors : [];
  const rest = showErrors(form, errors);
  if (errors.length > 0 && rest.length === 0) return place.replaceChildren();
  const lines =
    rest.length > 0 ? rest.map((r) => h('p', { class: 'break' }, h('strong', null, r.field), ' ', r.message)) : [h('p', null, words(err))];
  place.replaceChildren(note('bad', ...lines));
}
