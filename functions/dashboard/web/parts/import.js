// Importing a catalog: choose a file, watch it, read what could not be taken.
import { h, put, on } from '../dom.js';
import { t, word } from '../messages.js';
import { Problem, get, newKey, send } from '../api.js';
import { known, number, when } from '../format.js';
import { every } from '../live.js';
import { chip } from './chip.js';
import { button, busy, field, select } from './control.js';
import { dialog } from './dialog.js';
import { failed, note } from './note.js';
import { icon } from './icon.js';
import { forget } from './list.js';
import { say } from './shell.js';

/** @typedef {import('../types.js').Import} Import */

const formats = ['auto', 'shopify', 'woocommerce', 'etsy', 'google', 'manystall'];
/** A body the API takes as it is; a file above it is squeezed, then uploaded. */
const inline = 4 << 20;

/** @param {AbortSignal} signal @param {() => void} changed */
export function importPanel(signal, changed) {
  const file = h('input', { type: 'file', accept: '.csv,.tsv,.txt,.gz,text/csv', class: 'said', id: 'import-file', tabindex: '-1' });
  const format = select(
    formats.map((f) => [f, word('import.format', f)]),
    'auto',
  );
  const out = h('div', { 'aria-live': 'polite' });
  const choose = button(t('import.choose'), { kind: 'main', icon: 'upload', run: () => file.click() });
  const zone = h(
    'div',
    { class: 'drop' },
    icon('upload'),
    h('p', { class: 'strong' }, t('import.drop')),
    h('p', { class: 'small soft' }, t('import.drop.text')),
    h('label', { class: 'said', for: 'import-file' }, t('import.file')),
    file,
    choose,
  );
  const take = (/** @type {File | undefined} */ f) => {
    if (f) void busy(choose, () => run(f, format.value, out, signal, changed));
  };
  on('change', file, () => {
    take(file.files?.[0]);
    file.value = '';
  });
  on('dragover', zone, (e) => {
    e.preventDefault();
    zone.classList.add('over');
  });
  on('dragleave', zone, () => zone.classList.remove('over'));
  on('drop', zone, (e) => {
    e.preventDefault();
    zone.classList.remove('over');
    take(e.dataTransfer?.files?.[0]);
  });
  return h(
    'section',
    { class: 'card', 'aria-label': t('import.action') },
    h(
      'div',
      { class: 'card-body stack' },
      zone,
      h('div', { class: 'import-format' }, field(t('import.format'), format, { hint: t('import.format.hint') })),
      out,
    ),
  );
}

/** @param {File} file @param {string} format @param {HTMLElement} out @param {AbortSignal} signal @param {() => void} changed */
async function run(file, format, out, signal, changed) {
  put(out, progress(t('import.sending', { name: file.name })));
  try {
    const started = await begin(file, format);
    forget('/v1/imports');
    changed();
    follow(started, out, signal, changed);
  } catch (e) {
    put(out, failed(e, null));
  }
}

/** @param {File} file @param {string} format @returns {Promise<Import>} */
async function begin(file, format) {
  const options = { query: { format, name: file.name.slice(0, 255) }, key: newKey() };
  if (file.size <= inline)
    return (await send('POST', '/v1/imports', file, { ...options, type: /\.gz$/.test(file.name) ? 'application/gzip' : 'text/csv' })).data;
  const small = /\.gz$/.test(file.name) ? file : await squeeze(file);
  if (small.size <= inline) return (await send('POST', '/v1/imports', small, { ...options, type: 'application/gzip' })).data;
  return upload(file, format);
}

/** @param {Blob} file @returns {Promise<Blob>} gzipped */
function squeeze(file) {
  return new Response(file.stream().pipeThrough(new CompressionStream('gzip'))).blob();
}

/** @param {File} file @param {string} format @returns {Promise<Import>} */
async function upload(file, format) {
  const place = (await send('POST', '/v1/uploads', { name: file.name, content_type: 'text/csv' }, { key: newKey() })).data;
  if (file.size > place.limit) throw new Problem(0, { detail: t('import.toolarge', { mb: Math.floor(place.limit / (1 << 20)) }) });
  const answer = await fetch(place.url, { method: place.method, headers: place.headers, body: file }).catch(() => null);
  if (!answer?.ok) throw new Problem(0, { detail: t('import.notuploaded') });
  return (await send('POST', '/v1/imports', { upload: place.id, format, name: file.name }, { key: newKey() })).data;
}

/** @param {Import} started @param {HTMLElement} out @param {AbortSignal} signal @param {() => void} changed */
function follow(started, out, signal, changed) {
  const stop = new AbortController();
  signal.addEventListener('abort', () => stop.abort());
  const show = (/** @type {Import} */ i) => {
    put(out, i.state === 'running' ? progress(t('import.running', { count: i.rows })) : importResult(i));
    if (i.state === 'running') return;
    stop.abort();
    forget('/v1/products');
    say(t('import.ended', { created: i.created, updated: i.updated, failed: i.failed }));
    changed();
  };
  if (started.state !== 'running') return show(started);
  every(
    1000,
    async () => {
      try {
        show((await get(`/v1/imports/${encodeURIComponent(started.id)}`, { signal: stop.signal })).data);
      } catch (e) {
        if (!(e instanceof Problem) || e.status !== 404) throw e;
        stop.abort();
        put(out, failed(e, null));
      }
    },
    stop.signal,
  );
}

/** @param {string} text */
function progress(text) {
  return h('div', { class: 'progress' }, h('progress', { 'aria-label': text }), h('p', { class: 'small soft' }, text));
}

/** @param {Import} i */
export function importResult(i) {
  const n = (/** @type {string} */ name, /** @type {number} */ count, /** @type {string} */ cls = '') =>
    h(
      'div',
      null,
      h('dt', { class: 'small soft' }, t(`import.${name}`)),
      h('dd', { class: `level num ${count ? cls : ''}` }, number(count)),
    );
  return h(
    'div',
    { class: 'stack' },
    i.state === 'failed'
      ? note('bad', h('p', { class: 'strong' }, t('import.failed.whole')), h('p', { dir: 'auto' }, i.reason ?? ''))
      : null,
    h(
      'dl',
      { class: 'levels' },
      n('rows', i.rows),
      n('created', i.created, 'good'),
      n('updated', i.updated),
      n('unchanged', i.unchanged),
      n('failed', i.failed, 'bad'),
    ),
    problemTable(i),
  );
}

/** @param {Import} i */
function problemTable(i) {
  if (i.problems.length === 0) return i.state === 'done' && i.failed === 0 ? note('good', h('p', null, t('import.clean'))) : null;
  return h(
    'div',
    { class: 'stack close' },
    h('h3', null, t('import.problems', { count: i.problems.length })),
    i.failed > i.problems.length ? h('p', { class: 'small soft' }, t('import.problems.first')) : null,
    h(
      'div',
      { class: 'scroll tall', tabindex: '0', role: 'group', 'aria-label': t('import.problems.label') },
      h(
        'table',
        null,
        h(
          'thead',
          null,
          h(
            'tr',
            null,
            ['row', 'field', 'value', 'message'].map((c) =>
              h('th', { scope: 'col', class: c === 'row' ? 'end' : undefined }, t(`import.problem.${c}`)),
            ),
          ),
        ),
        h(
          'tbody',
          null,
          i.problems.map((p) =>
            h(
              'tr',
              null,
              h('td', { class: 'num end' }, number(p.row)),
              h('td', { class: 'mono small' }, p.field),
              h('td', { class: 'break small mono', dir: 'auto' }, p.value),
              h('td', { class: 'break', dir: 'auto' }, p.message),
            ),
          ),
        ),
      ),
    ),
  );
}

/** @param {Import} i */
export function importRow(i) {
  const tone = i.state === 'failed' ? 'bad' : i.failed > 0 ? 'warn' : i.state === 'running' ? 'info' : 'good';
  return h(
    'li',
    null,
    h(
      'button',
      { type: 'button', class: 'row import-row', 'aria-haspopup': 'dialog', onclick: () => open(i) },
      h('span', { class: 'cut strong', dir: 'auto' }, i.name || t('import.unnamed')),
      chip(word('import.state', i.state), /** @type {any} */ (tone)),
      h(
        'span',
        { class: 'small soft num cut' },
        i.state === 'failed' && i.reason ? i.reason : t('import.ended', { created: i.created, updated: i.updated, failed: i.failed }),
      ),
      h('span', { class: 'small soft end' }, when(known(i.ended_at) ? i.ended_at : i.created_at)),
    ),
  );
}

/** @param {Import} i */
function open(i) {
  const body = h('div', null, i.state === 'running' ? progress(t('import.running', { count: i.rows })) : importResult(i));
  const stop = new AbortController();
  if (i.state === 'running') follow(i, body, stop.signal, () => {});
  const d = dialog(i.name || t('import.unnamed'), body, { wide: true });
  void d.closed.then(() => stop.abort());
}
