// The head of a page: where one is and what can be done.
import { h } from '../dom.js';
import { t } from '../messages.js';
import { lastAt } from '../router.js';
import { icon } from './icon.js';

/** @typedef {import('../dom.js').Child} Child */

/**
 * @param {string} title also the document's
 * @param {{actions?: Child, back?: {href: string, text: string}, beside?: Child, hidden?: boolean}} [o]
 */
export function heading(title, o = {}) {
  setTitle(title);
  return h(
    'header',
    { class: o.hidden ? 'said' : 'page-head' },
    o.back ? h('a', { class: 'back small', href: lastAt(o.back.href) }, icon('back'), o.back.text) : null,
    h(
      'div',
      { class: 'line apart' },
      h('div', { class: 'line grow' }, h('h1', { tabindex: '-1', dir: 'auto' }, title), /** @type {any} */ (o.beside)),
      o.actions ? h('div', { class: 'line actions' }, /** @type {any} */ (o.actions)) : null,
    ),
  );
}

/** @param {string} title of the document */
export function setTitle(title) {
  document.title = t('document.title', { title });
}

/**
 * A sheet with a heading.
 * @param {string} title
 * @param {Child} body
 * @param {{actions?: Child, flush?: boolean, id?: string, screen?: boolean}} [o] flush: no space around the body; screen: not on paper
 */
export function card(title, body, o = {}) {
  return h(
    'section',
    { class: `card ${o.flush ? 'flush' : ''} ${o.screen ? 'unprinted' : ''}`.trim(), id: o.id, 'aria-label': title || undefined },
    title ? h('header', { class: 'line apart' }, h('h2', null, title), /** @type {any} */ (o.actions)) : null,
    h('div', { class: 'card-body' }, /** @type {any} */ (body)),
  );
}

/**
 * Names and values.
 * @param {[string, Child][]} pairs those without a value are left out
 */
export function facts(pairs) {
  return h(
    'dl',
    { class: 'facts' },
    pairs
      .filter(([, v]) => v !== null && v !== undefined && v !== '' && v !== false)
      .map(([name, value]) => [h('dt', null, name), h('dd', { dir: 'auto' }, /** @type {any} */ (value))]),
  );
}
