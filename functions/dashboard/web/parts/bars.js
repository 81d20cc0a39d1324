// Orders per day, as small bars.
import { h, svg } from '../dom.js';
import { t } from '../messages.js';
import { day } from '../format.js';

/** @typedef {import('../types.js').Summary} Summary */

/** @param {string} from @param {string} to @returns {string[]} all dates between, both included */
function dates(from, to) {
  const out = [];
  for (const d = new Date(`${from}T12:00:00Z`); out.length < 366; d.setUTCDate(d.getUTCDate() + 1)) {
    const s = d.toISOString().slice(0, 10);
    out.push(s);
    if (s >= to) break;
  }
  return out;
}

/** @param {string} channel @param {Summary} s */
export function bars(channel, s) {
  const all = dates(s.from, s.to);
  const orders = all.map((date) => s.days.filter((d) => d.channel === channel && d.date === date).reduce((n, d) => n + d.orders, 0));
  const most = Math.max(1, ...orders);
  const step = 100 / all.length;
  const marks = orders.map((n, i) => {
    const height = n === 0 ? 1 : Math.max(3, (n / most) * 28);
    return svg(
      'rect',
      { x: i * step + step * 0.12, y: 30 - height, width: step * 0.76, height, 'data-none': n === 0 },
      svg('title', null, t('glance.bar', { day: day(new Date(`${all[i]}T12:00:00Z`)), count: n })),
    );
  });
  const total = orders.reduce((a, b) => a + b, 0);
  return h(
    'div',
    { class: 'bars', 'data-channel': channel },
    svg(
      'svg',
      {
        viewBox: '0 0 100 30',
        preserveAspectRatio: 'none',
        role: 'img',
        'aria-label': t('glance.bars', { days: all.length, count: total }),
      },
      ...marks,
    ),
  );
}
