// What each marketplace can do, and why not.
import { h } from '../dom.js';
import { t, word } from '../messages.js';
import { badge } from './chip.js';
import { icon } from './icon.js';

/** @typedef {import('../types.js').ChannelInfo} ChannelInfo */

const abilities = [
  'ListingWriter',
  'ListingReader',
  'OrderReader',
  'Shipper',
  'Canceller',
  'ConversationReader',
  'Replier',
  'ReviewReader',
];

/** @param {ChannelInfo[]} channels */
export function matrix(channels) {
  return h(
    'div',
    { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': t('matrix.title') },
    h(
      'table',
      { class: 'matrix' },
      h(
        'thead',
        null,
        h(
          'tr',
          null,
          h('th', { scope: 'col' }, t('matrix.ability')),
          channels.map((c) => h('th', { scope: 'col' }, badge(c.channel, true))),
        ),
      ),
      h(
        'tbody',
        null,
        abilities.map((a) =>
          h(
            'tr',
            null,
            h('th', { scope: 'row' }, word('ability', a)),
            channels.map((c) => cell(c, a)),
          ),
        ),
        h(
          'tr',
          null,
          h('th', { scope: 'row' }, t('matrix.orders')),
          channels.map((c) => h('td', { class: 'small' }, t(`matrix.orders.${c.orders}`))),
        ),
        h(
          'tr',
          null,
          h('th', { scope: 'row' }, t('matrix.costs')),
          channels.map((c) => h('td', { class: 'small' }, c.limits.publish_costs ? t('yes') : t('no'))),
        ),
        h(
          'tr',
          null,
          h('th', { scope: 'row' }, t('matrix.reply')),
          channels.map((c) => h('td', { class: 'small' }, reply(c))),
        ),
      ),
    ),
  );
}

/** @param {ChannelInfo} c @param {string} ability */
function cell(c, ability) {
  const why = c.why_not[ability];
  if (c.abilities.includes(ability) && !why)
    return h('td', null, h('span', { class: 'line good' }, icon('check'), h('span', { class: 'small' }, t('yes'))));
  const lacking = c.abilities.includes(ability);
  return h(
    'td',
    null,
    h(
      'span',
      { class: `line nowrap top ${lacking ? 'warn' : 'faint'}` },
      icon(lacking ? 'alert' : 'close'),
      h('span', { class: 'small', dir: 'auto' }, why ?? t('no')),
    ),
  );
}

/** @param {ChannelInfo} c until when and how long one may answer */
function reply(c) {
  if (!c.abilities.includes('Replier')) return '–';
  const l = c.limits;
  const hours = l.reply_hours_human ?? l.reply_hours;
  return [
    hours ? t('matrix.reply.hours', { count: hours }) : t('matrix.reply.always'),
    l.reply_max_bytes ? t('matrix.reply.bytes', { n: l.reply_max_bytes }) : l.reply_max ? t('matrix.reply.chars', { n: l.reply_max }) : '',
  ]
    .filter(Boolean)
    .join(', ');
}
