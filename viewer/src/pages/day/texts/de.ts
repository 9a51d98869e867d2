import type { Translated } from '../../../i18n/translate.js';
import type { en } from './en.js';

export const de: Translated<typeof en> = {
  title: 'Tagesprüfungen',
  of: 'Prüfung vom {day}',
  intro: 'Was am Tag versiegelt wurde. Wer später nachsieht, sieht dieselben Zahlen.',
  open: 'offen',
  overdue: 'überfällig',
  signedOff: 'abgezeichnet',
  none: 'Keine Prüfung wurde eröffnet. Die Option review eröffnet täglich eine.',
  alerts: 'Alarme',
  answers: 'Was zu Alarmen getan wurde',
  refused: 'Abgelehnt und fehlgeschlagen',
  administrators: 'Handlungen der Administratoren',
  rights: 'Änderungen von Rechten',
  logAccess: 'Zugriffe auf das Protokoll',
  logChanges: 'Änderungen am Protokoll',
  lostOrLate: 'Verloren oder verspätet',
  canaries: 'Angekommene Kanarien',
  automatic: 'Von Regeln geprüft',
  places: 'Plätze {first} bis {size}: Sie sehen {events} ihrer Ereignisse.',
  watched: '{count} Regeln hatten die ersten {place} Plätze angesehen:',
  unwatched: 'Keine Regeln liefen.',
  nothing: 'Nichts.',
  erased: 'gelöscht',
  more: '{count} weitere',
};
