import type { AuditInput } from '../../../audit/plain.js';
import type { LinkedRule } from '../rules/link-rules.js';
import { isMap } from '../rules/rule.js';

/** Readers can exclude canaries with `resourceType[ne]=audit_canary`. */
const CANARY_RESOURCE = 'audit_canary';
const CANARY_ACTOR = { type: 'system', id: 'audit-canary' } as const;

/**
 * Returns the SQL condition for a row of `audit_event` that is a canary. The condition also requires a row in `audit_canary`. Otherwise,
 * the resource type alone could hide an event from rules, reviews and reports. @param event the alias of the row
 */
export function isCanary(event = 'audit_event'): string {
  return `((${event}.resource_type = '${CANARY_RESOURCE}' AND ${event}.actor_type = 'system') IS TRUE
    AND EXISTS (SELECT FROM audit_canary WHERE audit_canary.event_id = ${event}.id))`;
}

/** The condition for a row of `audit_event` without an alias. */
export const IS_TRUE_CANARY = isCanary();

/** The event types that an application records for PCI DSS 10.2.1.1, .2, .4, .5 and .7. */
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

/** An event that is recorded each day, to show that events of its type reach the ledger. */
export interface Canary {
  readonly type: string;
  /** The details that rules select. */
  readonly details: Readonly<Record<string, unknown>>;
}

/**
 * Returns a canary for each event type that PCI DSS or a rule needs. The ledger's own types, such as `audit_…` and `row_…`, have no
 * canaries. The application does not record such events, and a canary of an act would be a forgery.
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

/** Builds the input of a canary. */
export function canaryInput({ type, details }: Canary, day: string): AuditInput {
  return {
    actor: CANARY_ACTOR,
    severity: 'info',
    resource: { type: CANARY_RESOURCE, id: `${type} ${day}` },
    details: { ...details },
    reason: 'A canary: it shows that events of this type reach the ledger.',
  };
}

function wholeTexts(filter: unknown): readonly string[] {
  const { is } = isMap(filter) ? filter : { is: filter };
  return [is].flat().filter((each): each is string => typeof each === 'string' && !each.endsWith('*'));
}

function detailsOf(filters: unknown): Readonly<Record<string, unknown>> {
  const details: Record<string, unknown> = {};
  for (const [path, filter] of Object.entries(isMap(filters) ? filters : {})) {
    const [first] = isMap(filter) ? [filter.is].flat() : [];
    if (first === undefined || path.includes('.') || (typeof first === 'string' && first.endsWith('*'))) continue;
    details[path] = first;
  }
  return details;
}
