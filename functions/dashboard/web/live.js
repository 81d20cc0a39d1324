// Looking again and again, only while somebody can see it.

import { Problem } from './api.js';

/** The name of the event that says whether the last look got an answer. */
export const reached = 'reached';

/** @param {boolean} ok */
function tell(ok) {
  document.dispatchEvent(new CustomEvent(reached, { detail: ok }));
}

/**
 * Runs at once and then every `ms` while the page is visible; at once again
 * when it becomes visible. After a failure the pause doubles, to a minute.
 * @param {number} ms
 * @param {() => Promise<void>} run
 * @param {AbortSignal} signal ends it
 * @param {boolean} [now] whether the first run is at once
 * @returns {() => void} runs it now
 */
export function every(ms, run, signal, now = true) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let wait = ms;
  let busy = false;
  const turn = async () => {
    clearTimeout(timer);
    if (signal.aborted || busy || document.hidden) return;
    busy = true;
    try {
      await run();
      wait = ms;
      tell(true);
    } catch (e) {
      if (!signal.aborted && e instanceof Problem && (e.status === 0 || e.status >= 500)) tell(false);
      wait = Math.min(wait * 2, 60000);
    }
    busy = false;
    if (!signal.aborted) timer = setTimeout(turn, wait);
  };
  document.addEventListener('visibilitychange', turn, { signal });
  addEventListener('online', turn, { signal });
  signal.addEventListener('abort', () => clearTimeout(timer));
  if (now) void turn();
  else timer = setTimeout(turn, wait);
  return turn;
}
