import type { LedgerEvent } from '../../../monitoring/read/query/ledger-event.js';
import { ALERT_TYPES } from '../alert-event.js';
import { isTexts, LEVELS, type Level } from '../rules/rule.js';
import { type Reply, authorOf } from '../threads/thread.dto.js';
import type { Alert } from './alert.dto.js';
import type { FoundAlert } from '../correlate/correlate.js';
import { timeOfId } from '../../../monitoring/store/id-time.js';
import type { Suppression } from './suppression.dto.js';

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
function textOf(value: unknown): string {
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
function isGroup(value: unknown): value is Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return false;
  const values: readonly unknown[] = Object.values(value);
  return values.length > 0 && values.every((each) => typeof each === 'string');
}

/** The maximum length of a suppression in days. */
export const MOST_DAYS = 366;
export const DAY_MS = 86_400_000;

export interface SuppressionTarget {
  readonly rule: string;
  /** Only alerts whose group has these values. */
  readonly group?: Readonly<Record<string, string>> | undefined;
  /** Only alerts of this tenant. */
  readonly tenantId?: string | undefined;
}

export function suppressionOf(started: LedgerEvent, answers: readonly Reply[], suppressed: number): Suppression {
  const { id, occurredAt, tenantId, reason } = started;
  const details: Readonly<Record<string, unknown>> = started.details;
  const { group } = details;
  const until = textOf(details.until);
  const end = Date.parse(until);
  return {
    ...{ id, rule: textOf(details.rule), until },
    isActive: answers.length === 0 && end > Date.now() && end <= timeOfId(id).getTime() + (MOST_DAYS + 1) * DAY_MS,
    ...(isGroup(group) && { group }),
    ...(tenantId !== undefined && { tenantId }),
    ...{ startedAt: occurredAt, startedBy: authorOf(started) },
    ...(reason !== undefined && { reason }),
    ...{ answers, suppressed },
  };
}

/** The members of a suppression that {@link decideAlerts} needs. */
export interface ActiveSuppression extends SuppressionTarget {
  readonly id: string;
  /** The fields of the suppression's group. The fields stay if an erasure removes their values. */
  readonly groupFields: readonly string[];
}

/** An alert to record: raised, or withheld by a suppression. */
export interface DecidedAlert {
  readonly alert: FoundAlert;
  readonly suppressionId?: string;
}

/** An alert that the ledger has, raised or withheld. */
export interface KnownAlert {
  /** Its rule, tenant and group, as {@link groupOf} returns them. */
  readonly group: string;
  readonly place: number;
  readonly at: number;
  readonly isWithheld: boolean;
}

/**
 * Decides which of the found alerts are recorded. A match that continues an attack belongs to the attack's alert, until `repeat-after`. A withheld alert
 * is recorded once. The first match after the suppression raises the alert.
 */
export function decideAlerts(
  found: readonly FoundAlert[],
  known: readonly KnownAlert[],
  suppressions: readonly ActiveSuppression[],
): readonly DecidedAlert[] {
  const all = [...known];
  return found.flatMap((alert): readonly DecidedAlert[] => {
    const { rule, match, group, isContinued } = alert;
    const { at, place } = match;
    const suppressionId = suppressing(alert, suppressions)?.id;
    const isOf = (one: KnownAlert): boolean =>
      one.group === group &&
      (one.place === place || // an earlier run over the same events
        (isContinued &&
          Math.abs(at - one.at) < rule.rule.repeatAfterMs &&
          (suppressionId !== undefined || !one.isWithheld)));
    if (all.some(isOf)) return [];
    all.push({ group, place, at, isWithheld: suppressionId !== undefined });
    return [{ alert, ...(suppressionId !== undefined && { suppressionId }) }];
  });
}

/** If an erasure removed the values of its group, a suppression withholds nothing. */
function suppressing(
  { rule: { rule }, match }: FoundAlert,
  suppressions: readonly ActiveSuppression[],
): ActiveSuppression | undefined {
  return suppressions.find(
    (each) =>
      each.rule === rule.name &&
      (each.tenantId === undefined || (!rule.acrossTenants && each.tenantId === match.tenantId)) &&
      each.groupFields.every((field) => each.group?.[field] !== undefined && match.values[field] === each.group[field]),
  );
}
