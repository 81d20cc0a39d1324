// How the orders of a channel come back where the marketplace gives them to no
// other program.
import { h } from '../dom.js';
import { t, word } from '../messages.js';
import { channelInfo } from '../session.js';
import { linkButton } from './control.js';
import { card } from './page.js';
import { icon } from './icon.js';

/** @typedef {import('../types.js').Connection} Connection */

/**
 * @param {Connection} c
 * @param {Connection[]} all the connections there are
 */
export function intake(c, all) {
  if (c.kind === 'checkout' || channelInfo(c.channel)?.orders !== 'inbound') return null;
  const shop = all.find((one) => one.kind === 'checkout' && one.state !== 'disconnected');
  const channel = word('channel', c.channel);
  return card(
    t('intake.title'),
    h(
      'div',
      { class: 'stack' },
      h('p', { class: 'soft' }, t('intake.text', { channel })),
      h(
        'ol',
        { class: 'stack close' },
        step('info', 'soft', t('intake.bridge'), t('intake.bridge.text')),
        step(shop ? 'check' : 'alert', shop ? 'good' : 'warn', t('intake.shop'), shop ? t('intake.shop.done', { name: shop.name }) : t('intake.shop.text')),
      ),
      h(
        'div',
        { class: 'line' },
        shop
          ? linkButton(t('intake.shop.see'), `/connections/${encodeURIComponent(shop.id)}`, { icon: 'connections' })
          : linkButton(t('connections.checkout.title'), '/connections?new=checkout', { icon: 'plus', kind: 'main' }),
        linkButton(t('intake.orders'), `/orders?channel=${c.channel},meta`, { icon: 'orders' }),
      ),
    ),
  );
}

/** @param {string} mark @param {string} tone @param {string} title @param {string} text */
function step(mark, tone, title, text) {
  return h(
    'li',
    { class: 'check-line' },
    icon(mark, tone),
    h(
      'div',
      { class: 'grow' },
      h('p', { class: 'strong' }, title),
      h('p', { class: 'small soft', dir: 'auto' }, text),
    ),
  );
}
