import type { review as english } from '../en/review.js';
import type { Translated } from '../translate.js';

export const review: Translated<typeof english> = {
  'review.page': 'Prüfung',
  'review.title': 'Stichprobe und Prüfung',
  'review.intro':
    'Der Startwert bestimmt, welche Ereignisse gezogen werden. Wer denselben Startwert, Zeitraum und dieselben Rechte hat, zieht dieselben. Jeder Vermerk ist ein Ereignis des Protokolls.',
  'review.from': 'Von (UTC)',
  'review.to': 'Vor (UTC)',
  'review.size': 'Umfang',
  'review.query': 'Nur Ereignisse zu dieser Abfrage',
  'review.queryHint': 'Eine Abfrage wie in der Suche. Leer: alle Ereignisse des Zeitraums.',
  'review.seed': 'Startwert',
  'review.seedHint': 'Ein beliebiger Text. Bewahren Sie ihn bei Ihren Unterlagen auf.',
  'review.draw': 'Stichprobe ziehen',
  'review.sample': 'Stichprobe',
  'review.emptySample': 'Das Log hat keine Ereignisse in diesem Zeitraum, oder Sie dürfen sie nicht sehen.',
  'review.drawn': {
    one: '{count} von {population} Ereignissen, gezogen mit dem Startwert',
    other: '{count} von {population} Ereignissen, gezogen mit dem Startwert',
  },
  'review.range': 'von {from} bis {to}, aus den ersten {place} Ereignissen des Logs',
  'review.copyLink': 'Link zu dieser Stichprobe kopieren',
  'review.progress': 'Geprüfte Ereignisse',
  'review.reviewed': '{done} von {count} geprüft',
  'review.markAll': 'Alle als geprüft vermerken',
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
