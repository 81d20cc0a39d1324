// One product: its texts, prices and pictures, and how it fares on each channel.
import { h, on, put, redraw } from '../dom.js';
import { t } from '../messages.js';
import { Problem, get, isAbort, newKey, send } from '../api.js';
import { shortcut } from '../keys.js';
import { go, goBack } from '../router.js';
import { me } from '../session.js';
import { heading } from '../parts/page.js';
import { bones, complain, failed } from '../parts/note.js';
import { busy, button } from '../parts/control.js';
import { chip } from '../parts/chip.js';
import { confirm, showTrouble } from '../parts/dialog.js';
import { toast } from '../parts/toast.js';
import { forget } from '../parts/list.js';
import { productForm } from '../parts/productform.js';
import { listingsCard, stockCard } from '../parts/productside.js';
import { card } from '../parts/page.js';

/** @typedef {import('../types.js').Product} Product */

const back = { href: '/catalog', text: t('nav.catalog') };

/** @param {import('../router.js').Page} page @returns {import('../router.js').Shown} */
export default function show({ root, params, signal }) {
  const fresh = params.id === 'new';
  /** @type {{dirty: boolean}} */
  const state = { dirty: false };
  if (fresh) draw(root, blank(), '', signal, state);
  else void load(root, params.id, signal, state);
  on(
    'beforeunload',
    globalThis,
    (e) => {
      if (state.dirty) e.preventDefault();
    },
    signal,
  );
  shortcut(
    {
      keys: 'mod+s',
      group: 'page',
      label: t('save'),
      typing: true,
      run: () => /** @type {HTMLFormElement | null} */ (root.querySelector('form.product'))?.requestSubmit(),
    },
    signal,
  );
  shortcut({ keys: 'u', group: 'page', label: t('keys.back'), run: () => goBack('/catalog') }, signal);
  return { leave: () => !state.dirty || globalThis.confirm(t('product.unsaved')) };
}

/** @returns {Product} */
function blank() {
  return /** @type {any} */ ({
    id: '',
    handle: '',
    title: '',
    description: '',
    tags: [],
    options: [],
    images: [],
    overrides: {},
    channels: [],
    version: 0,
    variants: [{ id: '', sku: '', price: { amount: 0, currency: me().currency } }],
  });
}

/** @param {HTMLElement} root @param {string} id @param {AbortSignal} signal @param {{dirty: boolean}} state */
async function load(root, id, signal, state) {
  put(root, heading(t('product.loading'), { back }), h('div', { class: 'columns' }, card('', bones(8)), card('', bones(4))));
  try {
    const { data, etag } = await get(`/v1/products/${encodeURIComponent(id)}`, { signal });
    if (!signal.aborted) draw(root, data, etag, signal, state);
  } catch (e) {
    if (!isAbort(e))
      put(
        root,
        heading(t('product.title'), { back }),
        failed(e, () => load(root, id, signal, state)),
      );
  }
}

/** @param {HTMLElement} root @param {Product} p @param {string} etag @param {AbortSignal} signal @param {{dirty: boolean}} state */
function draw(root, p, etag, signal, state) {
  state.dirty = false;
  const path = `/v1/products/${encodeURIComponent(p.id)}`;
  const form = productForm(p);
  const trouble = h('div', { role: 'alert' });
  const save = button(p.id ? t('save') : t('product.create'), {
    kind: 'main',
    type: 'submit',
    key: 'Control+S Meta+S',
    disabled: p.id !== '',
  });
  const el = h('form', { class: 'product stack', id: 'product', novalidate: true }, trouble, form.el);
  save.setAttribute('form', 'product');
  const touched = () => {
    state.dirty = form.changed();
    save.disabled = p.id !== '' && !state.dirty;
  };
  on('input', el, touched);
  on('change', el, touched);
  on('submit', el, (e) => {
    e.preventDefault();
    void busy(save, async () => {
      put(trouble);
      try {
        const done = await store(p, etag, form.read());
        state.dirty = false;
        forget('/v1/products');
        toast(t(p.id ? 'product.saved' : 'product.created'));
        if (p.id) draw(root, done.data, done.etag, signal, state);
        else go(`/catalog/${encodeURIComponent(done.data.id)}`, { replace: true });
      } catch (err) {
        showTrouble(el, trouble, err);
        trouble.scrollIntoView({ block: 'nearest' });
        if (err instanceof Problem && err.status === 412)
          trouble.append(button(t('product.reload'), { icon: 'retry', run: () => load(root, p.id, signal, state) }));
      }
    });
  });
  const side = p.id
    ? [listingsCard(p.id, signal), stockCard(p, signal)]
    : [card(t('product.next'), h('p', { class: 'soft' }, t('product.next.text')))];
  redraw(
    root,
    heading(p.id ? p.title : t('product.new'), {
      back,
      beside: p.archived ? chip(t('product.archived')) : null,
      actions: [p.id ? archiveButton(p, path, () => load(root, p.id, signal, state)) : null, save],
    }),
    h('div', { class: 'columns product-columns' }, el, h('div', { class: 'stack' }, side)),
  );
  if (!p.id) /** @type {HTMLElement | null} */ (el.querySelector('input'))?.focus();
}

/** @param {Product} p @param {string} etag @param {Record<string, any>} body */
function store(p, etag, body) {
  if (!p.id) return send('POST', '/v1/products', body, { key: newKey() });
  return send('PATCH', `/v1/products/${encodeURIComponent(p.id)}`, body, { etag, type: 'application/merge-patch+json' });
}

/** @param {Product} p @param {string} path @param {() => unknown} again */
function archiveButton(p, path, again) {
  const bring = async () => {
    try {
      await send('PATCH', path, { archived: false });
      await again();
      toast(t('product.back'));
    } catch (e) {
      complain(e);
    }
  };
  if (p.archived) return button(t('product.bring'), { icon: 'retry', run: bring });
  return button(t('product.take'), {
    run: async () => {
      if (
        !(await confirm({
          title: t('product.take.title', { title: p.title }),
          text: h('p', null, t('product.take.text')),
          action: t('product.take'),
        }))
      )
        return;
      try {
        await send('DELETE', path);
        forget('/v1/products');
        await again();
        toast(t('product.taken'), { undo: bring });
      } catch (e) {
        complain(e);
      }
    },
  });
}
