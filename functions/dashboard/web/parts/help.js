import { h } from '../dom.js';
import { t, word } from '../messages.js';
import { listShortcuts } from '../keys.js';
import { dialog } from './dialog.js';
import { kbd, modKey } from './control.js';

/** @param {string} keys */
function shown(keys) {
  return keys.split(' ').map((k) => k.split('+').map((part) => kbd(part === 'mod' ? modKey() : part)));
}

/** Shows what the keyboard does here. */
export function helpDialog() {
  if (document.querySelector('dialog[open]')) return;
  /** @type {Map<string, Map<string, string>>} */
  const groups = new Map();
  for (const s of listShortcuts()) {
    const group = groups.get(s.group) ?? new Map();
    groups.set(s.group, group.set(s.keys, s.label));
  }
  const order = ['page', 'list', 'go'];
  const sorted = [...groups].sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
  dialog(
    t('help.title'),
    h(
      'div',
      { class: 'help' },
      sorted.map(([group, keys]) =>
        h(
          'section',
          null,
          h('h3', null, word('keys.group', group)),
          h(
            'dl',
            null,
            [...keys].map(([k, label]) => h('div', { class: 'line apart' }, h('dt', null, label), h('dd', null, shown(k)))),
          ),
        ),
      ),
    ),
    { wide: true },
  );
}
