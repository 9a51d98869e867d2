import type { LedgerEvent } from '../../../monitoring/read/query/ledger-event.js';
import { ALERT_TYPES } from '../alert-event.js';
import { isTexts, LEVELS, type Level } from '../rules/rule.js';
import type { Reply } from '../threads/thread.dto.js';
import type { Alert } from './alert.dto.js';

export function isAlert({ type }: LedgerEvent): boolean {
  return type === ALERT_TYPES.raised || type === ALERT_TYPES.withheld;
}

/** Builds an alert from its event, and from the answers to the alert. @param answers the oldest answer first */
export function alertOf(event: LedgerEvent, answers: readonly Reply[]): Alert {
  const { id, type, occurredAt, tenantId, index } = event;
  const details: Readonly<Record<string, unknown>> = event.details;
  const isResolved = answers.some(({ kind }) => kind === 'resolve');
  const replied = isResolved ? 'resolved' : answers.length > 0 ? 'acknowledged' : 'open';
  const state = type === ALERT_TYPES.withheld ? 'suppressed' : replied;
  return {
    ...{ id, state, rule: textOf(details.rule), title: textOf(details.title), level: levelOf(details.level) },
    ...(tenantId !== undefined && { tenantId }),
    raisedAt: occurredAt,
    ...optionalTexts(details, ['firstAt', 'lastAt', 'suppressionId']),
    matchedCount: typeof details.matchedCount === 'number' ? details.matchedCount : 0,
    matched: isTexts(details.matched) ? details.matched : [],
    ...(isGroup(details.group) && { group: details.group }),
    answers,
    ...(index !== undefined && { index }),
  };
}

function levelOf(level: unknown): Level {
  return LEVELS.find((each) => each === level) ?? 'informational'; // the library records only these levels
}

/** Returns a text unchanged, and an empty text for any other value, because somebody may have added the event without the library. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function optionalTexts<Name extends string>(
  details: Readonly<Record<string, unknown>>,
  names: readonly Name[],
): Readonly<Partial<Record<Name, string>>> {
  const texts = names.filter((name) => typeof details[name] === 'string').map((name) => [name, details[name]]);
  return Object.fromEntries(texts) as Partial<Record<Name, string>>; // the filter leaves only texts
}

/** Returns whether a group has values. An erasure removes the values of a group. */
export function isGroup(value: unknown): value is Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return false;
  const values: readonly unknown[] = Object.values(value);
  return values.length > 0 && values.every((each) => typeof each === 'string');
}
