import type { review as english } from '../en/review.js';
import type { Translated } from '../translate.js';

export const review: Translated<typeof english> = {
  'review.page': 'Prüfung',
  'review.mark': 'Als geprüft vermerken',
  'review.onlyComment': 'Nur kommentieren',
  'review.comment': 'Kommentar',
  'review.ofEvent': 'Prüfung',
  'review.none': 'Niemand hat dieses Ereignis geprüft.',
  'review.wasReviewed': 'hat es geprüft',
  'review.wasCommented': 'schrieb dazu',
  'review.wasSignedOff': 'hat den Tag abgezeichnet',
  'review.signOffText': 'Sie erklären im Protokoll, den Tag geprüft zu haben. Niemand kann das zurücknehmen.',
  'review.sign': 'Abzeichnen',
  'review.noSignOff': 'Niemand hat diesen Tag abgezeichnet.',
};
