import type { AuditEvent } from '../../../audit/plain.js';
import type { LedgerEvent } from '../../monitoring/query/ledger-event.js';
import { ALERT_ACKNOWLEDGED, ALERT_RESOLVED, ALERT_WITHHELD } from '../alert-event.js';
import { LEVELS, type Level } from '../rules/rule.js';

/** Where an alert is. `suppressed`: it was raised while a suppression was on, nobody was notified, and nobody has to answer it. */
export const ALERT_STATES = ['open', 'acknowledged', 'resolved', 'suppressed'] as const;
export type AlertState = (typeof ALERT_STATES)[number];

/** What an alert turned out to be: an attack, a mistake of the rule, or what the rule looks for and was allowed. */
export const VERDICTS = ['true_positive', 'false_positive', 'benign'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Who did something to an alert. Without an id where the person was erased. */
export interface AlertActor {
  readonly type: string;
  readonly id?: string;
  readonly name?: string;
}

/** That somebody acknowledged an alert. */
export interface Acknowledgement {
  /** The event that it is. */
  readonly eventId: string;
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly by: AlertActor;
  readonly comment?: string;
}

/** That somebody resolved an alert. */
export interface Resolution extends Acknowledgement {
  readonly verdict: Verdict;
}

/** An alert, as the events of the ledger say. Times are RFC 3339, UTC. */
export interface Alert {
  /** Of the event that raised it. */
  readonly id: string;
  readonly state: AlertState;
  /** The name of the rule. */
  readonly rule: string;
  readonly title: string;
  readonly level: Level;
  readonly tenantId?: string;
  readonly raisedAt: string;
  /** When the first and the last matched event happened. */
  readonly firstAt?: string;
  readonly lastAt?: string;
  /** How many events matched. */
  readonly matchedCount: number;
  /** The ids of the last of them, at most 100. */
  readonly matched: readonly string[];
  /** What the events have in common, by field; absent after an erasure. */
  readonly group?: Readonly<Record<string, string>>;
  /** Of a suppressed one: what suppressed it. */
  readonly suppressionId?: string;
  readonly acknowledged?: Acknowledgement;
  readonly resolved?: Resolution;
  /** The place of its event, once it is sealed. */
  readonly index?: number;
}

/** The alert that an event raised, with what was said of it since, the oldest first. */
export function alertOf(event: LedgerEvent, answers: readonly LedgerEvent[]): Alert {
  const { id, type, occurredAt, tenantId, index } = event;
  const details: Readonly<Record<string, unknown>> = event.details;
  const acknowledged = answers.find((each) => each.type === ALERT_ACKNOWLEDGED);
  const resolved = answers.find((each) => each.type === ALERT_RESOLVED);
  const state = type === ALERT_WITHHELD ? 'suppressed' : resolved ? 'resolved' : acknowledged ? 'acknowledged' : 'open';
  return {
    ...{ id, state, rule: textOf(details.rule), title: textOf(details.title), level: levelOf(details.level) },
    ...(tenantId !== undefined && { tenantId }),
    raisedAt: occurredAt,
    ...optionalTexts(details, ['firstAt', 'lastAt', 'suppressionId']),
    matchedCount: typeof details.matchedCount === 'number' ? details.matchedCount : 0,
    matched: isTexts(details.matched) ? details.matched : [],
    ...(isGroup(details.group) && { group: details.group }),
    ...(acknowledged && { acknowledged: answerOf(acknowledged) }),
    ...(resolved && { resolved: { ...answerOf(resolved), verdict: verdictOf(resolved) } }),
    ...(index !== undefined && { index }),
  };
}

function answerOf(event: AuditEvent): Acknowledgement {
  const { id, occurredAt, details } = event;
  return { eventId: id, at: occurredAt, by: actorOf(event), ...optionalTexts(details, ['comment']) };
}

/** Who an event is by. */
export function actorOf({ actor: { type, id, name } }: AuditEvent): AlertActor {
  return { type, ...(id !== undefined && { id }), ...(name !== undefined && { name }) };
}

function verdictOf({ details }: AuditEvent): Verdict {
  const { verdict } = details as Readonly<Record<string, unknown>>;
  return VERDICTS.find((each) => each === verdict) ?? 'benign'; // only these are recorded
}

function levelOf(level: unknown): Level {
  return LEVELS.find((each) => each === level) ?? 'informational'; // only these are recorded
}

/** A text; empty where an event that was added past the library has something else. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Whether it is a list of texts. */
export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function optionalTexts<Name extends string>(
  details: object,
  names: readonly Name[],
): Readonly<Partial<Record<Name, string>>> {
  const given = details as Readonly<Record<string, unknown>>;
  const texts = names.filter((name) => typeof given[name] === 'string').map((name) => [name, given[name]]);
  return Object.fromEntries(texts) as Partial<Record<Name, string>>; // texts alone
}

/** Whether it has values: an erasure leaves none. */
export function isGroup(value: unknown): value is Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return false;
  const values: readonly unknown[] = Object.values(value);
  return values.length > 0 && values.every((each) => typeof each === 'string');
}
