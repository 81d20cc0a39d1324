import { put } from '../dom.js';
import { heading } from '../parts/page.js';
/** @param {import('../router.js').Page} page */
export default function show({ root }) { put(root, heading('Gallery')); }
