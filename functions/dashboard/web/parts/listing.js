// Listings: their problems and trying again.
import { h } from '../dom.js';
import { t, word } from '../messages.js';
import { newKey, send } from '../api.js';
import { button } from './control.js';
import { complain } from './note.js';
import { toast } from './toast.js';

/** @typedef {import('../types.js').ListingProblem} ListingProblem */
/** @typedef {import('../types.js').ListingItem} ListingItem */

/** What was refused, what would be accepted, what to do. @param {ListingProblem} p */
export function problemLine(p) {
  return h(
    'li',
    { class: 'problem' },
    h(
      'p',
      { class: 'line' },
      h('span', { class: 'strong' }, word('rule', p.rule)),
      p.field ? h('span', { class: 'mono small soft' }, p.field) : null,
    ),
    h('p', { class: 'break', dir: 'auto' }, p.fix),
    p.value || p.allowed
      ? h(
          'dl',
          { class: 'compare small' },
          p.value ? [h('dt', null, t('listing.value')), h('dd', { class: 'break', dir: 'auto' }, p.value)] : null,
          p.allowed ? [h('dt', null, t('listing.allowed')), h('dd', { class: 'break', dir: 'auto' }, p.allowed)] : null,
        )
      : null,
    p.raw
      ? h('details', { class: 'small' }, h('summary', null, t('listing.raw')), h('pre', { class: 'mono break', dir: 'ltr' }, p.raw))
      : null,
  );
}

/** @param {ListingItem} l @param {() => void} again */
export function retryButton(l, again) {
  return button(t('listing.retry'), {
    icon: 'retry',
    label: t('listing.retry.label', { title: l.title, channel: word('channel', l.channel) }),
    run: async () => {
      try {
        await send('POST', `/v1/listings/${encodeURIComponent(l.id)}/retry`, undefined, { key: newKey() });
        toast(t('listing.retried'));
        again();
      } catch (e) {
        complain(e);
      }
    },
  });
}
