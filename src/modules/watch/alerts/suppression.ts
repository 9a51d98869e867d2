import type { RaisedAlert } from '../correlate/correlator.js';
import type { LedgerEvent } from '../../monitoring/query/ledger-event.js';
import { timeOfId } from '../../monitoring/store/id-time.js';
import { actorOf } from '../signed-answers.js';
import { isGroup, textOf } from './alert.js';
import type { Suppression } from './suppression.dto.js';

/** The maximum length of a suppression in days. */
export const MOST_DAYS = 366;
export const DAY_MS = 86_400_000;

/** The target of a suppression: alerts of a rule, or of one group of it. */
export interface SuppressionTarget {
  /** The name of the rule. */
  readonly rule: string;
  /** Only alerts whose group has these values. */
  readonly group?: Readonly<Record<string, string>> | undefined;
  /** Only alerts about events of this tenant. */
  readonly tenantId?: string | undefined;
}

/** The suppression that events record. */
export function suppressionOf(started: LedgerEvent, ended: LedgerEvent | undefined, suppressed: number): Suppression {
  const { id, occurredAt, tenantId, reason } = started;
  const details: Readonly<Record<string, unknown>> = started.details;
  const { group } = details;
  const until = textOf(details.until);
  const end = Date.parse(until);
  return {
    ...{ id, rule: textOf(details.rule), until },
    isActive: !ended && end > Date.now() && end <= timeOfId(id).getTime() + (MOST_DAYS + 1) * DAY_MS,
    ...(isGroup(group) && { group }),
    ...(tenantId !== undefined && { tenantId }),
    ...{ startedAt: occurredAt, startedBy: actorOf(started) },
    ...(reason !== undefined && { reason }),
    ...(ended && { endedAt: ended.occurredAt, endedBy: actorOf(ended) }),
    ...(ended?.reason !== undefined && { endReason: ended.reason }),
    suppressed,
  };
}

/** The suppression that withholds an alert, if any. A suppression whose group was erased matches nothing. */
export function suppressing(
  { rule: { rule }, match }: RaisedAlert,
  suppressions: readonly ActiveSuppression[],
): ActiveSuppression | undefined {
  return suppressions.find(
    (each) =>
      each.rule === rule.name &&
      (each.tenantId === undefined || (!rule.acrossTenants && each.tenantId === match.tenantId)) &&
      each.groupFields.every((field) => each.group?.[field] !== undefined && match.values[field] === each.group[field]),
  );
}

/** The part of a suppression that the watch needs. */
export interface ActiveSuppression extends SuppressionTarget {
  readonly id: string;
  /** The names of its group's fields, even if their values were erased. */
  readonly groupFields: readonly string[];
}
