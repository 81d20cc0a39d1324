// A consent that ends soon: who connects again before that notices nothing.
import { h } from '../dom.js';
import { t } from '../messages.js';
import { day, known, lasting } from '../format.js';
import { note } from './note.js';

/** @typedef {import('../types.js').Connection} Connection */

const soon = 14 * 86400000;

/**
 * @param {Connection} c
 * @param {Element} [act] what can be done about it, where there is room
 */
export function consentEnd(c, act) {
  if (c.state !== 'active' || !known(c.consent_ends_at)) return null;
  const end = new Date(/** @type {string} */ (c.consent_ends_at));
  if (end.getTime() - Date.now() > soon) return null;
  const text = [t('connections.ends', { day: day(end) }), ' (', lasting(c.consent_ends_at), ') '];
  if (!act) return h('p', { class: 'small warn' }, text);
  return note('warn', h('p', null, text, t('connections.ends.text')), h('p', null, act));
}
