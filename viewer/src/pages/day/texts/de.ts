import type { Translated } from '../../../i18n/translate.js';
import type { en } from './en.js';

export const de: Translated<typeof en> = {
  title: 'Tagesprüfungen',
  of: 'Prüfung vom {day}',
  intro: 'Die Zahlen sind die der Plätze des Tages: Wer später nachsieht, sieht dieselben.',
  open: 'offen',
  overdue: 'überfällig',
  signedOff: 'abgezeichnet',
  none: 'Keine Prüfung wurde eröffnet. Die Option review eröffnet täglich eine.',
  alerts: 'Alarme',
  answers: 'Antworten auf Alarme',
  refused: 'Abgelehnt und fehlgeschlagen',
  administrators: 'Handlungen der Administratoren',
  rights: 'Änderungen von Rechten',
  logAccess: 'Zugriffe auf das Protokoll',
  logChanges: 'Änderungen am Protokoll',
  lostOrLate: 'Verloren oder verspätet',
  canaries: 'Angekommene Kanarien',
  automatic: 'Von Regeln geprüft',
  places: 'Plätze {first} bis {size}; {events} ihrer Ereignisse sehen Sie.',
  watched: '{count} Regeln hatten die ersten {place} Plätze angesehen:',
  unwatched: 'Keine Regeln liefen.',
  nothing: 'Nichts.',
  erased: 'gelöscht',
  more: '{count} weitere',
};
