// Connecting the seller's own checkout: a key with which the shop sends its
// orders here.
import { h } from '../dom.js';
import { t } from '../messages.js';
import { newKey, send } from '../api.js';
import { forgetConnections } from '../session.js';
import { field, input } from './control.js';
import { formDialog } from './dialog.js';
import { secretDialog } from './secret.js';

/** @param {() => void} again shows what is connected now */
export async function connectCheckout(again) {
  const name = input({ maxlength: 100, value: t('connections.checkout.name') });
  /** @type {any} */
  let made = null;
  await formDialog({
    title: t('connections.checkout.title'),
    action: t('connections.checkout.make'),
    fields: [h('p', { class: 'soft' }, t('connections.checkout.text')), field(t('connections.name'), name, { name: 'name' })],
    run: async () => {
      made = (await send('POST', '/v1/connections', { kind: 'checkout', name: name.value.trim() || undefined }, { key: newKey() })).data;
    },
  });
  if (!made) return;
  forgetConnections();
  again();
  await secretDialog(made.inbound_key, made.secret);
}
