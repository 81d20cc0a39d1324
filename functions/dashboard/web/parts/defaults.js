// What fills the gaps of products, for the workspace or one account.
import { h } from '../dom.js';
import { t } from '../messages.js';
import { checkbox, field, input, select } from './control.js';

/** @typedef {{name: string, kind: 'text'|'number'|'choice', max?: number, values?: string[]}} Default */

/** @type {{group: string, fields: Default[]}[]} */
const groups = [
  {
    group: 'publish',
    fields: [
      { name: 'publish', kind: 'choice', values: ['draft', 'live'] },
      { name: 'renew', kind: 'choice', values: ['never', 'auto'] },
      { name: 'product_url', kind: 'text', max: 500 },
      { name: 'currency', kind: 'text', max: 3 },
    ],
  },
  {
    group: 'product',
    fields: [
      { name: 'category', kind: 'text', max: 200 },
      { name: 'brand', kind: 'text', max: 100 },
      { name: 'condition', kind: 'choice', values: ['new', 'refurbished', 'used'] },
      { name: 'who_made', kind: 'choice', values: ['i_did', 'someone_else', 'collective'] },
      { name: 'when_made', kind: 'text', max: 40 },
    ],
  },
  {
    group: 'package',
    fields: [
      { name: 'grams', kind: 'number', max: 1000000 },
      { name: 'length_mm', kind: 'number', max: 100000 },
      { name: 'width_mm', kind: 'number', max: 100000 },
      { name: 'height_mm', kind: 'number', max: 100000 },
    ],
  },
  {
    group: 'profiles',
    fields: [
      { name: 'shipping_profile', kind: 'text', max: 100 },
      { name: 'return_policy', kind: 'text', max: 100 },
      { name: 'processing_profile', kind: 'text', max: 100 },
      { name: 'warehouse', kind: 'text', max: 100 },
    ],
  },
];

/**
 * @param {Record<string, any>} values
 * @param {Record<string, any> | null} inherited what holds where nothing is said; null where there is nothing above
 * @returns {{el: HTMLElement, whole: () => Record<string, any>, patch: () => Record<string, any>}}
 */
export function defaultsForm(values, inherited) {
  const inputs = new Map();
  const make = (/** @type {Default} */ f) => {
    const el = control(f, values[f.name], inherited?.[f.name]);
    inputs.set(f.name, { f, el });
    return field(t(`defaults.${f.name}`), el, { name: inherited ? `defaults.${f.name}` : f.name, hint: hint(f.name) });
  };
  const supply = checkbox(t('defaults.is_supply'), values.is_supply === true);
  const el = h(
    'div',
    { class: 'stack' },
    groups.map((g) =>
      h(
        'fieldset',
        { class: 'stack close' },
        h('legend', { class: 'strong' }, t(`defaults.group.${g.group}`)),
        h('div', { class: 'pairs' }, g.fields.map(make)),
        g.group === 'product' ? supply : null,
      ),
    ),
  );
  const read = () => {
    /** @type {Record<string, any>} */
    const out = {};
    for (const [name, { f, el: i }] of inputs) out[name] = value(f, i);
    out.is_supply = supply.querySelector('input')?.checked || null;
    return out;
  };
  return {
    el,
    whole: () => ({
      ...(values.categories ? { categories: values.categories } : {}),
      ...Object.fromEntries(Object.entries(read()).filter(([, v]) => v !== null)),
    }),
    patch: () => Object.fromEntries(Object.entries(read()).filter(([name, v]) => v !== (values[name] || null))),
  };
}

/** @param {Default} f @param {any} now @param {any} above */
function control(f, now, above) {
  if (f.kind === 'choice') {
    const none = above ? t('defaults.inherit', { value: t(`defaults.${f.name}.${above}`) }) : t('defaults.unset');
    return select(
      [['', none], ...(f.values ?? []).map((v) => /** @type {[string, string]} */ ([v, t(`defaults.${f.name}.${v}`)]))],
      now ?? '',
    );
  }
  const placeholder = above ? String(above) : undefined;
  if (f.kind === 'number')
    return input({
      type: 'number',
      min: 0,
      max: f.max,
      step: 1,
      value: now || '',
      placeholder,
      inputmode: 'numeric',
      dir: 'ltr',
      class: 'input num',
    });
  return input({ value: now ?? '', maxlength: f.max, placeholder, dir: f.name === 'product_url' ? 'ltr' : 'auto' });
}

/** @param {string} name */
function hint(name) {
  const text = t(`defaults.${name}.hint`);
  return text.startsWith('defaults.') ? null : text;
}

/** @param {Default} f @param {HTMLInputElement | HTMLSelectElement} el @returns {string | number | null} null where nothing is said */
function value(f, el) {
  const text = el.value.trim();
  if (text === '') return null;
  if (f.kind === 'number') return Number(text);
  return f.name === 'currency' ? text.toUpperCase() : text;
}
