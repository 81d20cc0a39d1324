import { put } from '../dom.js';
import { t } from '../messages.js';
import { heading } from '../parts/page.js';
import { empty } from '../parts/note.js';
import { linkButton } from '../parts/control.js';

/** @param {import('../router.js').Page} page */
export default function show({ root }) {
  put(root, heading(t('missing.title')), empty({ title: t('missing.text'), icon: 'search', action: linkButton(t('missing.home'), '/') }));
}
