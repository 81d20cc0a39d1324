// The JSON API: the page's only source.

/** @typedef {{field: string, code: string, message: string}} FieldError */

/** A problem the API answered, or a network that did not. */
export class Problem extends Error {
  /** @param {number} status 0 when nothing answered @param {{code?: string, title?: string, detail?: string, errors?: FieldError[], request_id?: string}} body */
  constructor(status, body) {
    super(body.detail || body.title || `HTTP ${status}`);
    this.status = status;
    this.code = body.code ?? '';
    this.title = body.title ?? '';
    this.errors = body.errors ?? [];
    this.request = body.request_id ?? '';
  }
}

/** @typedef {{query?: Record<string, any>, signal?: AbortSignal, etag?: string, key?: string, type?: string}} Options */
/** @typedef {{data: any, etag: string}} Answer */

let csrf = '';

/** @param {string | undefined} token of the session, from GET /v1/me */
export function setCSRF(token) {
  csrf = token ?? '';
}

/** @param {string} path @param {Record<string, any>} [query] what is empty is left out */
function address(path, query) {
  const q = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== '') q.set(name, String(value));
  }
  const s = q.toString();
  return s ? `${path}?${s}` : path;
}

/** @returns {string} a key under which a POST happens once */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

/**
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<Answer>}
 */
export function get(path, options = {}) {
  return call('GET', path, undefined, options);
}

/**
 * @param {'POST'|'PUT'|'PATCH'|'DELETE'} method
 * @param {string} path
 * @param {any} [body] an object is sent as JSON, a Blob as it is
 * @param {Options} [options]
 * @returns {Promise<Answer>}
 */
export async function send(method, path, body, options = {}) {
  try {
    return await call(method, path, body, options);
  } catch (e) {
    if (!(e instanceof Problem) || e.code !== 'csrf') throw e;
    // Another tab signed in anew: its session is ours too.
    setCSRF((await get('/v1/me')).data.csrf);
    return call(method, path, body, options);
  }
}

/** @param {string} method @param {string} path @param {any} body @param {Options} options @returns {Promise<Answer>} */
async function call(method, path, body, options) {
  const headers = new Headers({ Accept: 'application/json' });
  if (method !== 'GET' && csrf) headers.set('X-CSRF-Token', csrf);
  if (options.etag) headers.set('If-Match', options.etag);
  if (options.key) headers.set('Idempotency-Key', options.key);
  if (body !== undefined)
    headers.set('Content-Type', options.type ?? (body instanceof Blob ? 'application/octet-stream' : 'application/json'));
  const response = await reach(address(path, options.query), {
    method,
    headers,
    signal: options.signal,
    credentials: 'same-origin',
    cache: 'no-store',
    body: body === undefined || body instanceof Blob ? body : JSON.stringify(body),
  });
  if (!response.ok) throw await refused(response);
  const text = response.status === 204 ? '' : await response.text();
  return { data: text ? JSON.parse(text) : null, etag: response.headers.get('ETag') ?? '' };
}

/** @param {string} url @param {RequestInit} init @returns {Promise<Response>} */
async function reach(url, init) {
  try {
    return await fetch(url, init);
  } catch (e) {
    if (init.signal?.aborted) throw e;
    throw new Problem(0, { code: 'offline' });
  }
}

/** @param {Response} response */
async function refused(response) {
  if (response.status === 401) location.assign(`/signin?next=${encodeURIComponent(location.pathname + location.search)}`);
  let body = {};
  try {
    body = await response.json();
  } catch {
    // Not ours: a gateway in between. The status has to do.
  }
  return new Problem(response.status, body);
}

/** @param {unknown} e @returns {boolean} whether the one who asked has gone away */
export function isAbort(e) {
  return e instanceof DOMException && e.name === 'AbortError';
}
