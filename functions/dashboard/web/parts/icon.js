import { svg } from '../dom.js';

// Drawn on a grid of 24, stroked.
/** @type {Record<string, string>} */
const paths = {
  glance: 'M4 13h6V4H4zM14 9h6V4h-6zM14 20h6v-7h-6zM4 20h6v-3H4z',
  orders: 'M5 8h14l-1 12H6zM9 8V7a3 3 0 0 1 6 0v1',
  inbox: 'M4 5h16v12H10l-4 3v-3H4zM8 9.5h8M8 12.5h5',
  catalog: 'M4 4h7l9 9-7 7-9-9zM8 8h.01',
  connections: 'M9 15l6-6M11 6l1.5-1.5a4.2 4.2 0 0 1 6 6L17 12M7 12l-1.5 1.5a4.2 4.2 0 0 0 6 6L13 18',
  settings: 'M4 7h10M18 7h2M16 5v4M4 17h2M10 17h10M8 15v4',
  queues: 'M4 6h16M4 12h16M4 18h10M18 16v4M16 18h4',
  more: 'M5.5 12h1M11.5 12h1M17.5 12h1',
  search: 'M10.5 17a6.5 6.5 0 1 1 0-13 6.5 6.5 0 0 1 0 13zM20 20l-4.8-4.8',
  close: 'M6 6l12 12M18 6L6 18',
  back: 'M19 12H5M11 6l-6 6 6 6',
  next: 'M9 6l6 6-6 6',
  down: 'M6 9l6 6 6-6',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  clock: 'M12 21a9 9 0 1 1 0-18 9 9 0 0 1 0 18zM12 7v5l3 2',
  alert: 'M12 4l9 16H3zM12 10v4M12 17h.01',
  info: 'M12 21a9 9 0 1 1 0-18 9 9 0 0 1 0 18zM12 11v5M12 8h.01',
  plus: 'M12 5v14M5 12h14',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  external: 'M14 4h6v6M20 4l-9 9M18 14v6H4V6h6',
  truck: 'M3 6h11v10H3zM14 10h4l3 3v3h-7M7 19a2 2 0 1 1 0-4 2 2 0 0 1 0 4zM17 19a2 2 0 1 1 0-4 2 2 0 0 1 0 4z',
  user: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 20.5c1-4 4-5.5 8-5.5s7 1.5 8 5.5',
  send: 'M4 12l16-8-5 16-4-6z',
  retry: 'M20 12a8 8 0 1 1-2.5-5.8M20 3v4h-4',
  upload: 'M12 16V4M7 9l5-5 5 5M4 16v4h16v-4',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z',
  system: 'M4 5h16v11H4zM9 20h6M12 16v4',
  help: 'M12 21a9 9 0 1 1 0-18 9 9 0 0 1 0 18zM9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.300-1 .8-1 1.7M12 17h.01',
  out: 'M10 4H5v16h5M15 8l4 4-4 4M19 12H9',
  image: 'M4 5h16v14H4zM8.5 10.5h.01M4 16l5-4 4 3 3-2 4 3',
  trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10 11v5M14 11v5',
  drag: 'M12 4v16M8 8l4-4 4 4M8 16l4 4 4-4',
  box: 'M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8',
  print: 'M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7z',
  pause: 'M9 6v12M15 6v12',
  play: 'M8 5l11 7-11 7z',
};

/** Those that point along the line of text turn with it. */
const turning = new Set(['back', 'next', 'send', 'out', 'external']);

/**
 * An icon. It says nothing by itself: what carries it has the words.
 * @param {string} name
 * @param {string} [cls]
 */
export function icon(name, cls = '') {
  return svg(
    'svg',
    { class: `icon ${turning.has(name) ? 'turns' : ''} ${cls}`.trim(), viewBox: '0 0 24 24', 'aria-hidden': 'true', focusable: 'false' },
    svg('path', { d: paths[name] ?? paths.info }),
  );
}
