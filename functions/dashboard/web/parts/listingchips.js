// A product's state on each channel, in a row of a list, and why where it is
// not as it should be.
import { h } from '../dom.js';
import { t, word } from '../messages.js';
import { listingTone } from './chip.js';

/** @typedef {import('../types.js').ListingMark} ListingMark */

/** @param {ListingMark[]} listings */
export function listingChips(listings) {
  if (listings.length === 0) return h('span', { class: 'small faint' }, t('catalog.notlisted'));
  const wrong = listings.find((l) => l.problems) ?? listings.find((l) => l.why);
  return [
    h('span', { class: 'line' }, listings.map(mark)),
    wrong?.why
      ? h('span', { class: wrong.problems ? 'small bad cut' : 'small soft cut', dir: 'auto', title: wrong.why }, wrong.why)
      : null,
  ];
}

/** @param {ListingMark} l */
function mark(l) {
  const words = `${word('channel', l.channel)}: ${word('listing.state', l.state)}`;
  return h(
    'span',
    { class: 'chip pair', 'data-tone': listingTone(l.state), title: words },
    h('span', { class: 'badge', 'data-channel': l.channel, 'aria-hidden': 'true' }, t(`channel.letter.${l.channel}`)),
    h('span', { class: 'said' }, word('channel', l.channel), ' '),
    word('listing.state', l.state),
  );
}
