import type { Translated } from '../../../i18n/translate.js';
import type { en } from './en.js';

export const de: Translated<typeof en> = {
  title: 'Tagesprüfungen',
  of: 'Prüfung vom {day}',
  intro: 'Eine Prüfung umfasst die Ereignisse, die am Tag versiegelt wurden. Ihre Zahlen ändern sich später nicht.',
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
  automatic: 'Von Regeln geprüft',
  places: 'Indizes ab {first}, unter {size}: Sie sehen {events} dieser Ereignisse.',
  watched: '{count} Regeln hatten die ersten {place} Ereignisse geprüft:',
  unwatched: 'Keine Regeln waren aktiv.',
  nothing: 'Keine Ereignisse.',
  erased: 'gelöscht',
  more: '{count} weitere',
};
