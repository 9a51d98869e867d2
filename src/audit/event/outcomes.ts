/** How an action ended, or that it was begun (`attempted`). */
export const OUTCOMES = ['attempted', 'success', 'failure', 'denied', 'partial'] as const;
export type AuditOutcome = (typeof OUTCOMES)[number];

/** How much attention an event deserves, lowest first. */
export const SEVERITIES = ['info', 'warning', 'error', 'critical'] as const;
export type AuditSeverity = (typeof SEVERITIES)[number];

/** Who can do something: a person, an administrator, another service, the application itself, or nobody known. */
export const ACTOR_TYPES = ['user', 'admin', 'service', 'system', 'anonymous'] as const;
export type AuditActorType = (typeof ACTOR_TYPES)[number];

/** Whether `value` is one of the `allowed` words. */
export function isOneOf<Word extends string>(allowed: readonly Word[], value: unknown): value is Word {
  return typeof value === 'string' && (allowed as readonly string[]).includes(value);
}

/** The severity of an event when neither its caller nor the catalogue names one. */
export function defaultSeverity(outcome: AuditOutcome): AuditSeverity {
  return outcome === 'success' || outcome === 'attempted' ? 'info' : 'warning';
}
