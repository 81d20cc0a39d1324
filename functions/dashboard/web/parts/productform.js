// The form of a product. It knows what was changed and sends only that.
import { h, on, put } from '../dom.js';
import { t, word } from '../messages.js';
import { channels } from '../session.js';
import { card } from './page.js';
import { button, checkbox, field, input, textarea } from './control.js';
import { badge } from './chip.js';
import { icon } from './icon.js';
import { picture } from './picture.js';
import { checkPrices, variantTable } from './variants.js';

/** @typedef {import('../types.js').Product} Product */
/** @typedef {{el: Element, value: () => any}} Editor */

/** @param {string} text with commas @returns {string[]} */
function words(text) {
  return text
    .split(/[,،\n]/)
    .map((s) => s.trim())
    .filter(Boolean);
}

/**
 * @param {Product} p
 * @returns {{el: HTMLElement, changed: () => boolean, read: () => Record<string, any>}}
 */
export function productForm(p) {
  const title = input({ value: p.title, maxlength: 500, required: true });
  const description = textarea({ value: p.description, rows: 8 });
  const tags = input({ value: (p.tags ?? []).join(', ') });
  const materials = input({ value: (p.materials ?? []).join(', ') });
  const brand = input({ value: p.brand ?? '', maxlength: 100 });
  const category = input({ value: p.category ?? '', maxlength: 200 });
  const handle = input({ value: p.handle, maxlength: 200, class: 'input mono', dir: 'ltr' });
  const images = imageList(p.images ?? []);
  const variants = variantTable(p);
  const where = channelChoice(p.channels ?? []);
  const overrides = overrideForm(p.overrides ?? {});
  /** @type {Record<string, () => any>} */
  const fields = {
    title: () => title.value.trim(),
    description: () => description.value,
    tags: () => words(tags.value),
    materials: () => words(materials.value),
    brand: () => brand.value.trim(),
    category: () => category.value.trim(),
    handle: () => handle.value.trim(),
    images: images.value,
    options: variants.options,
    variants: variants.value,
    channels: where.value,
    overrides: overrides.value,
  };
  const before = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, JSON.stringify(value())]));
  const changed = () => Object.entries(fields).filter(([name, value]) => JSON.stringify(value()) !== before[name]);
  const el = h(
    'div',
    { class: 'stack' },
    card(
      t('product.texts'),
      h(
        'div',
        { class: 'stack' },
        field(t('product.name'), title, { name: 'title', counter: { max: titleMax() } }),
        field(t('product.description'), description, { name: 'description', counter: { max: descriptionMax() } }),
        h(
          'div',
          { class: 'pairs' },
          field(t('product.tags'), tags, { name: 'tags', hint: t('product.commas') }),
          field(t('product.materials'), materials, { name: 'materials', hint: t('product.commas') }),
          field(t('product.brand'), brand, { name: 'brand' }),
          field(t('product.category'), category, { name: 'category' }),
          field(t('product.handle'), handle, { name: 'handle', hint: p.id ? null : t('product.handle.hint') }),
        ),
      ),
    ),
    card(t('product.images'), images.el),
    card(t('product.variants'), variants.el, { flush: true }),
    card(t('product.where'), h('div', { class: 'stack' }, where.el, overrides.el)),
  );
  return {
    el,
    changed: () => changed().length > 0,
    read: () => {
      const all = p.id ? changed() : Object.entries(fields);
      const body = Object.fromEntries(all.map(([name, value]) => [name, value()]));
      if (body.variants) checkPrices(body.variants);
      if (!p.id)
        for (const [name, value] of Object.entries(body))
          if (value === '' || (typeof value === 'object' && Object.keys(value).length === 0)) delete body[name];
      // In a merge patch an override stays unless it is said to go.
      if (p.id && body.overrides)
        for (const name of Object.keys(p.overrides ?? {})) body.overrides[name] = goneAsNull(p.overrides?.[name], body.overrides[name]);
      return body;
    },
  };
}

/** @param {Record<string, any>} before @param {Record<string, any> | undefined} after */
function goneAsNull(before, after) {
  if (!after) return null;
  return {
    ...Object.fromEntries(
      Object.keys(before)
        .filter((k) => !(k in after))
        .map((k) => [k, null]),
    ),
    ...after,
  };
}

/** The strictest limit of the channels is what a text should keep to. @returns {number | undefined} */
function titleMax() {
  return least(channels().map((c) => c.limits.title_max));
}

function descriptionMax() {
  return least(channels().map((c) => c.limits.description_max));
}

/** @param {(number | undefined)[]} all */
function least(all) {
  const some = all.filter((n) => n !== undefined && n > 0);
  return some.length ? Math.min(.../** @type {number[]} */ (some)) : undefined;
}

/** @param {{url: string, alt?: string}[]} start */
function imageList(start) {
  let images = start.map((i) => ({ ...i }));
  const rows = h('ul', { class: 'images' });
  const url = input({ type: 'url', maxlength: 2000, dir: 'ltr', placeholder: 'https://', 'aria-label': t('product.image.url') });
  const touch = () => rows.dispatchEvent(new Event('input', { bubbles: true }));
  const draw = () =>
    put(
      rows,
      images.map((image, i) =>
        h(
          'li',
          { class: 'image-row' },
          picture(image.url, image.alt ?? ''),
          h(
            'div',
            { class: 'grow stack close' },
            h('p', { class: 'small mono cut', dir: 'ltr', title: image.url }, image.url),
            input({
              value: image.alt ?? '',
              maxlength: 500,
              placeholder: t('product.image.alt'),
              'aria-label': t('product.image.alt'),
              oninput: (/** @type {Event} */ e) => {
                image.alt = /** @type {HTMLInputElement} */ (e.target).value || undefined;
              },
            }),
          ),
          i > 0
            ? button('', {
                icon: 'drag',
                kind: 'quiet',
                label: t('product.image.first'),
                run: () => {
                  images = [image, ...images.filter((x) => x !== image)];
                  draw();
                  touch();
                },
              })
            : null,
          button('', {
            icon: 'trash',
            kind: 'quiet',
            label: t('product.image.remove'),
            run: () => {
              images = images.filter((x) => x !== image);
              draw();
              touch();
            },
          }),
        ),
      ),
    );
  const add = () => {
    if (!/^https?:\/\/\S+$/.test(url.value.trim())) return url.reportValidity();
    images = [...images, { url: url.value.trim() }];
    url.value = '';
    draw();
    touch();
  };
  on('keydown', url, (e) => {
    if (e.key !== 'Enter') return;
    e.preventDefault();
    add();
  });
  draw();
  return {
    el: h(
      'div',
      { class: 'stack' },
      rows,
      h('div', { class: 'line nowrap', 'data-field': 'images' }, url, button(t('product.image.add'), { icon: 'plus', run: add })),
    ),
    value: () => images,
  };
}

/** @param {string[]} chosen none means all */
function channelChoice(chosen) {
  const all = channels().map((c) => c.channel);
  const boxes = all.map((name) => checkbox(word('channel', name), chosen.length === 0 || chosen.includes(name), { value: name }));
  const el = h(
    'fieldset',
    { class: 'stack close' },
    h('legend', { class: 'small soft' }, t('product.channels.hint')),
    h('div', { class: 'line' }, boxes),
  );
  return {
    el,
    value: () => {
      const on_ = boxes.filter((b) => b.querySelector('input')?.checked).map((b) => b.querySelector('input')?.value);
      return on_.length === all.length ? [] : on_;
    },
  };
}

/** Title, description and tags that are other on one channel. @param {Record<string, any>} start */
function overrideForm(start) {
  const parts = channels().map(({ channel, limits }) => {
    const old = start[channel] ?? {};
    const title = input({ value: old.title ?? '', maxlength: 500 });
    const description = textarea({ value: old.description ?? '', rows: 3 });
    const tags = input({ value: (old.tags ?? []).join(', ') });
    const value = () => {
      const rest = { ...old, title: title.value.trim(), description: description.value, tags: words(tags.value) };
      for (const k of ['title', 'description']) if (rest[k] === '') delete rest[k];
      if (rest.tags.length === 0) delete rest.tags;
      return rest;
    };
    const el = h(
      'details',
      { open: Object.keys(old).length > 0 },
      h(
        'summary',
        { class: 'line' },
        icon('next'),
        badge(channel, true),
        Object.keys(old).length > 0 ? h('span', { class: 'small soft' }, t('product.override.has')) : null,
      ),
      h(
        'div',
        { class: 'stack override' },
        field(t('product.name'), title, { name: `overrides.${channel}.title`, counter: { max: limits.title_max } }),
        field(t('product.description'), description, {
          name: `overrides.${channel}.description`,
          counter: { max: limits.description_max },
        }),
        field(t('product.tags'), tags, { name: `overrides.${channel}.tags`, hint: t('product.commas') }),
      ),
    );
    return { channel, el, value };
  });
  return {
    el: h(
      'div',
      { class: 'stack close' },
      h('h3', null, t('product.overrides')),
      h('p', { class: 'small soft' }, t('product.overrides.hint')),
      parts.map((p) => p.el),
    ),
    value: () => Object.fromEntries(parts.map((p) => [p.channel, p.value()]).filter(([, v]) => Object.keys(v).length > 0)),
  };
}
