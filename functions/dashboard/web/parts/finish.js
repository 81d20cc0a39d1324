// A browser that comes back from a marketplace's consent: the answer lies in the
// fragment, and only who is signed in may bring it.
import { h } from '../dom.js';
import { t, word } from '../messages.js';
import { newKey, send } from '../api.js';
import { forgetConnections, me } from '../session.js';
import { go, query } from '../router.js';
import { confirm } from './dialog.js';
import { complain } from './note.js';
import { choosePending } from './pending.js';
import { toast } from './toast.js';

const begun = 'consent-begun';
const back = 'consent-returned';

/**
 * Takes what a marketplace sent out of the address, before anything else: it
 * works once and is nobody's business. It waits in this tab until somebody is
 * signed in.
 */
export function takeReturned() {
  const returned = new URLSearchParams(location.hash.slice(1)).get('returned');
  if (!returned) return;
  sessionStorage.setItem(back, returned);
  history.replaceState(null, '', location.pathname + location.search);
}

/** Notes in this tab which consent it began. @param {string | undefined} state */
export function remember(state) {
  if (state) sessionStorage.setItem(begun, state);
}

/**
 * Finishes a consent this tab has come back from.
 * @param {AbortSignal} signal
 * @param {() => void} again
 */
export async function finish(signal, again) {
  takeReturned();
  const returned = sessionStorage.getItem(back);
  if (!returned) return;
  sessionStorage.removeItem(back);
  const came = new URL(returned, location.origin);
  const mine = sessionStorage.getItem(begun) === came.searchParams.get('state');
  sessionStorage.removeItem(begun);
  if (!mine && !(await agreed(came))) return;
  try {
    const found = (await send('POST', '/v1/connections/callback', { url: came.href }, { key: newKey() })).data;
    forgetConnections();
    if (signal.aborted) return;
    if (found.connections.length > 0) return go(query({ connected: found.connections[0], problem: undefined }), { replace: true });
    if (await choosePending(found.grant, found)) toast(t('connections.connected'));
    again();
  } catch (e) {
    if (signal.aborted) return;
    const code = /** @type {any} */ (e).code;
    if (code) go(query({ problem: code, pending: undefined, connected: undefined }), { replace: true });
    else complain(e);
  }
}

/** This tab did not begin it: a client of the API did, or a stranger. @param {URL} came */
function agreed(came) {
  const channel = came.pathname.split('/').at(-2) ?? '';
  return confirm({
    title: t('finish.title', { channel: word('channel', channel) }),
    text: [h('p', null, t('finish.text', { workspace: me().name || me().workspace })), h('p', { class: 'soft' }, t('finish.stranger'))],
    action: t('finish.do'),
    tone: 'main',
  });
}
