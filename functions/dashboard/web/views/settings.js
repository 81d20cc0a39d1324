// Settings: the workspace, and what fills the gaps of products.
import { h, on, put } from '../dom.js';
import { t, word } from '../messages.js';
import { get, isAbort, send } from '../api.js';
import { connections, forgetConnections, me, meTag, moveTag, setMe } from '../session.js';
import { card, heading } from '../parts/page.js';
import { tabs } from '../parts/filter.js';
import { bones, failed, note } from '../parts/note.js';
import { busy, button, clearErrors, field, input, select } from '../parts/control.js';
import { showTrouble } from '../parts/dialog.js';
import { toast } from '../parts/toast.js';
import { defaultsForm } from '../parts/defaults.js';
import { setTheme } from '../parts/shell.js';

/** @param {import('../router.js').Page} page */
export default function show({ root, query: q, signal }) {
  const account = q.get('account') ?? '';
  const scopes = h('div', null);
  const body = h('div', { class: 'stack' });
  put(root, heading(t('settings.title')), scopes, body);
  const drawTabs = (/** @type {{name: string, text: string, href: string}[]} */ accounts) =>
    put(scopes, tabs(t('settings.scopes'), [{ name: '', text: t('settings.workspace'), href: '/settings' }, ...accounts], account));
  drawTabs([]);
  connections()
    .then((all) =>
      drawTabs(
        all
          .filter((c) => c.kind === 'marketplace')
          .map((c) => ({ name: c.id, text: c.name, foreign: true, href: `/settings?account=${encodeURIComponent(c.id)}` })),
      ),
    )
    .catch(() => {});
  if (account) void accountSettings(body, account, signal);
  else {
    const tag = { defaults: '' };
    const defaults = h('div', null, card(t('defaults.title'), bones(8)));
    put(body, workspaceCard(tag), pageCard(), defaults);
    void workspaceDefaults(defaults, tag, signal);
  }
}

/** @returns {string[]} */
function zones() {
  return /** @type {any} */ (Intl).supportedValuesOf?.('timeZone') ?? [];
}

/** @param {{defaults: string}} tag the version of the defaults beside it */
function workspaceCard(tag) {
  const m = me();
  const name = input({ value: m.name, required: true, maxlength: 100 });
  const zone = input({ value: m.time_zone, required: true, list: 'zones', dir: 'ltr', spellcheck: 'false' });
  const currency = input({
    value: m.currency,
    required: true,
    pattern: '[A-Za-z]{3}',
    maxlength: 3,
    dir: 'ltr',
    class: 'input mono upper',
    list: 'currencies',
  });
  return form(
    t('settings.workspace'),
    [
      h(
        'div',
        { class: 'pairs' },
        field(t('settings.name'), name, { name: 'name' }),
        field(t('settings.zone'), zone, { name: 'time_zone', hint: t('settings.zone.hint') }),
        field(t('settings.currency'), currency, { name: 'currency', hint: t('settings.currency.hint') }),
      ),
      h(
        'datalist',
        { id: 'zones' },
        zones().map((z) => h('option', { value: z })),
      ),
      h(
        'datalist',
        { id: 'currencies' },
        ['EUR', 'USD', 'GBP', 'AZN', 'AMD', 'IRR', 'TRY', 'SEK', 'JPY'].map((c) => h('option', { value: c })),
      ),
    ],
    async () => {
      const { data, etag } = await send(
        'PATCH',
        '/v1/me',
        { name: name.value.trim(), time_zone: zone.value.trim(), currency: currency.value.trim().toUpperCase() },
        { etag: meTag() },
      );
      if (tag.defaults === meTag()) tag.defaults = etag;
      setMe(data, etag);
      const brand = document.querySelector('.brand span');
      if (brand) brand.textContent = data.name;
    },
  );
}

function pageCard() {
  const theme = select(
    ['system', 'light', 'dark'].map((x) => [x, t(`theme.${x}`)]),
    document.documentElement.dataset.theme ?? 'system',
    { onchange: (/** @type {Event} */ e) => setTheme(/** @type {HTMLSelectElement} */ (e.target).value) },
  );
  return card(t('settings.page'), h('div', { class: 'pairs' }, field(t('settings.theme'), theme, { hint: t('settings.theme.hint') })));
}

/**
 * A card with a form that saves.
 * @param {string} title
 * @param {import('../dom.js').Child} fields
 * @param {() => Promise<unknown>} save
 */
function form(title, fields, save) {
  const go = button(t('save'), { kind: 'main', type: 'submit' });
  const trouble = h('div', { role: 'alert' });
  const el = h('form', { class: 'stack' }, trouble, /** @type {any} */ (fields), h('div', { class: 'line' }, go));
  on('submit', el, (e) => {
    e.preventDefault();
    void busy(go, async () => {
      put(trouble);
      try {
        await save();
        clearErrors(el);
        toast(t('saved'));
      } catch (err) {
        showTrouble(el, trouble, err);
      }
    });
  });
  return card(title, el);
}

/** @param {HTMLElement} place @param {{defaults: string}} tag @param {AbortSignal} signal */
async function workspaceDefaults(place, tag, signal) {
  try {
    const { data, etag } = await get('/v1/defaults', { signal });
    tag.defaults = etag;
    const fields = defaultsForm(data, null);
    put(
      place,
      form(t('defaults.title'), [h('p', { class: 'soft' }, t('defaults.text')), fields.el], async () => {
        const saved = await send('PUT', '/v1/defaults', fields.whole(), { etag: tag.defaults });
        moveTag(tag.defaults, saved.etag);
        tag.defaults = saved.etag;
      }),
    );
  } catch (e) {
    if (!isAbort(e))
      put(
        place,
        card(
          t('defaults.title'),
          failed(e, () => workspaceDefaults(place, tag, signal)),
        ),
      );
  }
}

/** @param {HTMLElement} body @param {string} id @param {AbortSignal} signal */
async function accountSettings(body, id, signal) {
  put(body, card(t('defaults.title'), bones(8)));
  const path = `/v1/connections/${encodeURIComponent(id)}`;
  try {
    const [account, space] = await Promise.all([get(path, { signal }), get('/v1/defaults', { signal })]);
    let etag = account.etag;
    const c = account.data;
    const fields = defaultsForm(c.defaults, space.data);
    put(
      body,
      c.no_target ? note('info', h('p', { dir: 'auto' }, c.no_target)) : null,
      form(
        t('defaults.of', { name: c.name }),
        [h('p', { class: 'soft' }, t('defaults.account.text', { channel: word('channel', c.channel) })), fields.el],
        async () => {
          etag = (await send('PATCH', path, { defaults: fields.patch() }, { etag })).etag;
          forgetConnections();
        },
      ),
    );
  } catch (e) {
    if (!isAbort(e))
      put(
        body,
        failed(e, () => accountSettings(body, id, signal)),
      );
  }
}
