// One connection: its health, what it can do, and ending it.
import { h, put, redraw } from '../dom.js';
import { t, word } from '../messages.js';
import { get, isAbort, newKey, send } from '../api.js';
import { day, known, stamp, when } from '../format.js';
import { every } from '../live.js';
import { shortcut } from '../keys.js';
import { go, goBack } from '../router.js';
import { connections, forgetConnections } from '../session.js';
import { card, facts, heading } from '../parts/page.js';
import { badge, connectionState } from '../parts/chip.js';
import { button, copyable, field, input, linkButton } from '../parts/control.js';
import { confirm, formDialog } from '../parts/dialog.js';
import { bones, complain, failed, note } from '../parts/note.js';
import { remember } from '../parts/finish.js';
import { icon } from '../parts/icon.js';
import { intake } from '../parts/intake.js';
import { consentEnd } from '../parts/consent.js';
import { secretDialog } from '../parts/secret.js';
import { toast } from '../parts/toast.js';

/** @typedef {import('../types.js').Connection} Connection */

const back = { href: '/connections', text: t('nav.connections') };

/** @param {import('../router.js').Page} page */
export default function show({ root, params, signal }) {
  const path = `/v1/connections/${encodeURIComponent(params.id)}`;
  put(root, heading(t('connections.loading'), { back }), h('div', { class: 'columns' }, card('', bones(5)), card('', bones(4))));
  let mark = '';
  const draw = (/** @type {Connection} */ c, etag = '') => {
    const now = JSON.stringify(c);
    if (now === mark) return;
    mark = now;
    redraw(root, ...view(c, etag, path, draw));
  };
  const read = async () => {
    try {
      const { data, etag } = await get(path, { signal });
      draw(data, etag);
    } catch (e) {
      if (isAbort(e)) return;
      if (!mark) put(root, heading(t('connections.one'), { back }), failed(e, read));
      throw e;
    }
  };
  every(15000, read, signal);
  shortcut({ keys: 'u', group: 'page', label: t('keys.back'), run: () => goBack('/connections') }, signal);
}

/** @param {Connection} c @param {string} etag @param {string} path @param {(c: Connection, etag?: string) => void} draw */
function view(c, etag, path, draw) {
  const change = async (
    /** @type {Record<string, any>} */ body,
    /** @type {string} */ done,
    /** @type {(() => unknown) | undefined} */ undo = undefined,
  ) => {
    const fresh = await send('PATCH', path, body, { etag });
    forgetConnections();
    draw(fresh.data, fresh.etag);
    toast(done, undo ? { undo } : {});
  };
  return [
    heading(c.name, { back, beside: [badge(c.channel), connectionState(c)], actions: actions(c, path, change, draw) }),
    c.reason
      ? note(
          c.state === 'needs_consent' ? 'bad' : 'warn',
          h('p', { dir: 'auto' }, c.reason),
          c.state === 'needs_consent' || c.consent_ends_soon ? h('p', null, reconnect(c)) : null,
        )
      : null,
    consentEnd(c, reconnect(c)),
    h(
      'div',
      { class: 'columns' },
      h('div', { class: 'stack' }, health(c), orders(c), can(c)),
      h('div', { class: 'stack' }, details(c), addresses(c, path, draw), secrets(c, path), disconnectCard(c, path)),
    ),
  ];
}

/** @param {Connection} c @param {string} path @param {(body: Record<string, any>, done: string, undo?: () => unknown) => Promise<void>} change @param {(c: Connection, etag?: string) => void} draw */
function actions(c, path, change, draw) {
  const safe = (/** @type {() => Promise<unknown>} */ run) => async () => {
    try {
      await run();
    } catch (e) {
      complain(e);
    }
  };
  const check = safe(async () => {
    const fresh = await send('POST', `${path}/check`, undefined, { key: newKey() });
    forgetConnections();
    draw(fresh.data, fresh.etag);
    toast(fresh.data.ok === false ? t('connections.check.bad') : t('connections.check.good'), {
      tone: fresh.data.ok === false ? 'bad' : 'good',
    });
  });
  const rename = async () => {
    const name = input({ value: c.name, required: true, maxlength: 100 });
    await formDialog({
      title: t('connections.rename'),
      action: t('save'),
      fields: field(t('connections.name'), name, { name: 'name' }),
      run: () => change({ name: name.value.trim() }, t('saved')),
    });
  };
  const pause = () =>
    change(
      { paused: true },
      t('connections.paused'),
      safe(async () => {
        const fresh = await send('PATCH', path, { paused: false });
        draw(fresh.data, fresh.etag);
      }),
    );
  return [
    button(t('connections.rename'), { kind: 'quiet', run: rename }),
    c.state === 'active'
      ? button(t('connections.pause'), { icon: 'pause', run: safe(pause) })
      : c.state === 'paused'
        ? button(t('connections.resume'), { icon: 'play', run: safe(() => change({ paused: false }, t('connections.resumed'))) })
        : null,
    c.kind === 'marketplace' ? button(t('connections.check'), { icon: 'retry', kind: 'main', run: check }) : null,
  ];
}

/** @param {Connection} c */
function reconnect(c) {
  return button(t('connections.again'), {
    icon: 'connections',
    run: async () => {
      try {
        const { data } = await send('POST', '/v1/connections', { channel: c.channel, login: c.login }, { key: newKey() });
        remember(data.state);
        location.assign(data.consent_url);
      } catch (e) {
        complain(e);
      }
    },
  });
}

/** @param {Connection} c */
function orders(c) {
  const place = h('div', { class: 'bare' });
  connections()
    .then((all) => put(place, intake(c, all)))
    .catch(() => {});
  return place;
}

/** @param {Connection} c */
export function health(c) {
  if (c.kind === 'checkout') return null;
  const checks = c.checks.map((x) =>
    h(
      'li',
      { class: 'check-line' },
      icon(x.ok ? 'check' : 'alert', x.ok ? 'good' : 'bad'),
      h(
        'div',
        { class: 'grow' },
        h('p', { class: 'strong' }, word('check', x.name), h('span', { class: 'said' }, ': ', x.ok ? t('yes') : t('no'))),
        h('p', { class: 'small soft break', dir: 'auto' }, x.message),
        !x.ok && x.fix ? h('p', { class: 'small', dir: 'auto' }, x.fix) : null,
      ),
    ),
  );
  return card(
    t('connections.health'),
    h(
      'div',
      { class: 'stack' },
      checks.length > 0 ? h('ul', { class: 'stack' }, checks) : h('p', { class: 'soft' }, t('connections.unchecked')),
      c.checked_at ? h('p', { class: 'tiny faint' }, t('connections.checked'), ' ', when(c.checked_at)) : null,
    ),
  );
}

/** @param {Connection} c */
function can(c) {
  if (c.kind === 'checkout') return card(t('connections.can'), h('p', { class: 'soft' }, t('connections.checkout.text')));
  const lacking = Object.entries(c.missing);
  return card(
    t('connections.can'),
    h(
      'ul',
      { class: 'stack close' },
      c.abilities.map((a) => h('li', { class: 'line' }, icon('check', 'good'), word('ability', a))),
      lacking.map(([a, why]) =>
        h(
          'li',
          { class: 'line top nowrap' },
          icon('close', 'faint'),
          h('span', { class: 'grow' }, word('ability', a), h('span', { class: 'small soft', dir: 'auto' }, ' – ', why)),
        ),
      ),
    ),
  );
}

/** @param {Connection} c */
function details(c) {
  return card(t('connections.details'), [
    facts([
      [t('context.channel'), c.kind === 'checkout' ? t('connections.kind.checkout') : badge(c.channel, true)],
      [t('connections.shop'), c.shop_name],
      [t('connections.remote'), c.remote_id ? h('span', { class: 'mono break' }, c.remote_id) : null],
      [t('settings.currency'), c.currency],
      [t('connections.consentends'), known(c.consent_ends_at) ? day(new Date(/** @type {string} */ (c.consent_ends_at))) : null],
      [t('connections.since'), stamp(new Date(c.created_at))],
      [t('connections.notarget'), c.no_target],
    ]),
    h(
      'div',
      { class: 'line card-end' },
      linkButton(t('settings.account'), `/settings?account=${encodeURIComponent(c.id)}`, { icon: 'settings' }),
    ),
  ]);
}

/** @param {Connection} c @param {string} path @param {(c: Connection, etag?: string) => void} draw */
function addresses(c, path, draw) {
  const one = (/** @type {string} */ name, /** @type {string | undefined} */ value) =>
    value
      ? h(
          'div',
          { class: 'field' },
          h('p', { class: 'strong small' }, t(`connections.${name}`)),
          copyable(value, t(`connections.${name}`)),
          h('p', { class: 'hint' }, t(`connections.${name}.hint`)),
        )
      : null;
  if (!c.checkout_url && !c.feed_url && !c.inbound_key) return null;
  return card(
    t('connections.addresses'),
    h(
      'div',
      { class: 'stack' },
      one('checkout_url', c.checkout_url),
      one('feed_url', c.feed_url),
      fillCatalog(c, path, draw),
      one('inbound_key', c.inbound_key),
      one('inbound_url', c.inbound_url),
      one('shopify_url', c.shopify_url),
      one('woocommerce_url', c.woocommerce_url),
    ),
  );
}

/** How the catalog is filled, where that can be chosen. @param {Connection} c @param {string} path @param {(c: Connection, etag?: string) => void} draw */
function fillCatalog(c, path, draw) {
  if (!c.catalog) return null;
  const next = c.catalog === 'feed' ? 'api' : 'feed';
  const change = async () => {
    const words = t(`connections.catalog.to.${next}`);
    if (!(await confirm({ title: words, text: h('p', null, t(`connections.catalog.to.${next}.text`)), action: words }))) return;
    try {
      const fresh = await send('PATCH', path, { catalog: next });
      forgetConnections();
      draw(fresh.data, fresh.etag);
      toast(t('saved'));
    } catch (e) {
      complain(e);
    }
  };
  return h(
    'div',
    { class: 'field' },
    h('p', { class: 'strong small' }, t('connections.catalog')),
    h('p', { class: 'small' }, t(`connections.catalog.${c.catalog}`)),
    h('div', null, button(t(`connections.catalog.to.${next}`), { run: change })),
  );
}

/** @param {Connection} c @param {string} path what signs the orders of a checkout */
function secrets(c, path) {
  const key = c.inbound_key;
  if (!key) return null;
  const renew = async () => {
    if (!(await confirm({ title: t('secrets.renew'), text: h('p', null, t('secrets.renew.text')), action: t('secrets.renew') }))) return;
    try {
      const { data } = await send('POST', `${path}/secrets`, {}, { key: newKey() });
      await secretDialog(key, data.secret);
    } catch (e) {
      complain(e);
    }
  };
  const enter = async () => {
    const secret = input({ required: true, minlength: 16, maxlength: 200, spellcheck: 'false', dir: 'ltr' });
    await formDialog({
      title: t('secrets.enter'),
      action: t('save'),
      fields: field(t('secret.secret'), secret, { name: 'secret', hint: t('secrets.enter.hint') }),
      run: async () => {
        await send('POST', `${path}/secrets`, { secret: secret.value.trim() }, { key: newKey() });
        toast(t('saved'));
      },
    });
  };
  return card(
    t('secrets.title'),
    h(
      'div',
      { class: 'stack' },
      h('p', { class: 'small soft' }, t('secrets.text')),
      h('div', { class: 'line' }, button(t('secrets.enter'), { run: enter }), button(t('secrets.renew'), { run: renew })),
    ),
  );
}

/** @param {Connection} c @param {string} path */
function disconnectCard(c, path) {
  return card(
    t('connections.disconnect'),
    h(
      'div',
      { class: 'stack' },
      h('p', { class: 'small soft' }, t('connections.disconnect.text')),
      h(
        'div',
        null,
        button(t('connections.disconnect'), {
          kind: 'bad',
          run: async () => {
            if (
              !(await confirm({
                title: t('connections.disconnect.title', { name: c.name }),
                text: h('p', null, t('connections.disconnect.text')),
                action: t('connections.disconnect'),
              }))
            )
              return;
            try {
              await send('DELETE', path);
              forgetConnections();
              toast(t('connections.disconnected'));
              go('/connections');
            } catch (e) {
              complain(e);
            }
          },
        }),
      ),
    ),
  );
}
