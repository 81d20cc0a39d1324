// Canned data of the gallery: the ordinary, the empty, the very long, the other
// way round.

/** @param {number} seconds from now @returns {string} */
function at(seconds) {
  return new Date(Date.now() + seconds * 1000).toISOString();
}

const long = 'Hand-thrown stoneware serving platter, oval, thirty-eight centimetres, glazed twice, Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft';
const rtl = 'فنجان سفالی دست‌ساز، لعاب آبی';

/** @returns {any} */
export function canned() {
  const problems = [
    { channel: 'etsy', rule: 'title_too_long', field: 'title', value: '163', allowed: '140', fix: 'Shorten the title, or give this channel its own.', raw: '{"error":"The title must be at most 140 characters"}' },
    { channel: 'instagram', rule: 'image_unreachable', field: 'images[0].url', value: long, fix: 'Make the picture public.' }, { rule: 'taken_off', fix: rtl },
  ];
  const money = { amount: 123450, currency: 'EUR' };
  const order = { id: 'ord_1', channel: 'etsy', source: 'marketplace', number: '30210', remote_id: 'r1', state: 'paid', total: money, items: 3, title: long, buyer_name: long, short: 2, ship_by: at(-9000), placed_at: at(-400) };
  const lines = [{ id: 'l1', title: long, quantity: 2, price: money, allocated: 1, short: 1 }, { id: 'l2', title: rtl, quantity: 1, price: money, allocated: 1 }];
  const talk = { id: 'cnv_1', account: 'a', channel: 'facebook', kind: 'chat', remote_id: 't', name: 'Ada Lovelace', state: 'open', snippet: 'Is it dishwasher safe?', unread: 2, messages: 4, waiting_since: at(-5000), reply_until: at(4000), last_at: at(-60), last_by: 'buyer', created_at: at(-90000), version: 1 };
  const listing = { id: 'l1.etsy', product: 'p1', channel: 'etsy', state: 'rejected', problems: problems.slice(0, 2), url: '', title: long, waiting: '', since: at(-600) };
  const done = { id: 'j1', state: 'done', name: 'products_export_1.csv', rows: 1412, created: 180, updated: 12, unchanged: 1217, failed: 3, created_at: at(-900), ended_at: at(-890), problems: [{ row: 17, field: 'Variant Price', code: 'not_an_amount', value: '12,50 €', message: 'Write a plain amount, such as 12.50.' }, { row: 1044, field: 'Variant SKU', code: 'repeated', value: long, message: 'The SKU is in row 12 already.' }] };
  const connection = { id: 'acc_1', channel: 'etsy', kind: 'marketplace', name: 'Clay on Etsy', state: 'active', ok: false, checked_at: at(-600), abilities: ['ListingWriter'], missing: { Shipper: 'the scope transactions_w is missing' }, checks: [{ name: 'token', ok: true, message: 'Good.' }, { name: 'scopes', ok: false, message: 'transactions_w is missing', fix: 'Connect again.' }], defaults: {}, shop_name: 'ClayAndLinen', currency: 'EUR', version: 1, created_at: at(-9e6) };
  const limits = { sells_down: true, publish_costs: true, reply_max: 2000, reply_hours: 24 };
  const message = { conversation: 'c', kind: 'text' };
  return {
    long, rtl, problems, order: { ...order, lines },
    channels: ['etsy', 'tiktok', 'facebook', 'instagram', 'meta', 'own'],
    orderStates: ['draft', 'unpaid', 'held', 'paid', 'partly_shipped', 'shipped', 'delivered', 'completed', 'cancelled', 'refunded', 'other'],
    listingStates: ['draft', 'queued', 'in_review', 'live', 'sold_out', 'rejected', 'paused', 'ended', 'error'],
    sendStates: ['pending', 'unknown', 'sent', 'failed'],
    conversationStates: ['open', 'pending', 'solved'],
    orders: [order, { ...order, id: 'ord_2', channel: 'tiktok', state: 'shipped', short: 0, title: 'Vase', buyer_name: '', total: {}, items: 1 }, { ...order, id: 'ord_3', channel: 'own', state: 'partly_shipped', title: rtl, buyer_name: 'زهرا احمدی', short: 0, ship_by: at(40000), total: { amount: 4200, currency: 'JPY' } }],
    talks: [talk, { ...talk, id: 'cnv_2', channel: 'etsy', kind: 'order_note', name: '', unread: 0, snippet: '', reply_until: undefined, no_reply: 'Etsy gives other programs no way to answer messages.', reply_at: 'https://www.etsy.com/your/orders/sold' }, { ...talk, id: 'cnv_3', channel: 'instagram', state: 'solved', name: long, snippet: long, last_by: 'seller', unread: 120, reply_until: at(-100) }],
    messages: [
      { ...message, id: 'm1', by: 'buyer', author: 'Ada', text: 'Is it dishwasher safe?', at: at(-900), reactions: ['❤️'] }, { ...message, id: 'm2', by: 'seller', author: 'owner', text: 'Yes: https://example.org/care', state: 'sent', at: at(-800) }, { ...message, id: 'm3', by: 'buyer', text: rtl, edit: 1, at: at(-700) },
      { ...message, id: 'm4', by: 'seller', text: long, state: 'pending', at: at(-60) }, { ...message, id: 'm5', by: 'seller', text: 'Are you there?', state: 'unknown', at: at(-50) }, { ...message, id: 'm6', by: 'seller', text: 'Hello', state: 'failed', problem: 'The time to reply is over.', at: at(-40), local: true },
      { ...message, id: 'm7', by: 'buyer', text: '', deleted: true, at: at(-30) }, { ...message, id: 'm8', by: 'buyer', text: '', attachments: [{ kind: 'file', name: 'invoice.pdf', url: 'https://example.org/a.pdf' }, { kind: 'video' }], at: at(-20) }, { ...message, id: 'm9', by: 'system', text: 'The buyer came from an ad.', at: at(-10) },
    ],
    products: [{ id: 'p1', title: long, handle: 'p', variants: 12, sku: 'A-VERY-LONG-SKU-THAT-GOES-ON-AND-ON-AND-ON', price: money, archived: true, updated_at: at(-60) }, { id: 'p2', title: rtl, handle: 'p', variants: 1, sku: 'CUP', price: { amount: 0, currency: 'KWD' }, archived: true, updated_at: at(-9e6) }],
    listings: [listing, { ...listing, id: 'l2.tiktok', channel: 'tiktok', state: 'queued', problems: [], waiting: 'The day’s calls of this shop are used up; it goes on at 14:20.', title: 'Vase' }, { ...listing, id: 'l3.facebook', channel: 'facebook', state: 'live', problems: [], url: 'https://example.org/x', title: rtl }],
    stock: [{ sku: 'MUG-S', variant: 'v1', product: 'p1', location: 'default', on_hand: 1200, reserved: 2, available: 1198, version: 1, updated_at: at(-60) }, { sku: 'A-VERY-LONG-SKU-THAT-GOES-ON-AND-ON-AND-ON', variant: 'v2', product: 'p1', location: 'default', on_hand: 0, reserved: 0, available: 0, version: 1, updated_at: at(-60) }],
    moves: [{ id: '3', variant: 'v', quantity: -1, short: 1, reason: 'sale', source: 'ord_1', channel: 'etsy', at: at(-60), on_hand: 0 }, { id: '2', variant: 'v', quantity: 3, reason: 'count', source: 'owner', note: long, at: at(-6000), on_hand: 1 }, { id: '1', variant: 'v', quantity: 12, reason: 'opening', source: 'job_1', at: at(-600000), on_hand: 12 }],
    imports: [done, { ...done, id: 'j2', failed: 0, problems: [] }, { ...done, id: 'j3', state: 'failed', reason: 'The file has no column we know.', name: '', problems: [], rows: 0, created: 0, updated: 0, unchanged: 0 }],
    product: { id: 'p1', handle: 'mug', title: long, description: rtl, tags: ['a', 'b'], options: ['Size', 'Colour'], images: [{ url: 'https://example.org/missing.png', alt: 'A mug' }], overrides: { etsy: { title: 'Mug' } }, version: 1, variants: [{ id: 'v1', sku: 'MUG-S', options: { Size: 'S', Colour: 'Blue' }, price: money }, { id: '', sku: '', price: { amount: 0, currency: 'EUR' } }] },
    summary: { from: '2026-11-01', to: '2026-11-30', time_zone: 'UTC', totals: [], counts: {}, days: [2, 5, 9, 14, 20, 28].map((d) => ({ date: `2026-11-${String(d).padStart(2, '0')}`, channel: 'etsy', orders: d, items: d, amount: money })) },
    connections: [connection, { ...connection, id: 'acc_2', channel: 'facebook', state: 'needs_consent', reason: 'The consent has ended: connect again.', name: long, checks: [] }, { ...connection, id: 'acc_3', channel: 'instagram', state: 'paused', ok: true, reason: 'Paused by hand.', checks: [] }, { ...connection, id: 'acc_4', kind: 'checkout', channel: 'own', ok: undefined, checks: [], name: 'Own checkout', checked_at: undefined }],
    abilities: [{ channel: 'etsy', title: 'Etsy', orders: 'pull', abilities: ['ListingWriter', 'OrderReader', 'Shipper'], why_not: { Shipper: 'Clay on Etsy: the scope transactions_w is missing', Replier: 'Etsy gives other programs no way to answer messages.' }, limits, connections: 1 }, { channel: 'facebook', title: 'Facebook', orders: 'inbound', abilities: ['ListingWriter', 'Replier'], why_not: { OrderReader: 'Facebook gives other programs no way to read orders.' }, limits: { ...limits, publish_costs: false }, connections: 0 }],
    pending: { grant: 'g', channel: 'facebook', connections: [], candidates: [{ remote_id: '1', name: 'Clay & Linen', connected: true }, { remote_id: '2', name: long, connected: false }, { remote_id: '3', name: 'Old page', connected: false, cannot_list: 'it has no catalog' }] },
    queues: [{ name: 'InboundQueue', ready: 3, in_flight: 1, delayed: 0, dead: 0 }, { name: 'OutboundQueue', ready: 120345, in_flight: 0, delayed: 1, dead: 2 }],
    failures: [{ id: 'f1', queue: 'OutboundQueue', kind: 'permanent', code: 'gone', account: 'acc_1', message: long, count: 12, at: at(-7200) }, { id: 'f2', queue: 'NudgeQueue', kind: 'internal', code: 'token_refused', message: rtl, count: 1, at: at(-92000) }],
  };
}
