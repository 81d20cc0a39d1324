// Who is signed in, and what each channel can do: read once, used everywhere.
import { get, setCSRF } from './api.js';
import { setZone } from './format.js';

/** @typedef {import('./types.js').Me} Me */
/** @typedef {import('./types.js').ChannelInfo} ChannelInfo */
/** @typedef {import('./types.js').Connection} Connection */

/** @type {{me: Me | null, etag: string, channels: ChannelInfo[], connections: Promise<Connection[]> | null}} */
const session = { me: null, etag: '', channels: [], connections: null };

/** Reads it all. @returns {Promise<void>} */
export async function loadSession() {
  const [me, channels] = await Promise.all([get('/v1/me'), get('/v1/channels')]);
  setMe(me.data, me.etag);
  session.channels = channels.data.items;
}

/** @param {Me} me @param {string} etag */
export function setMe(me, etag) {
  session.me = me;
  session.etag = etag;
  setCSRF(me.csrf);
  setZone(me.time_zone);
}

/** @returns {Me} */
export function me() {
  if (!session.me) throw new Error('the session is not loaded');
  return session.me;
}

/**
 * The workspace and its defaults are one thing with one version: who saved the
 * one has not missed a change of the other.
 * @param {string} before
 * @param {string} after
 */
export function moveTag(before, after) {
  if (session.etag === before) session.etag = after;
}

/** @returns {string} the version of what me() says */
export function meTag() {
  return session.etag;
}

/** @param {ChannelInfo[]} channels */
export function setChannels(channels) {
  session.channels = channels;
}

/** @param {string} name @returns {ChannelInfo | undefined} none for `own` and `meta` */
export function channelInfo(name) {
  return session.channels.find((c) => c.channel === name);
}

/** @returns {ChannelInfo[]} */
export function channels() {
  return session.channels;
}

/** The connections, read once until they are forgotten. @returns {Promise<Connection[]>} */
export function connections() {
  session.connections ??= get('/v1/connections')
    .then((a) => a.data.items)
    .catch((e) => {
      session.connections = null;
      throw e;
    });
  return session.connections;
}

/** Makes the next connections() ask again. */
export function forgetConnections() {
  session.connections = null;
}
