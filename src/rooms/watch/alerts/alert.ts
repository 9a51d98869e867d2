import type { AuditEvent } from '../../../audit/plain.js';
import type { LedgerEvent } from '../../../monitoring/read/query/ledger-event.js';
import { answerOf } from '../signed-answers.js';
import { ALERT_TYPES, VERDICTS, type Verdict } from '../alert-event.js';
import { isTexts, LEVELS, type Level } from '../rules/rule.js';
import type { Acknowledgement, Alert } from './alert.dto.js';

/** Builds an alert from its event, and from the answers to the alert. @param answers the oldest answer first */
export function alertOf(event: LedgerEvent, answers: readonly LedgerEvent[]): Alert {
  const { id, type, occurredAt, tenantId, index } = event;
  const details: Readonly<Record<string, unknown>> = event.details;
  const acknowledged = answers.find((each) => each.type === ALERT_TYPES.acknowledged);
  const resolved = answers.find((each) => each.type === ALERT_TYPES.resolved);
  const state =
    type === ALERT_TYPES.withheld ? 'suppressed' : resolved ? 'resolved' : acknowledged ? 'acknowledged' : 'open';
  return {
    ...{ id, state, rule: textOf(details.rule), title: textOf(details.title), level: levelOf(details.level) },
    ...(tenantId !== undefined && { tenantId }),
    raisedAt: occurredAt,
    ...optionalTexts(details, ['firstAt', 'lastAt', 'suppressionId']),
    matchedCount: typeof details.matchedCount === 'number' ? details.matchedCount : 0,
    matched: isTexts(details.matched) ? details.matched : [],
    ...(isGroup(details.group) && { group: details.group }),
    ...(acknowledged && { acknowledged: acknowledgementOf(acknowledged) }),
    ...(resolved && { resolved: { ...acknowledgementOf(resolved), verdict: verdictOf(resolved) } }),
    ...(index !== undefined && { index }),
  };
}

function acknowledgementOf(event: AuditEvent): Acknowledgement {
  const { id: eventId, at, by, comment } = answerOf(event);
  return { eventId, at, by, ...(comment !== undefined && { comment }) };
}

function verdictOf({ details }: AuditEvent): Verdict {
  const { verdict } = details as Readonly<Record<string, unknown>>;
  return VERDICTS.find((each) => each === verdict) ?? 'benign'; // the library records only these verdicts
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
