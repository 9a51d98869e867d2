import type { AuditEvent, AuditInput } from '../../../../src/audit/index.js';
import { buildOwnEvent } from '../../../../src/audit/build-own-event.js';
import { idAt } from '../../../support/sample-event.js';

const MINUTE_MS = 60_000;

const DAY_MS = 86_400_000;
const WEDNESDAY = 6; // days after the first of 1970
const DAYS_AGO = Math.floor(Date.now() / DAY_MS) - 5;

/** Minute 0 is noon of a Wednesday of the last two weeks. */
const START = (DAYS_AGO - ((DAYS_AGO - WEDNESDAY) % 7)) * DAY_MS + DAY_MS / 2;

export interface History {
  readonly rule: string;
  readonly message: string;
  readonly events: readonly AuditEvent[];
  /** `rule of group`, or `rule` where the rule has no group. */
  readonly alerts: readonly string[];
}

export function buildHistories(
  rules: Readonly<Record<string, readonly (readonly [string, readonly AuditEvent[], readonly string[]])[]>>,
): readonly History[] {
  return Object.entries(rules).flatMap(([rule, own]) =>
    own.map(([message, events, alerts]) => ({ rule, message, events, alerts })),
  );
}

export type Facts = Omit<AuditInput, 'details'> & {
  readonly details?: Readonly<Record<string, unknown>>;
  readonly ip?: string;
  /** Default: the tenant of the history. */
  readonly tenantId?: string;
};

export function at(minute: number, name: string, { ip, ...input }: Facts = {}): AuditEvent {
  const event = buildOwnEvent(name, input);
  return { ...moved(event, START + minute * MINUTE_MS), ...(ip !== undefined && { request: { ip } }) };
}

/** The event as it would be at another time. */
export function moved(event: AuditEvent, ms: number): AuditEvent {
  const occurredAt = new Date(ms).toISOString();
  return { ...event, id: idAt(occurredAt), occurredAt };
}

export function many(count: number, make: (index: number) => AuditEvent): readonly AuditEvent[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** Actor and resource of a success are the account; a failure has an anonymous actor and no resource. */
export function login(minute: number, name: string, facts: Facts & { readonly failed?: boolean } = {}): AuditEvent {
  const { failed = false, details, ...others } = facts;
  return at(minute, failed ? 'user_login_failed' : 'user_login_success', {
    actor: failed ? { type: 'anonymous' } : { type: 'user', id: `id-of-${name}`, name },
    ...(failed ? {} : { resource: { type: 'user', id: `id-of-${name}` } }),
    ip: '203.0.113.7',
    details: details ?? { username: name, method: 'password' },
    ...others,
  });
}

export function failed(minute: number, name: string, facts: Facts = {}): AuditEvent {
  return login(minute, name, { ...facts, failed: true });
}

export function act(minute: number, name: string, by: string, to: string, facts: Facts = {}): AuditEvent {
  return at(minute, name, { actor: { type: 'user', id: by }, resource: { type: 'user', id: to }, ...facts });
}
