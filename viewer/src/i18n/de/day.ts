import type { day as english } from '../en/day.js';
import type { Translated } from '../translate.js';

export const day: Translated<typeof english> = {
  'day.page': 'Tagesprüfung',
  'day.title': 'Tagesprüfungen',
  'day.of': 'Prüfung vom {day}',
  'day.intro': 'Die Zahlen sind die der Plätze des Tages: Wer später nachsieht, sieht dieselben.',
  'day.open': 'offen',
  'day.overdue': 'überfällig',
  'day.signedOff': 'abgezeichnet',
  'day.none': 'Keine Prüfung wurde eröffnet. Die Option review eröffnet täglich eine.',
  'day.alerts': 'Alarme',
  'day.refused': 'Abgelehnt und fehlgeschlagen',
  'day.administrators': 'Handlungen der Administratoren',
  'day.rights': 'Änderungen von Rechten',
  'day.logAccess': 'Zugriffe auf das Protokoll',
  'day.logChanges': 'Änderungen am Protokoll',
  'day.lostOrLate': 'Verloren oder verspätet',
  'day.canaries': 'Angekommene Kanarien',
  'day.automatic': 'Von Regeln geprüft',
  'day.places': 'Plätze {first} bis {size}; {events} ihrer Ereignisse sehen Sie.',
  'day.watched': '{count} Regeln hatten die ersten {place} Plätze angesehen:',
  'day.unwatched': 'Keine Regeln liefen.',
  'day.nothing': 'Nichts.',
  'day.erased': 'gelöscht',
  'day.more': '{count} weitere',
};
