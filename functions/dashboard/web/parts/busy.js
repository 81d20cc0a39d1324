// When most is sold: the hours of the week, the busier the darker.
import { h } from '../dom.js';
import { t } from '../messages.js';
import { firstWeekday, hourName, weekdayName } from '../format.js';
import { card } from './page.js';

/** @typedef {{weekday: number, hour: number, orders: number}} BusyRow */

const levels = 5;

/** @param {BusyRow[]} rows of a report by weekday; one hour may stand in several, by channel and currency */
export function busyHours(rows) {
  const orders = new Map();
  for (const r of rows) {
    const key = `${r.weekday}-${r.hour}`;
    orders.set(key, (orders.get(key) ?? 0) + r.orders);
  }
  const most = Math.max(0, ...orders.values());
  if (most === 0) return null;
  const best = rows.find((r) => orders.get(`${r.weekday}-${r.hour}`) === most) ?? rows[0];
  const days = Array.from({ length: 7 }, (_, i) => ((firstWeekday() - 1 + i) % 7) + 1);
  const words = t('busy.most', { day: weekdayName(best.weekday, 'long'), hour: hourName(best.hour), count: most });
  const cell = (/** @type {number} */ day, /** @type {number} */ hour) => {
    const n = orders.get(`${day}-${hour}`) ?? 0;
    const title = t('busy.cell', { day: weekdayName(day, 'long'), hour: hourName(hour), count: n });
    return h('span', { class: 'busy-cell', 'data-level': n === 0 ? 0 : Math.ceil((n / most) * levels), title });
  };
  return card(
    t('busy.title'),
    h(
      'div',
      { class: 'stack close' },
      h('p', { class: 'small soft' }, words),
      h(
        'div',
        { class: 'busy', 'aria-hidden': 'true' },
        days.map((day) => [
          h('span', { class: 'tiny faint busy-day' }, weekdayName(day, 'short')),
          Array.from({ length: 24 }, (_, hour) => cell(day, hour)),
        ]),
        h('span', null),
        [0, 6, 12, 18].map((hour) => h('span', { class: 'tiny faint busy-hour' }, hourName(hour))),
      ),
    ),
  );
}
