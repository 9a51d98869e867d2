import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Test, type TestingModule } from '@nestjs/testing';
import fc from 'fast-check';
import { AuditModule } from '../audit.module.js';
import { AuditContext } from '../context/audit-context.js';
import type { AuditEvent } from '../event/audit-event.js';
import { REDACTED } from '../event/sensitive-names.js';
import { InMemoryAuditProvider } from '../testing/in-memory-audit.provider.js';
import { ActionLogger } from './action-logger.service.js';
import { AuditTrail } from './audit-trail.service.js';
import type { CallContext } from '../event/call-context.js';
import { camelCase } from '../event/either-case.js';
import { EventLogger, type LogEventCall } from './event-logger.service.js';

const LISTS = new URL('../catalogue/event-types.json', import.meta.url);
const { eventTypes } = JSON.parse(await readFile(LISTS, 'utf8')) as {
  readonly eventTypes: readonly { readonly name: string; readonly details?: Readonly<Record<string, unknown>> }[]; // as given
};

const ADMIN = { type: 'admin', id: 'admin-1', sessionId: 's-admin' } as const;
const OWN_FIELDS = ['user_id', 'session_id', 'user_agent', 'request_id', 'company_id', 'resource_type', 'resource_id'];

let module: TestingModule;
let memory: InMemoryAuditProvider;
let trail: AuditTrail;
let events: EventLogger;
let actions: ActionLogger;

beforeAll(async () => {
  const testing = Test.createTestingModule({
    imports: [AuditModule.forRoot({ maxFailuresPerMinute: false })],
    providers: [InMemoryAuditProvider],
  });
  module = await testing.compile();
  await module.init();
  memory = module.get(InMemoryAuditProvider);
  trail = module.get(AuditTrail);
  events = module.get(EventLogger);
  actions = module.get(ActionLogger);
});
afterAll(() => module.close());
beforeEach(() => {
  memory.clear();
});

function onlyEvent(): AuditEvent | undefined {
  expect(memory.events).toHaveLength(1);
  return memory.events[0];
}

describe('trail.record', () => {
  it('keeps the victim of a rotation beside the administrator who did it', async () => {
    const call = { userId: 'admin-1', context: { user_id: 'u-7', reason: 'manual' } };
    await trail.record('user_token_rotation_succeeded', call);
    expect(onlyEvent()).toMatchObject({
      actor: { id: 'admin-1' },
      resource: { type: 'user', id: 'u-7' },
      details: { userId: 'u-7', reason: 'manual' },
    });
  });

  it('takes a session that was revoked for the resource, and not for the administrator’s own', async () => {
    await AuditContext.run({ actor: ADMIN }, () => trail.record('session_revoked', { context: { session_id: 's-7' } }));
    expect(onlyEvent()).toMatchObject({
      actor: ADMIN,
      resource: { type: 'session', id: 's-7' },
      details: { sessionId: 's-7' },
    });
    memory.clear();
    await trail.record('session_revoked', { userId: 'admin-1', context: { session_id: 's-7' } });
    expect(onlyEvent()?.actor).toEqual({ type: 'user', id: 'admin-1' });
  });

  it('takes the target of an assignment for the resource, unless the call names one', async () => {
    const context = { target_user_id: 'u-7', role_name: 'auditor' };
    await trail.record('role_assignment_attempted', { userId: 1, context });
    await trail.record('role_assignment_attempted', { userId: 1, resourceType: 'role', resourceId: 'r-1', context });
    expect(memory.events.map(({ resource }) => resource)).toEqual([
      { type: 'user', id: 'u-7' },
      { type: 'role', id: 'r-1' },
    ]);
  });

  it('takes the context’s user for the actor where nobody else is known', async () => {
    await trail.record('data_viewed', { context: { user_id: 7, session_id: 's-7' } });
    expect(onlyEvent()).toMatchObject({ actor: { type: 'user', id: '7', sessionId: 's-7' } });
  });

  it('takes a session of its own for the actor’s', async () => {
    await trail.record('data_viewed', { userId: 7, sessionId: 's-7' });
    expect(onlyEvent()?.actor).toEqual({ type: 'user', id: '7', sessionId: 's-7' });
  });
});

describe('logEvent', () => {
  it('keeps the id of a resource without a type, so that it is found', async () => {
    await events.logEvent('user_updated', { resourceId: 77 });
    expect(onlyEvent()?.resource).toEqual({ type: 'unknown', id: '77' });
  });

  it('takes a session without a user for that of whoever acts', async () => {
    await events.logEvent('user_updated', { context: { session_id: 's-7' } });
    const actor = { type: 'user', id: 'u-2' } as const;
    await AuditContext.run({ actor }, () => events.logEvent('user_updated', { context: { session_id: 's-7' } }));
    expect(memory.events.map((event) => event.actor)).toEqual([
      { type: 'anonymous', sessionId: 's-7' },
      { type: 'user', id: 'u-2', sessionId: 's-7' },
    ]);
  });

  it('keeps the session of somebody else in the metadata', async () => {
    await AuditContext.run({ actor: ADMIN }, () => events.logEvent('user_updated', { context: { session_id: 's-7' } }));
    expect(onlyEvent()).toMatchObject({ actor: ADMIN, metadata: { sessionId: 's-7' } });
  });

  it('takes a level in any case, and keeps and marks one that it does not know', async () => {
    await events.logEvent('user_updated', { level: 'WARN' as 'warn' });
    await events.logEvent('user_updated', { level: 'loud' as 'warn' });
    expect(memory.events).toMatchObject([
      { severity: 'warning' },
      { severity: 'info', metadata: { level: 'loud', unfitFields: ['level'] } },
    ]);
    expect(memory.events[0]?.metadata).toEqual({ retentionDays: 90 });
  });

  it('keeps and marks what cannot stand in its place, and what its own argument contradicts', async () => {
    const context = { ip_address: 'behind the proxy', user_id: 7, user_agent: {}, metadata: 'T-9' };
    await events.logEvent('user_updated', {
      userId: 1,
      context: context as unknown as CallContext,
      cash: 3,
    } as LogEventCall);
    expect(onlyEvent()).toMatchObject({
      actor: { id: '1' },
      metadata: { ipAddress: 'behind the proxy', userId: 7, userAgent: {}, metadata: 'T-9', cash: 3 },
    });
    expect(onlyEvent()?.metadata.unfitFields).toEqual(['ipAddress', 'userAgent']);
  });
});

describe('logAction', () => {
  it('keeps fields that it does not know', async () => {
    await actions.logAction({ adminUserId: 1, action: 'STORE_CLOSED', companyId: 'acme', ...{ ticket: 'T-9' } });
    expect(onlyEvent()).toMatchObject({
      actor: { type: 'admin', id: '1' },
      tenantId: 'acme',
      metadata: { ticket: 'T-9' },
    });
  });
});

describe('a field that is given is found again', () => {
  const word = fc.stringMatching(/^[b-df-hj-km-np-rt-z]{8,12}$/);
  const given = fc.record({
    words: fc.uniqueArray(word, { minLength: 40, maxLength: 40 }),
    own: fc.subarray(OWN_FIELDS),
    isDirect: fc.boolean(),
    isInScope: fc.boolean(),
  });

  it.each(['trail', 'logEvent'] as const)('by %s, for each name and context field of the lists', async (shape) => {
    const seen = new Set<string>();
    const check = async ({ name: { name, details = {} }, words, own, isDirect, isInScope }: Given): Promise<void> => {
      memory.clear();
      seen.add(name);
      const fields = [...new Set([...Object.keys(details), ...own])];
      const context = Object.fromEntries(fields.map((field, index) => [field, words[index]]));
      const call = { context: { ...context, ip_address: '203.0.113.7' }, ...(isDirect ? { userId: 'u-direct' } : {}) };
      const scope = isInScope ? { actor: ADMIN } : {};
      await AuditContext.run(scope, () => (shape === 'trail' ? trail.record(name, call) : events.logEvent(name, call)));
      const event = onlyEvent();
      const { actor, resource, details: found, metadata, request, tenantId, error } = event ?? {};
      const json = JSON.stringify({ actor, resource, found, metadata, request, tenantId, error });
      expect(request?.ip).toBe('203.0.113.7');
      // Of a log-in that failed, the account is the resource.
      if (isDirect) expect([actor?.id, resource?.id, metadata?.givenActorId]).toContain('u-direct');
      for (const field of fields) {
        const isMasked = { ...metadata, ...found }[camelCase(field)] === REDACTED; // a secret, or the value of a setting
        expect(isMasked || json.includes(`"${String(context[field])}"`)).toBe(true);
        expect(isMasked && !/^token$|_value$/.test(field)).toBe(false);
      }
    };
    for (const name of eventTypes) {
      const ofName = fc.asyncProperty(given, (one) => check({ ...one, name }));
      await fc.assert(ofName, { numRuns: 3, endOnFailure: true });
    }
    expect(seen.size).toBe(186);
  });
});

interface Given {
  readonly name: (typeof eventTypes)[number];
  readonly words: readonly string[];
  readonly own: readonly string[];
  readonly isDirect: boolean;
  readonly isInScope: boolean;
}
