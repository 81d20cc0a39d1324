// Filters above lists. They are links: what is chosen stands in the address.
import { h, on } from '../dom.js';
import { t, word } from '../messages.js';
import { query, go } from '../router.js';
import { shortcut } from '../keys.js';
import { icon } from './icon.js';

/**
 * Tabs of which one is chosen.
 * @param {string} label of them all
 * @param {{name: string, text: string, href: string, count?: string, foreign?: boolean}[]} tabs foreign: not a text of ours
 * @param {string} chosen
 * @param {{text: string, tabs: {name: string, text: string, href: string}[]}} [more] what is rarely wanted, behind one more
 */
export function tabs(label, tabs, chosen, more) {
  return h(
    'nav',
    { class: 'tabs', 'aria-label': label },
    tabs.map((tab) =>
      h(
        'a',
        { href: tab.href, 'aria-current': tab.name === chosen ? 'page' : undefined, dir: tab.foreign ? 'auto' : undefined },
        tab.text,
        tab.count ? h('span', { class: 'num faint' }, tab.count) : null,
      ),
    ),
    more ? moreTabs(label, more, chosen) : null,
  );
}

/** @param {string} label @param {{text: string, tabs: {name: string, text: string, href: string}[]}} more @param {string} chosen */
function moreTabs(label, more, chosen) {
  const here = more.tabs.some((tab) => tab.name === chosen);
  const el = h(
    'select',
    { class: 'tab-more', 'aria-label': `${label}: ${more.text}`, 'data-here': here || undefined },
    h('option', { value: '' }, more.text),
    more.tabs.map((tab) => h('option', { value: tab.name }, tab.text)),
  );
  el.value = here ? chosen : '';
  on('change', el, () => {
    const tab = more.tabs.find((one) => one.name === el.value);
    if (tab) go(tab.href);
  });
  return el;
}

/**
 * Toggles for channels; none chosen means all.
 * @param {string[]} names
 * @param {string} chosen with commas
 * @param {boolean} [single] only one at a time
 */
export function channelFilter(names, chosen, single = false) {
  const on_ = new Set(chosen.split(',').filter(Boolean));
  const href = (/** @type {string} */ name) => {
    const next = single ? new Set(on_.has(name) ? [] : [name]) : new Set(on_);
    if (!single && !next.delete(name)) next.add(name);
    return query({ channel: [...next].join(',') });
  };
  return h(
    'nav',
    { class: 'toggles', 'aria-label': t('filter.channel') },
    names.map((name) =>
      h(
        'a',
        {
          class: 'toggle',
          href: href(name),
          'aria-current': on_.has(name) ? 'true' : undefined,
          'data-channel': name,
        },
        h('span', { class: 'badge', 'data-channel': name, 'aria-hidden': 'true' }, t(`channel.letter.${name}`)),
        word('channel', name),
        on_.has(name) ? h('span', { class: 'said' }, t('filter.chosen')) : null,
      ),
    ),
  );
}

/**
 * A search field; `/` goes there.
 * @param {{label: string, hint: string, name: string, value: string, signal: AbortSignal, maxlength?: number}} o
 */
export function searchField(o) {
  const input = h('input', {
    type: 'search',
    class: 'input',
    'aria-label': o.label,
    placeholder: o.hint,
    value: o.value,
    maxlength: o.maxlength ?? 200,
    autocomplete: 'off',
    spellcheck: 'false',
    dir: 'auto',
    'aria-keyshortcuts': '/',
  });
  const form = h('form', { class: 'search', role: 'search' }, icon('search'), input);
  on('submit', form, (e) => {
    e.preventDefault();
    go(query({ [o.name]: input.value.trim(), cursor: undefined }));
  });
  on('search', input, () => {
    if (input.value === '' && o.value !== '') go(query({ [o.name]: undefined }));
  });
  shortcut(
    {
      keys: '/',
      group: 'list',
      label: t('keys.search'),
      run: () => {
        input.focus();
        input.select();
      },
    },
    o.signal,
  );
  return form;
}
