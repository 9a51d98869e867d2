import type { AuditEvent, AuditInput } from '../../../../src/audit/index.js';
import { buildOwnEvent } from '../../../../src/audit/build-own-event.js';

const MINUTE_MS = 60_000;

const DAY_MS = 86_400_000;
const WEDNESDAY = 6; // days after the first of 1970
const DAYS_AGO = Math.floor(Date.now() / DAY_MS) - 40;

/** Minute 0 of every history, at noon of a working day: what has to follow within days had its time. */
const START = (DAYS_AGO - ((DAYS_AGO - WEDNESDAY) % 7)) * DAY_MS + DAY_MS / 2;

/** The minute in which this runs. */
export const NOW = Math.floor((Date.now() - START) / MINUTE_MS);

/** What happened to one tenant, in the order in which it was sealed, and the alerts that come of it. */
export interface History {
  /** The rule that it is about. */
  readonly rule: string;
  readonly says: string;
  readonly events: readonly AuditEvent[];
  /** Each as `rule of group`, without the group where it has none. */
  readonly alerts: readonly string[];
  /** `true`: without the restart in the middle. The watch is through before that: what has to follow within hours is due then, by the clock. */
  readonly isWhole?: boolean;
}

/** Histories of each rule: what happens, its events, and the alerts. */
export function historiesOf(
  rules: Readonly<Record<string, readonly (readonly [string, readonly AuditEvent[], readonly string[]])[]>>,
): readonly History[] {
  return Object.entries(rules).flatMap(([rule, own]) =>
    own.map(([says, events, alerts]) => ({ rule, says, events, alerts })),
  );
}

/** What an event has beside its name and time. */
export type Facts = Omit<AuditInput, 'details'> & {
  readonly details?: Readonly<Record<string, unknown>>;
  readonly ip?: string;
  readonly country?: string;
  /** Another one than that of the history. */
  readonly tenantId?: string;
};

/** An event of the product, so many minutes after the start. */
export function at(minute: number, name: string, { ip, country, ...input }: Facts = {}): AuditEvent {
  const event = buildOwnEvent(name, {
    ...input,
    ...(country !== undefined && { metadata: { country } }),
  });
  return {
    ...event,
    occurredAt: new Date(START + minute * MINUTE_MS).toISOString(),
    ...(ip !== undefined && { request: { ip } }),
  };
}

/** `count` events, made by their number from 0 on. */
export function many(count: number, make: (index: number) => AuditEvent): readonly AuditEvent[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** A log-in of an account that exists: actor and resource are the account, as the reference application records it. */
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

/** A log-in that failed. */
export function failed(minute: number, name: string, facts: Facts = {}): AuditEvent {
  return login(minute, name, { ...facts, failed: true });
}

/** Something that one account did to another. */
export function act(minute: number, name: string, by: string, to: string, facts: Facts = {}): AuditEvent {
  return at(minute, name, { actor: { type: 'user', id: by }, resource: { type: 'user', id: to }, ...facts });
}
