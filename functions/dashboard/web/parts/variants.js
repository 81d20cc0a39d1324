// The variants of a product: options, SKU, price.
import { h, put } from '../dom.js';
import { t } from '../messages.js';
import { Problem } from '../api.js';
import { decimal, parseAmount } from '../format.js';
import { me } from '../session.js';
import { button, field, input } from './control.js';
import { formDialog } from './dialog.js';

/** @typedef {import('../types.js').Product} Product */
/** @typedef {import('../types.js').Variant} Variant */
/** @typedef {{variant: Variant, price: string, quantity: string}} Row price and quantity as typed */

/** @param {Product} p */
export function variantTable(p) {
  let options = [...(p.options ?? [])];
  const currency = p.variants[0]?.price.currency || me().currency;
  /** @type {Row[]} */
  let rows = p.variants.map((v) => ({ variant: structuredClone(v), price: v.id ? decimal(v.price) : '', quantity: '' }));
  const el = h('div', null);
  const touch = () => el.dispatchEvent(new Event('input', { bubbles: true }));
  const cell = (/** @type {string} */ label, /** @type {string} */ value, /** @type {(v: string) => void} */ set, props = {}) =>
    h(
      'td',
      null,
      input({
        value,
        'aria-label': label,
        oninput: (/** @type {Event} */ e) => set(/** @type {HTMLInputElement} */ (e.target).value),
        ...props,
      }),
    );
  const remove = (/** @type {Row} */ r) => {
    rows = rows.filter((x) => x !== r);
    draw();
    touch();
  };
  const line = (/** @type {Row} */ r, /** @type {number} */ i) =>
    h(
      'tr',
      { 'data-field': `variants[${i}].sku` },
      options.map((o) =>
        cell(
          t('variant.option', { option: o, n: i + 1 }),
          r.variant.options?.[o] ?? '',
          (v) => {
            r.variant.options = { ...r.variant.options, [o]: v };
          },
          { maxlength: 200 },
        ),
      ),
      cell(
        t('variant.sku.n', { n: i + 1 }),
        r.variant.sku,
        (v) => {
          r.variant.sku = v;
        },
        { maxlength: 100, class: 'input mono', dir: 'ltr', spellcheck: 'false' },
      ),
      cell(
        t('variant.price.n', { n: i + 1 }),
        r.price,
        (v) => {
          r.price = v;
        },
        { inputmode: 'decimal', class: 'input num end', dir: 'ltr' },
      ),
      cell(
        t('variant.barcode.n', { n: i + 1 }),
        r.variant.barcode ?? '',
        (v) => {
          r.variant.barcode = v || undefined;
        },
        { maxlength: 50, class: 'input mono', dir: 'ltr' },
      ),
      cell(
        t('variant.grams.n', { n: i + 1 }),
        String(r.variant.grams || ''),
        (v) => {
          r.variant.grams = Number(v) || undefined;
        },
        { type: 'number', min: 0, max: 1000000, inputmode: 'numeric', class: 'input num end', dir: 'ltr' },
      ),
      r.variant.id
        ? h('td', { class: 'faint small end' }, t('variant.inledger'))
        : cell(
            t('variant.quantity.n', { n: i + 1 }),
            r.quantity,
            (v) => {
              r.quantity = v;
            },
            { type: 'number', min: 0, inputmode: 'numeric', class: 'input num end', dir: 'ltr' },
          ),
      h(
        'td',
        null,
        rows.length > 1
          ? button('', { icon: 'trash', kind: 'quiet', label: t('variant.remove', { sku: r.variant.sku }), run: () => remove(r) })
          : null,
      ),
    );
  const draw = () =>
    put(
      el,
      h(
        'div',
        { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': t('product.variants') },
        h(
          'table',
          { class: 'variants' },
          h(
            'thead',
            null,
            h(
              'tr',
              null,
              options.map((o) => h('th', { scope: 'col', dir: 'auto' }, o)),
              h('th', { scope: 'col' }, t('variant.sku')),
              h('th', { scope: 'col', class: 'end' }, t('variant.price', { currency })),
              h('th', { scope: 'col' }, t('variant.barcode')),
              h('th', { scope: 'col', class: 'end' }, t('variant.grams')),
              h('th', { scope: 'col', class: 'end' }, t('variant.quantity')),
              h('th', { scope: 'col' }, h('span', { class: 'said' }, t('variant.actions'))),
            ),
          ),
          h('tbody', null, rows.map(line)),
        ),
      ),
      h(
        'div',
        { class: 'line card-foot' },
        button(t('variant.add'), { icon: 'plus', run: add }),
        options.length < 3 ? button(t('variant.addoption'), { kind: 'quiet', icon: 'plus', run: addOption }) : null,
      ),
    );
  const add = () => {
    rows = [
      ...rows,
      { variant: { id: '', sku: '', price: { amount: 0, currency }, options: {} }, price: rows.at(-1)?.price ?? '', quantity: '' },
    ];
    draw();
    touch();
    /** @type {HTMLElement | null} */ (el.querySelector('tbody tr:last-child input'))?.focus();
  };
  const addOption = async () => {
    const name = input({ required: true, maxlength: 100 });
    await formDialog({
      title: t('variant.addoption'),
      action: t('variant.addoption'),
      fields: [field(t('variant.option.name'), name, { hint: t('variant.option.hint') })],
      run: async () => {
        if (!options.includes(name.value.trim())) options = [...options, name.value.trim()];
      },
    });
    draw();
    touch();
  };
  draw();
  return { el, options: () => options, value: () => rows.map((r) => wish(r, currency, options)) };
}

/** @param {Row} r @param {string} currency @param {string[]} options @returns {any} as the API takes it; what is no amount stays as typed, so that the change is seen */
function wish(r, currency, options) {
  const v = r.variant;
  const amount = parseAmount(r.price, currency);
  return {
    id: v.id || undefined,
    sku: v.sku.trim(),
    price: amount === null ? { amount: r.price, currency } : { amount, currency },
    barcode: v.barcode,
    grams: v.grams,
    image: v.image,
    options: options.length > 0 ? Object.fromEntries(options.map((o) => [o, v.options?.[o] ?? '']).filter(([, x]) => x !== '')) : undefined,
    quantity: r.quantity === '' ? undefined : Number(r.quantity),
  };
}

/** Refuses a price that is none before it is sent. @param {any[]} variants */
export function checkPrices(variants) {
  const bad = variants.find((v) => typeof v.price.amount !== 'number');
  if (bad) throw new Problem(0, { detail: t('variant.noprice', { price: String(bad.price.amount), sku: bad.sku }) });
}
