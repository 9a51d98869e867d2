import type { ledger as english } from '../en/ledger.js';
import type { Translated } from '../translate.js';

export const ledger: Translated<typeof english> = {
  'ledger.page': 'Zustand',
  'ledger.title': 'Zustand des Protokolls',
  'ledger.ok': 'in Ordnung',
  'ledger.warning': 'Warnung',
  'ledger.error': 'Fehler',
  'ledger.off': 'aus',
  'ledger.allWell': 'Alles ist in Ordnung.',
  'ledger.look': 'Prüfen Sie die Teile mit Warnung.',
  'ledger.act': 'Einige Teile haben Fehler.',
  'ledger.again': 'Erneut prüfen',
  'ledger.whatToDo': 'Was zu tun ist:',
  'ledger.yes': 'ja',
  'ledger.no': 'nein',
  'ledger.holdList': 'Alle Aufbewahrungssperren',
  'ledger.noHolds': 'Keine Sperre gilt. Aufbewahrung und Löschung gelten für jedes Ereignis.',
  'ledger.reason': 'Grund',
  'ledger.placed': 'Gesetzt',
  'ledger.released': 'Aufgehoben',
  'ledger.stands': 'gilt',
};
