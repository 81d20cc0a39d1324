// The shapes of the JSON API (openapi.yaml), for the editor and the reader.

/** @typedef {'etsy'|'tiktok'|'facebook'|'instagram'|'meta'|'own'} Channel */
/** @typedef {{amount?: number, currency?: string}} Money in minor units */
/** @typedef {{count: number, more: boolean}} Count */
/** @typedef {{channel?: Channel, rule: string, field?: string, value?: string, allowed?: string, fix: string, raw?: string}} ListingProblem */
/** @typedef {'pending'|'unknown'|'sent'|'failed'} SendState */

/**
 * @typedef {object} Me
 * @property {string} workspace
 * @property {string} name
 * @property {string} time_zone
 * @property {string} currency
 * @property {Record<string, any>} defaults
 * @property {Record<string, string[]>} abilities
 * @property {{kind: string, name?: string, expires_at?: string}} credential
 * @property {string} [csrf]
 * @property {boolean} local
 * @property {number} version
 */

/** @typedef {{title_max?: number, description_max?: number, tags_max?: number, tag_max?: number, images_max?: number, reply_max?: number, reply_max_bytes?: number, reply_hours?: number, reply_hours_human?: number, sells_down: boolean, publish_costs: boolean}} Limits */
/** @typedef {{channel: Channel, title: string, orders: 'pull'|'inbound'|'none', abilities: string[], why_not: Record<string, string>, limits: Limits, connections: number, logins: {login: string, title: string, about: string}[]}} ChannelInfo */

/** @typedef {{channel: Channel, orders: number, items: number, amount: Money, date?: string}} Total */
/**
 * @typedef {object} Summary
 * @property {string} from
 * @property {string} to
 * @property {string} time_zone
 * @property {Total[]} totals
 * @property {Total[]} days
 * @property {{orders_to_ship: Count, orders_short?: Count, orders_unknown_item?: Count, conversations_open: Count, waiting_since?: string, listings_rejected: Count, listings_in_review: Count, failures: Count, connections: Count, connections_attention: Count}} counts
 */

/**
 * @typedef {object} Connection
 * @property {string} id
 * @property {string} [login]
 * @property {Channel} channel
 * @property {'marketplace'|'checkout'} kind
 * @property {string} name
 * @property {string} [remote_id]
 * @property {'active'|'needs_consent'|'paused'|'disconnected'} state
 * @property {string} [reason]
 * @property {boolean} [ok]
 * @property {string} [checked_at]
 * @property {string} [consent_ends_at]
 * @property {boolean} [consent_ends_soon]
 * @property {string[]} abilities
 * @property {Record<string, string>} missing
 * @property {{name: string, ok: boolean, message: string, fix?: string}[]} checks
 * @property {Record<string, any>} defaults
 * @property {string} [target]
 * @property {string} [no_target]
 * @property {string} [shop_name]
 * @property {string} [currency]
 * @property {string} [checkout_url]
 * @property {string} [feed_url]
 * @property {'api' | 'feed'} [catalog]
 * @property {string} [inbound_key]
 * @property {string} [inbound_url]
 * @property {string} [shopify_url]
 * @property {string} [woocommerce_url]
 * @property {number} version
 * @property {string} created_at
 */

/** @typedef {{id: string, channel: Channel, source: string, number: string, remote_id: string, state: string, total: Money, items: number, title: string, buyer_name: string, short?: number, ship_by?: string, asked?: number, answer_by?: string, placed_at: string}} OrderItem */
/** @typedef {{name?: string, lines?: string[], city?: string, region?: string, postal?: string, country?: string}} Address */
/** @typedef {{id: string, variant?: string, sku?: string, title: string, quantity: number, price: Money, units?: {remote: string, state: string, cancelled?: boolean, shipped?: boolean}[], cancelled?: number, allocated: number, short?: number}} OrderLine */
/** @typedef {{id: string, carrier: string, tracking: string, state: SendState, problem?: string, note?: string, lines?: string[], at: string}} Shipment */
/** @typedef {{id: string, verdict: string, to?: string, reason?: string, comment?: string, amount?: Money, state: SendState, problem?: string, by?: string, at: string}} Answer */
/** @typedef {{id: string, remote_id?: string, kind: string, by: string, state: string, raw_state?: string, reason?: string, lines?: {line: string, quantity: number}[], amount?: Money, tracking?: string, asked_at?: string, answer_by?: string, answers?: string[], reasons?: {code: string, text: string}[], answer?: Answer}} OrderRequest */
/**
 * @typedef {object} Order
 * @property {string} id
 * @property {string} account
 * @property {Channel} channel
 * @property {string} source
 * @property {string} remote_id
 * @property {string} number
 * @property {string} state
 * @property {string} [raw_state]
 * @property {OrderLine[]} lines
 * @property {Money} total
 * @property {Money} [subtotal]
 * @property {Money} [shipping]
 * @property {Money} [tax]
 * @property {Money} [discount]
 * @property {{name?: string, email?: string, phone?: string, address?: Address, masked?: boolean}} buyer
 * @property {string} [note]
 * @property {string} [ship_by]
 * @property {Shipment[]} [shipments]
 * @property {OrderRequest[]} [requests]
 * @property {{session?: string, cart_origin?: string, fbclid?: string, utm?: Record<string, string>, landing?: string, evidence?: string}} [attribution]
 * @property {string} [conversation]
 * @property {string} [cart]
 * @property {string} [became]
 * @property {string} [checkout_link]
 * @property {string} placed_at
 * @property {string} updated_at
 * @property {string} first_seen
 * @property {string} [fetched_at]
 * @property {{id: string, at: string, kind: string, text: string, by?: string}[]} timeline
 * @property {string[]} can
 * @property {Record<string, string>} why_not
 * @property {number} version
 */

/**
 * @typedef {object} Conversation
 * @property {string} id
 * @property {string} account
 * @property {Channel} channel
 * @property {'chat'|'comment'|'order_note'|'email'} kind
 * @property {string} remote_id
 * @property {string} [contact]
 * @property {string} name
 * @property {'open'|'pending'|'solved'} state
 * @property {string} [order]
 * @property {string} snippet
 * @property {number} unread
 * @property {number} messages
 * @property {string} [waiting_since]
 * @property {string} [reply_until]
 * @property {string} [no_reply]
 * @property {string} [reply_at]
 * @property {string} last_at
 * @property {'buyer'|'seller'|'system'} last_by
 * @property {string} created_at
 * @property {number} version
 */

/** @typedef {{id: string, conversation: string, by: 'buyer'|'seller'|'system', author?: string, text: string, kind: string, raw?: string, attachments?: {kind: string, url?: string, name?: string, blob?: string, type?: string}[], state?: SendState, problem?: string, edit?: number, deleted?: boolean, reactions?: string[], at: string, local?: boolean, resent?: boolean}} Message local: not yet taken by the API; resent: a person sent it again */

/** @typedef {{id: string, sku: string, options?: Record<string, string>, price: Money, barcode?: string, grams?: number, image?: string, stated?: number, quantity?: number}} Variant */
/** @typedef {{id: string, title: string, handle: string, image?: string, variants: number, sku: string, price: Money, archived?: boolean, updated_at: string, listings: ListingMark[]}} ProductItem */
/** @typedef {{id: string, channel: Channel, state: string, why?: string, problems?: number}} ListingMark */
/**
 * @typedef {object} Product
 * @property {string} id
 * @property {string} handle
 * @property {string} title
 * @property {string} description
 * @property {string} [brand]
 * @property {string} [category]
 * @property {string[]} [tags]
 * @property {string[]} [materials]
 * @property {string[]} [options]
 * @property {Variant[]} variants
 * @property {{url: string, alt?: string}[]} [images]
 * @property {Record<string, string>} [attributes]
 * @property {Record<string, any>} [overrides]
 * @property {Channel[]} [channels]
 * @property {boolean} [archived]
 * @property {number} version
 */
/** @typedef {{id: string, product: string, channel: Channel, state: string, problems: ListingProblem[], url: string, title: string, waiting: string, since: string}} ListingItem */
/** @typedef {{sku: string, variant: string, product: string, location: string, on_hand: number, reserved: number, available: number, version: number, updated_at: string}} Stock */
/** @typedef {{id: string, variant: string, quantity: number, short?: number, reason: string, source: string, channel?: Channel, note?: string, at: string, on_hand: number, order_line?: string}} Move */
/** @typedef {{id: string, state: 'running'|'done'|'failed', reason?: string, format?: string, name?: string, rows: number, created: number, updated: number, unchanged: number, failed: number, problems: {row: number, field: string, code: string, value: string, message: string}[], created_at: string, ended_at?: string}} Import */
/** @typedef {{name: string, ready: number, in_flight: number, delayed: number, dead: number}} Queue */
/** @typedef {{id: string, queue: string, kind: string, code: string, account?: string, message: string, count: number, at: string}} Failure */
/** @typedef {{grant: string, channel: Channel, candidates: {remote_id: string, name: string, cannot_list?: string, connected: boolean}[], connections: string[]}} Pending */

export {};
