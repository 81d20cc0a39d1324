// A product's state on each channel, in a row of a list. Asked for when the row
// comes into sight, a few at a time.
import { h, put } from '../dom.js';
import { t, word } from '../messages.js';
import { get } from '../api.js';
import { listingTone } from './chip.js';

/** @typedef {import('../types.js').ListingItem} ListingItem */

/** @type {Map<string, {at: number, items: ListingItem[]}>} */
const known = new Map();
/** @type {(() => Promise<void>)[]} */
const waiting = [];
const running = { n: 0 };
const atOnce = 4;
const fresh = 15000;

function next() {
  if (running.n >= atOnce) return;
  const run = waiting.shift();
  if (!run) return;
  running.n++;
  void run()
    .catch(() => {})
    .finally(() => {
      running.n--;
      next();
    });
}

/** @param {string} product @param {AbortSignal} signal */
export function listingChips(product, signal) {
  const el = h('span', { class: 'line' });
  const have = known.get(product);
  if (have) put(el, have.items.map(mark));
  else put(el, h('span', { class: 'bone short', 'aria-hidden': 'true' }));
  const seen = new IntersectionObserver((entries) => {
    const age = Date.now() - (known.get(product)?.at ?? 0);
    if (age < fresh || !entries.some((e) => e.isIntersecting)) return;
    waiting.push(async () => {
      if (signal.aborted || !el.isConnected) return;
      try {
        const { data } = await get('/v1/listings', { query: { product, limit: 20 }, signal });
        known.set(product, { at: Date.now(), items: data.items });
        put(el, data.items.length > 0 ? data.items.map(mark) : h('span', { class: 'small faint' }, t('catalog.notlisted')));
      } catch {
        put(el, h('span', { class: 'small faint' }, '–'));
      }
    });
    next();
  });
  seen.observe(el);
  signal.addEventListener('abort', () => seen.disconnect());
  return el;
}

/** @param {ListingItem} l */
export function mark(l) {
  const why = l.problems[0]?.fix || l.waiting;
  const words = `${word('channel', l.channel)}: ${word('listing.state', l.state)}`;
  return h(
    'span',
    { class: 'chip pair', 'data-tone': listingTone(l.state), title: why ? `${words}. ${why}` : words },
    h('span', { class: 'badge', 'data-channel': l.channel, 'aria-hidden': 'true' }, t(`channel.letter.${l.channel}`)),
    h('span', { class: 'said' }, word('channel', l.channel), ' '),
    word('listing.state', l.state),
  );
}

/** Forgets what is known of a product. @param {string} product */
export function forgetChips(product) {
  known.delete(product);
}
