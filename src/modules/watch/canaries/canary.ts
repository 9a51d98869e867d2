import type { AuditInput } from '../../../audit/plain.js';
import type { LinkedRule } from '../rules/link-rules.js';
import { isMap } from '../rules/rule.js';

/** The mark of canaries, by which every reader can leave them out: `resourceType[ne]=audit_canary`. */
const CANARY_RESOURCE = 'audit_canary';
/** Who records them. */
const CANARY_ACTOR = { type: 'system', id: 'audit-canary' } as const;

/**
 * Whether a row of `audit_event`, by the name that it has in the statement, is a canary, as SQL. The table knows them all: nobody hides an event from
 * rules, reviews and reports by copying the marks.
 */
export function isCanary(event = 'audit_event'): string {
  return `((${event}.resource_type = '${CANARY_RESOURCE}' AND ${event}.actor_type = 'system') IS TRUE
    AND EXISTS (SELECT FROM audit_canary WHERE audit_canary.event_id = ${event}.id))`;
}

/** The same, of a row without another name. */
export const IS_TRUE_CANARY = isCanary();

/** What PCI DSS 10.2.1 wants to see in a log, of what an application records itself: .1, .2, .4, .5 and .7. */
const CLAUSE_TYPES: readonly string[] = [
  'user_login_success',
  'user_login_failed',
  'access_denied',
  'data_viewed',
  'data_exported',
  'permission_changed',
  'user_created',
  'admin_config_changed',
];

/** An event that is recorded daily to show that its type reaches the ledger. */
export interface Canary {
  readonly type: string;
  /** Details that rules select by. */
  readonly details: Readonly<Record<string, unknown>>;
}

/**
 * One canary for each event type that a clause or a rule needs. Events of the ledger's own (`audit_…`, `alert_…`, `review_…`) have none: they do
 * not take the application's way, and some of them are acts that a forgery would contradict.
 */
export function canariesFor(rules: readonly LinkedRule[]): readonly Canary[] {
  const canaries = new Map(CLAUSE_TYPES.map((type) => [type, { type, details: {} }]));
  for (const { rule } of rules) {
    if (rule.kind !== 'event') continue;
    for (const { filter } of [...rule.selections.values()].flat()) {
      for (const type of wholeTexts(filter.type)) {
        if (/^(audit|alert|review|legal_hold|row)_/.test(type)) continue;
        const details = canaries.get(type)?.details ?? {};
        canaries.set(type, { type, details: { ...detailsOf(filter.details), ...details } });
      }
    }
  }
  return [...canaries.values()].toSorted((one, other) => one.type.localeCompare(other.type, 'en'));
}

/** What a canary says. */
export function canaryInput({ type, details }: Canary, day: string): AuditInput {
  return {
    actor: CANARY_ACTOR,
    severity: 'info',
    resource: { type: CANARY_RESOURCE, id: `${type} ${day}` },
    details: { ...details },
    reason: 'A canary: it shows that events of this type reach the ledger.',
  };
}

/** The values of a filter that are whole, not beginnings such as `user_*`. */
function wholeTexts(filter: unknown): readonly string[] {
  const { is } = isMap(filter) ? filter : { is: filter };
  return [is].flat().filter((each): each is string => typeof each === 'string' && !each.endsWith('*'));
}

/** Details by which a filter holds, as far as it asks for equality; of several values, the first. */
function detailsOf(filters: unknown): Readonly<Record<string, unknown>> {
  const details: Record<string, unknown> = {};
  for (const [path, filter] of Object.entries(isMap(filters) ? filters : {})) {
    const [first] = isMap(filter) ? [filter.is].flat() : [];
    if (first === undefined || path.includes('.') || (typeof first === 'string' && first.endsWith('*'))) continue;
    details[path] = first;
  }
  return details;
}
