import { createTranslate } from './translate.js';

const TEXTS = {
  title: 'Daily reviews',
  of: 'Review of {day}',
  intro: 'A review covers the events that were sealed on the day. Its figures do not change later.',
  open: 'open',
  overdue: 'overdue',
  signedOff: 'signed off',
  none: 'No review was opened. The option review opens a review each day.',
  alerts: 'Alerts',
  answers: 'Answers to alerts',
  refused: 'Denied and failed',
  administrators: "Administrators' actions",
  rights: 'Changes of rights',
  logAccess: 'Access to the log',
  logChanges: 'Changes of the log',
  lostOrLate: 'Lost or late',
  automatic: 'Checked by rules',
  places: 'Indices from {first}, below {size}: you may see {events} of these events.',
  watched: '{count} rules had evaluated the first {place} events:',
  unwatched: 'No rules were active.',
  nothing: 'No events.',
  erased: 'erased',
  more: '{count} more',
} as const;

export type TextKey = keyof typeof TEXTS;

export const text = createTranslate(TEXTS);
