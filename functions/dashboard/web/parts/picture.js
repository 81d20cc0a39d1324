import { h, on, put } from '../dom.js';
import { icon } from './icon.js';

/** @param {string | undefined} url @returns {url is string} whether a browser may follow it */
export function isWeb(url) {
  return /^https?:\/\//.test(url ?? '');
}

/**
 * Where a picture is fetched from: its own address, or by way of the host that
 * answers for every picture on a machine that can't reach the web.
 * @param {string} url
 */
export function source(url) {
  const via = document.querySelector('meta[name="pictures"]')?.getAttribute('content');
  return via ? via + encodeURIComponent(url) : url;
}

/**
 * A picture of a product in a box of a fixed size; a sign where there is none
 * or it can't be loaded.
 * @param {string | undefined} url
 * @param {string} alt
 * @param {'small'|'large'} [size]
 */
export function picture(url, alt, size = 'small') {
  const box = h('span', { class: 'thumb', 'data-size': size });
  if (!isWeb(url)) return put(box, icon('image'));
  const img = h('img', { src: source(url), alt, loading: 'lazy', decoding: 'async', referrerpolicy: 'no-referrer' });
  on('error', img, () => put(box, icon('image')));
  return put(box, img);
}
