// Small marks: which channel, which state, how many.
import { h } from '../dom.js';
import { t, word } from '../messages.js';
import { number } from '../format.js';
import { icon } from './icon.js';

/** @typedef {'good'|'warn'|'bad'|'info'|'quiet'} Tone */

/**
 * A channel's mark: its letter on its colour, its name for those who can't see.
 * @param {string} channel
 * @param {boolean} [named] with the name beside it
 */
export function badge(channel, named = false) {
  const name = word('channel', channel);
  const mark = h('span', { class: 'badge', 'data-channel': channel, 'aria-hidden': 'true', title: name }, t(`channel.letter.${channel}`));
  return h('span', { class: 'marked' }, mark, h('span', { class: named ? undefined : 'said' }, name));
}

/**
 * @param {string} text
 * @param {Tone} [tone]
 * @param {string} [mark] an icon's name
 */
export function chip(text, tone = 'quiet', mark) {
  return h('span', { class: 'chip', 'data-tone': tone }, mark ? icon(mark) : null, text);
}

/** @type {Record<string, Tone>} */
const orderTones = {
  draft: 'quiet',
  unpaid: 'warn',
  held: 'warn',
  paid: 'info',
  partly_shipped: 'info',
  shipped: 'good',
  delivered: 'good',
  completed: 'good',
  cancelled: 'quiet',
  refunded: 'quiet',
  other: 'quiet',
};

/** @param {string} state of an order */
export function orderState(state) {
  return chip(word('order.state', state), orderTones[state] ?? 'quiet');
}

/** @type {Record<string, Tone>} */
const listingTones = {
  draft: 'quiet',
  queued: 'info',
  in_review: 'info',
  live: 'good',
  sold_out: 'warn',
  rejected: 'bad',
  paused: 'warn',
  ended: 'quiet',
  error: 'bad',
};

/** @param {string} state of a listing */
export function listingState(state) {
  return chip(word('listing.state', state), listingTones[state] ?? 'quiet');
}

/** @param {string} state of a listing @returns {Tone} */
export function listingTone(state) {
  return listingTones[state] ?? 'quiet';
}

/** @type {Record<string, [Tone, string]>} */
const sendTones = { pending: ['info', 'clock'], unknown: ['warn', 'search'], sent: ['good', 'check'], failed: ['bad', 'alert'] };

/** @param {string} state of something sent to a marketplace */
export function sendState(state) {
  const [tone, mark] = sendTones[state] ?? ['quiet', 'clock'];
  return chip(word('send.state', state), tone, mark);
}

/** @type {Record<string, Tone>} */
const connectionTones = { active: 'good', needs_consent: 'bad', paused: 'warn', disconnected: 'quiet' };

/** @param {{state: string, ok?: boolean}} c */
export function connectionState(c) {
  if (c.state === 'active' && c.ok === false) return chip(t('connection.state.trouble'), 'warn', 'alert');
  return chip(word('connection.state', c.state), connectionTones[c.state] ?? 'quiet');
}

/** @type {Record<string, Tone>} */
const conversationTones = { open: 'info', pending: 'warn', solved: 'good' };

/** @param {string} state of a conversation */
export function conversationState(state) {
  return chip(word('conversation.state', state), conversationTones[state] ?? 'quiet');
}

/** @param {number} n @param {string} label what is counted, with {count} */
export function countMark(n, label) {
  return h(
    'span',
    { class: 'count num' },
    h('span', { 'aria-hidden': 'true' }, number(n)),
    h('span', { class: 'said' }, t(label, { count: n })),
  );
}
