// Connections: what is connected, what each marketplace can do, and connecting.
import { h, on, put, redraw } from '../dom.js';
import { t, word } from '../messages.js';
import { get, isAbort, newKey, send } from '../api.js';
import { when } from '../format.js';
import { every } from '../live.js';
import { go, query } from '../router.js';
import { forgetConnections, channels, setChannels } from '../session.js';
import { card, heading } from '../parts/page.js';
import { badge, connectionState } from '../parts/chip.js';
import { button, field, input } from '../parts/control.js';
import { dialog, formDialog } from '../parts/dialog.js';
import { complain, empty, failed, note, skeleton } from '../parts/note.js';
import { toast } from '../parts/toast.js';
import { icon } from '../parts/icon.js';
import { matrix } from '../parts/matrix.js';
import { choosePending } from '../parts/pending.js';
import { finish, remember } from '../parts/finish.js';
import { connectCheckout } from '../parts/checkout.js';
import { consentEnd } from '../parts/consent.js';

/** @typedef {import('../types.js').Connection} Connection */

/** @param {import('../router.js').Page} page */
export default function show({ root, query: q, signal }) {
  const body = h('div', { class: 'connections' }, skeleton(3, 'card'));
  // It comes with the connections above it, so that it does not move.
  const table = h('div', null);
  const again = () => turn();
  put(
    root,
    heading(t('connections.title'), {
      actions: [
        button(t('connections.paste'), { run: () => paste(again) }),
        button(t('connections.connect'), { kind: 'main', icon: 'plus', run: () => connectDialog(again) }),
      ],
    }),
    outcome(q),
    h('div', { class: 'stack' }, body, table),
  );
  let mark = '';
  const read = async () => {
    try {
      const [all, can] = await Promise.all([get('/v1/connections', { signal }), get('/v1/channels', { signal })]);
      const now = JSON.stringify([all.data, can.data]);
      if (now === mark) return;
      mark = now;
      forgetConnections();
      setChannels(can.data.items);
      redraw(
        body,
        all.data.items.length > 0
          ? h('ul', { class: 'connection-list' }, all.data.items.map(connectionCard))
          : empty({
              title: t('connections.none'),
              text: t('connections.none.text'),
              icon: 'connections',
              action: button(t('connections.connect'), { kind: 'main', icon: 'plus', run: () => connectDialog(again) }),
            }),
      );
      redraw(
        table,
        card(t('matrix.title'), [h('p', { class: 'soft card-lead' }, t('matrix.text')), matrix(can.data.items)], { flush: true }),
      );
    } catch (e) {
      if (isAbort(e)) return;
      if (!mark) put(body, failed(e, read));
      throw e;
    }
  };
  const turn = every(15000, read, signal);
  void finish(signal, again);
  if (q.get('new') === 'checkout') {
    history.replaceState(null, '', query({ new: undefined }));
    void connectCheckout(again);
  }
  const grant = q.get('pending');
  if (grant)
    void choosePending(grant).then((done) => {
      if (!signal.aborted) {
        go(query({ pending: undefined }), { replace: true });
        if (done) toast(t('connections.connected'));
      }
    });
}

/** What the marketplace's consent ended with. @param {URLSearchParams} q */
function outcome(q) {
  const id = q.get('connected');
  if (id)
    return note(
      'good',
      h('p', null, t('connections.connected'), ' ', h('a', { href: `/connections/${encodeURIComponent(id)}` }, t('connections.see'))),
    );
  const problem = q.get('problem');
  if (!problem) return null;
  const known = word('connections.problem', problem);
  return note(
    'bad',
    h('p', { class: 'strong' }, t('connections.problem')),
    h('p', null, known),
    h('p', { class: 'tiny faint mono' }, problem),
  );
}

/** @param {Connection} c */
export function connectionCard(c) {
  const bad = c.checks.filter((x) => !x.ok);
  return h(
    'li',
    { class: 'card connection' },
    h(
      'div',
      { class: 'card-body stack close' },
      h(
        'div',
        { class: 'line apart' },
        h(
          'a',
          { class: 'strong line connection-name', href: `/connections/${encodeURIComponent(c.id)}` },
          badge(c.channel),
          h('span', { class: 'break', dir: 'auto' }, c.name),
        ),
        connectionState(c),
      ),
      h(
        'p',
        { class: 'small soft' },
        c.kind === 'checkout' ? t('connections.kind.checkout') : word('channel', c.channel),
        c.shop_name && c.shop_name !== c.name ? [' · ', h('span', { dir: 'auto' }, c.shop_name)] : null,
        c.currency ? [' · ', h('bdi', null, c.currency)] : null,
      ),
      c.reason ? h('p', { class: 'small warn', dir: 'auto' }, c.reason) : null,
      consentEnd(c),
      bad
        .slice(0, 2)
        .map((x) =>
          h(
            'p',
            { class: 'small line top' },
            icon('alert', 'bad'),
            h('span', { class: 'grow', dir: 'auto' }, x.message, x.fix ? h('span', { class: 'soft' }, ' ', x.fix) : null),
          ),
        ),
      c.checked_at ? h('p', { class: 'tiny faint' }, t('connections.checked'), ' ', when(c.checked_at)) : null,
    ),
  );
}

/** @param {() => void} again */
function connectDialog(again) {
  const begin = async (/** @type {string} */ channel, /** @type {string=} */ login) => {
    try {
      const { data } = await send('POST', '/v1/connections', { channel, login }, { key: newKey() });
      remember(data.state);
      if (data.consent_url) location.assign(data.consent_url);
    } catch (e) {
      complain(e);
    }
  };
  const checkout = () => {
    d.close();
    void connectCheckout(again);
  };
  const choice = (
    /** @type {string} */ name,
    /** @type {import('../dom.js').Child} */ mark,
    /** @type {string} */ text,
    /** @type {() => unknown} */ run,
  ) => {
    const b = h(
      'button',
      { type: 'button', class: 'choice' },
      /** @type {any} */ (mark),
      h('span', { class: 'grow stack close' }, h('span', { class: 'strong' }, name), h('span', { class: 'small soft' }, text)),
      icon('next'),
    );
    on('click', b, run);
    return h('li', null, b);
  };
  const d = dialog(
    t('connections.connect'),
    h(
      'ul',
      { class: 'choices' },
      channels().map((c) => [
        choice(
          c.title,
          badge(c.channel),
          c.connections > 0 ? t('connections.another', { count: c.connections }) : t(`connections.orders.${c.orders}`),
          () => begin(c.channel),
        ),
        c.logins.map((l) => choice(l.title, badge(c.channel), l.about, () => begin(c.channel, l.login))),
      ]),
      choice(t('connections.kind.checkout'), badge('own'), t('connections.checkout.short'), checkout),
    ),
  );
}

/** For installations no callback can reach. @param {() => void} again */
async function paste(again) {
  const url = input({ type: 'url', required: true, maxlength: 8192, dir: 'ltr' });
  /** @type {any} */
  let found = null;
  await formDialog({
    title: t('connections.paste'),
    action: t('connections.paste.do'),
    fields: [h('p', { class: 'soft' }, t('connections.paste.text')), field(t('connections.paste.url'), url, { name: 'url' })],
    run: async () => {
      found = (await send('POST', '/v1/connections/callback', { url: url.value.trim() }, { key: newKey() })).data;
    },
  });
  if (!found) return;
  forgetConnections();
  if (found.connections.length > 0) toast(t('connections.connected'));
  else if (await choosePending(found.grant, found)) toast(t('connections.connected'));
  again();
}
