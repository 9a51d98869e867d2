import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Inject, Module, Post, type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  ActionLogger,
  AuditAggregator,
  AuditContext,
  AuditModule,
  AuditProvider,
  AuditTrail,
  AuthAudit,
  EventLogger,
  type AuditEvent,
  type AuditModuleOptions,
  type CallContext,
  type LogActionCall,
} from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { ADAPTERS, listen } from '../support/http-app.js';

const apps: INestApplication[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

async function start(
  options: AuditModuleOptions = {},
  providers: (new () => AuditProvider)[] = [InMemoryAuditProvider],
) {
  @Module({ imports: [AuditModule.forRoot(options)], providers })
  class AppModule {}
  const app = (await Test.createTestingModule({ imports: [AppModule] }).compile()).createNestApplication({
    logger: false,
  });
  apps.push(await app.init());
  return {
    AuditContext,
    audit: app.get(AuditAggregator),
    events: app.get(EventLogger),
    actions: app.get(ActionLogger),
    trail: app.get(AuditTrail),
    auth: app.get(AuthAudit),
    recorded: (): readonly AuditEvent[] => app.get(InMemoryAuditProvider).events,
  };
}

describe('logEvent', () => {
  it('resolves with the id of the event', async () => {
    const { events, recorded } = await start();
    const id = await events.logEvent('user_login');

    expect(recorded()).toMatchObject([{ id, type: 'user_login_success', metadata: { retentionDays: 90 } }]);
  });

  it('takes a context in camelCase, too, and keeps fields that have no place', async () => {
    const { events, recorded } = await start();
    const context: CallContext = { userId: 7, companyId: 3, resourceType: 'order', resource_id: 'o-1', cash_desk: 2 };
    await events.logEvent('order_created', { context, options: { retentionPeriod: 7, captureBeforeAfter: false } });

    expect(recorded()).toMatchObject([
      {
        actor: { type: 'user', id: '7' },
        tenantId: '3',
        resource: { type: 'order', id: 'o-1' },
        metadata: { cashDesk: 2, retentionDays: 7 },
      },
    ]);
  });

  it('leaves the states out when it is told to', async () => {
    const { events, recorded } = await start();
    const context = { before_state: { a: 1 }, after_state: { a: 2 } };
    await events.logEvent('user_updated', { context });
    await events.logEvent('user_updated', { context, options: { capture_before_after: false } });

    expect(recorded().map(({ changes }) => changes?.diff)).toEqual([[{ path: '/a', from: 1, to: 2 }], undefined]);
  });

  it('anonymises when it is told to', async () => {
    const { events, recorded } = await start({ pseudonymKey: 'k'.repeat(32) });
    await events.logEvent('user_updated', {
      details: { email: 'ada@example.com' },
      context: { ip_address: '203.0.113.7', user_agent: 'curl/8' },
      options: { anonymize_data: true },
    });

    expect(recorded()[0]).toMatchObject({
      details: { email: expect.stringMatching(/^psn_[\w-]{43}$/) },
      request: { ip: expect.stringMatching(/^2001:db8:/), userAgent: expect.stringMatching(/^psn_/) },
    });
  });

  it.each([null, 7, {}, { context: null, options: null, details: 7, level: 'loud' }])(
    'records the event when a careless caller gives %j',
    async (call) => {
      const { events, recorded } = await start();
      await events.logEvent('user_login', call as object);

      expect(recorded()).toMatchObject([{ type: 'user_login_success' }]);
    },
  );
});

describe.each(ADAPTERS)('logEvent on %s', (adapter) => {
  it('keeps the body of the request, redacted, when it is asked to', async () => {
    @Controller()
    class BodyController {
      constructor(@Inject(EventLogger) private readonly events: EventLogger) {}
      @Post('notes')
      async create(): Promise<void> {
        await this.events.logEvent('user_updated', { options: { include_request_body: true } });
        await this.events.logEvent('user_updated');
      }
    }
    @Module({
      imports: [AuditModule.forRoot()],
      controllers: [BodyController],
      providers: [InMemoryAuditProvider],
    })
    class AppModule {}
    const server = await listen(AppModule, adapter);
    const body = JSON.stringify({ note: 'tea', password: 'hunter2' });
    await fetch(`${server.url}/notes`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    const [withBody, without] = server.app.get(InMemoryAuditProvider).events;
    await server.app.close();

    expect(withBody?.metadata.requestBody).toEqual({ note: 'tea', password: '[REDACTED]' });
    expect(without?.metadata).toEqual({ retentionDays: 90 });
  });
});

@AuditProvider({ backend: 'broken' })
class BrokenProvider implements AuditProvider {
  record(): Promise<void> {
    return Promise.reject(new Error('the disk is gone'));
  }
}

describe('logAction', () => {
  const call: LogActionCall = { adminUserId: 1, action: 'user_suspended' };
  let spillDir: string;
  beforeAll(async () => {
    spillDir = await mkdtemp(join(tmpdir(), 'audit-spill-'));
  });
  afterAll(async () => {
    await rm(spillDir, { recursive: true });
  });

  it('says yes when the event is stored, or is on disk to be stored later', async () => {
    expect(await (await start()).actions.logAction(call)).toBe(true);
    expect(await (await start({ spillDir }, [BrokenProvider])).actions.logAction(call)).toBe(true);
  });

  it('says no, and rejects nothing, when it could be stored nowhere', async () => {
    expect(await (await start({}, [])).actions.logAction(call)).toBe(false);
    expect(await (await start({}, [BrokenProvider])).actions.logAction(call)).toBe(false);
    expect(await (await start({ onFailure: 'closed' }, [BrokenProvider])).actions.logAction(call)).toBe(false);
  });

  it.each([undefined, null, {}, { action: 7 }])('says no to %j', async (careless) => {
    expect(await (await start()).actions.logAction(careless as unknown as LogActionCall)).toBe(false); // JavaScript
  });
});

describe('an attempt', () => {
  it.each([
    ['succeeded', 'data_exported', 'success'],
    ['granted', 'data_exported', 'success'],
    ['failed', 'data_export_failed', 'failure'],
    ['denied', 'data_export_denied', 'denied'],
  ] as const)('that is %s ends in %s', async (end, type, outcome) => {
    const { trail, recorded } = await start();
    const attempt = await trail.attempted('data_export', { userId: 7 });
    await attempt[end]();

    expect(recorded()).toMatchObject([
      { id: attempt.receipt.eventId, type: 'data_export_attempted', outcome: 'attempted', actor: { id: '7' } },
      { type, outcome, actor: { id: '7' }, metadata: { attemptId: attempt.receipt.eventId } },
    ]);
  });

  it('keeps the reason and the error of its end', async () => {
    const { trail, recorded } = await start();
    await (await trail.attempted('data_export')).failed('disk_full', { error: new TypeError('no room') });

    expect(recorded()[1]).toMatchObject({ reason: 'disk_full', error: { name: 'TypeError', message: 'no room' } });
  });

  it('has one end, the first', async () => {
    const { trail, recorded } = await start();
    const attempt = await trail.attempted('data_export');
    const ends = await Promise.all([attempt.denied('no_clearance'), attempt.succeeded()]);

    expect(ends[0]).toBe(ends[1]);
    expect(recorded().map(({ outcome }) => outcome)).toEqual(['attempted', 'denied']);
  });
});
