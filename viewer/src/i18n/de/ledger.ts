import type { ledger as english } from '../en/ledger.js';
import type { Translated } from '../translate.js';

export const ledger: Translated<typeof english> = {
  'ledger.page': 'Zustand',
  'ledger.title': 'Zustand des Protokolls',
  'ledger.ok': 'in Ordnung',
  'ledger.warning': 'ansehen',
  'ledger.error': 'handeln',
  'ledger.off': 'aus',
  'ledger.allWell': 'Nichts braucht Sie.',
  'ledger.look': 'Etwas sollte angesehen werden.',
  'ledger.act': 'Etwas stimmt nicht.',
  'ledger.again': 'Erneut prüfen',
  'ledger.whatToDo': 'Was zu tun ist:',
  'ledger.yes': 'ja',
  'ledger.no': 'nein',
  'ledger.holdList': 'Alle Aufbewahrungssperren',
  'ledger.noHolds': 'Keine Sperre besteht. Aufbewahrung und Löschung erreichen jedes Ereignis.',
  'ledger.reason': 'Grund',
  'ledger.placed': 'Gesetzt',
  'ledger.released': 'Aufgehoben',
  'ledger.stands': 'besteht',
};
