// Replies the API has not taken yet. They are kept while the tab lives: who goes
// away, or is signed out meanwhile, finds them where they were written.
import { t } from '../messages.js';

/** @typedef {import('../types.js').Message} Message */

/** The event that says whose replies changed. */
export const unsentChanged = 'unsent';

/** Conversations looked at since the page was loaded. @type {Set<string>} */
const seen = new Set();

/** @param {string} conversation @returns {string} */
function place(conversation) {
  return `unsent:${conversation}`;
}

/** @param {string} conversation @returns {Message[]} */
export function unsent(conversation) {
  const stored = JSON.parse(sessionStorage.getItem(place(conversation)) ?? '[]');
  if (seen.has(conversation)) return stored;
  seen.add(conversation);
  // Whatever was under way when the page went has lost its answer. Sent again
  // under its key it is still sent once.
  const known = stored.map((/** @type {Message} */ m) =>
    m.state === 'pending' ? { ...m, state: 'failed', problem: t('inbox.unsent') } : m,
  );
  write(conversation, known);
  return known;
}

/**
 * Keeps a reply, in the place of the one with its id.
 * @param {Message} m
 */
export function keepUnsent(m) {
  store(m.conversation, [...unsent(m.conversation).filter((x) => x.id !== m.id), m]);
}

/** @param {string} conversation @param {string} id of a reply that was sent or given up */
export function dropUnsent(conversation, id) {
  store(
    conversation,
    unsent(conversation).filter((x) => x.id !== id),
  );
}

/** @param {string} conversation @param {Message[]} all */
function store(conversation, all) {
  write(conversation, all);
  document.dispatchEvent(new CustomEvent(unsentChanged, { detail: conversation }));
}

/** @param {string} conversation @param {Message[]} all */
function write(conversation, all) {
  if (all.length > 0) sessionStorage.setItem(place(conversation), JSON.stringify(all));
  else sessionStorage.removeItem(place(conversation));
}
