// A consent that opens several shops or pages: which of them?
import { h } from '../dom.js';
import { t, word } from '../messages.js';
import { Problem, get, newKey, send } from '../api.js';
import { forgetConnections } from '../session.js';
import { formDialog } from './dialog.js';
import { complain } from './note.js';

/** @typedef {import('../types.js').Pending} Pending */

/**
 * @param {string} grant
 * @param {Pending} [known] when it was read already
 * @returns {Promise<boolean>} whether something was connected
 */
export async function choosePending(grant, known) {
  const path = `/v1/connections/pending/${encodeURIComponent(grant)}`;
  try {
    const pending = known ?? /** @type {Pending} */ ((await get(path)).data);
    return await formDialog({
      title: t('pending.title', { channel: word('channel', pending.channel) }),
      action: t('pending.do'),
      fields: candidates(pending),
      run: async (form) => {
        const remotes = new FormData(form).getAll('remote').map(String);
        if (remotes.length === 0) throw new Problem(0, { detail: t('pending.noneyet') });
        await send('POST', `${path}/choose`, { remotes }, { key: newKey() });
        forgetConnections();
      },
    });
  } catch (e) {
    complain(e);
    return false;
  }
}

/** @param {Pending} p */
export function candidates(p) {
  if (p.candidates.length === 0) return h('p', { class: 'soft' }, t('pending.none'));
  return [
    h('p', { class: 'soft' }, t('pending.text')),
    h(
      'fieldset',
      { class: 'choices' },
      h('legend', { class: 'said' }, t('pending.legend')),
      p.candidates.map((c) =>
        h(
          'label',
          { class: 'choice', 'data-done': c.connected || undefined },
          h('input', {
            type: 'checkbox',
            name: 'remote',
            value: c.remote_id,
            checked: !c.connected && !c.cannot_list,
            disabled: c.connected,
          }),
          h(
            'span',
            { class: 'grow stack close' },
            h('span', { class: 'strong break', dir: 'auto' }, c.name),
            h('span', { class: 'tiny faint mono' }, c.remote_id),
            c.connected ? h('span', { class: 'small soft' }, t('pending.connected')) : null,
            c.cannot_list ? h('span', { class: 'small warn', dir: 'auto' }, t('pending.cannotlist'), ' ', c.cannot_list) : null,
          ),
        ),
      ),
    ),
  ];
}
