// The secret of a checkout: shown once.
import { h } from '../dom.js';
import { t } from '../messages.js';
import { button, copyable } from './control.js';
import { dialog } from './dialog.js';
import { note } from './note.js';

/** @param {string} key @param {string} secret */
export function secretDialog(key, secret) {
  const d = dialog(t('secret.title'), secretBody(key, secret), {
    actions: [button(t('secret.done'), { kind: 'main', run: () => d.close() })],
  });
  return d.closed;
}

/** @param {string} key @param {string} secret */
export function secretBody(key, secret) {
  return h(
    'div',
    { class: 'stack' },
    note('warn', h('p', null, t('secret.once'))),
    h('div', { class: 'field' }, h('p', { class: 'strong small' }, t('secret.key')), copyable(key, t('secret.key'))),
    h('div', { class: 'field' }, h('p', { class: 'strong small' }, t('secret.secret')), copyable(secret, t('secret.secret'))),
    h(
      'details',
      { class: 'small' },
      h('summary', null, t('secret.how')),
      h(
        'pre',
        { class: 'mono break', dir: 'ltr' },
        `POST ${location.origin}/v1/inbound/orders\nManystall-Key: ${key}\nManystall-Signature: t=<unix>,v1=<hex HMAC-SHA256(secret, t + "." + body)>`,
      ),
    ),
  );
}
