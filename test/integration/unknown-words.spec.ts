import { afterAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get, HttpException, Injectable, Logger, Module, Post } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { Test, type TestingModule } from '@nestjs/testing';
import fc from 'fast-check';
import {
  ActionLogger,
  Audited,
  AuditAggregator,
  AuditContext,
  AuditModule,
  AuditTrail,
  AuthAudit,
  defineAuditEvents,
  EventLogger,
  type AuditAnnotation,
  type AuditEvent,
} from '../../src/audit/index.js';
import { AuditTestingModule, InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { listen } from '../support/http-app.js';
import { runs } from '../support/whole.js';

/** JavaScript callers can pass any arguments. */
interface Careless {
  record(...args: readonly unknown[]): Promise<unknown>;
  logEvent(...args: readonly unknown[]): Promise<unknown>;
  logAction(...args: readonly unknown[]): Promise<boolean>;
  custom(...args: readonly unknown[]): Promise<unknown>;
}
const others: TestingModule[] = [];

const imports = [AuditModule.forRoot({ maxFailuresPerMinute: false })];
const module = await Test.createTestingModule({ imports, providers: [InMemoryAuditProvider] }).compile();
await module.init();
const memory = module.get(InMemoryAuditProvider);
const audit = module.get<Careless>(AuditAggregator);
const events = module.get<Careless>(EventLogger);
const actions = module.get<Careless>(ActionLogger);
const trail = module.get<Careless>(AuditTrail);
const auth = module.get<Careless>(AuthAudit);
afterAll(() => Promise.all([module, ...others].map((each) => each.close())));
beforeEach(() => memory.clear());

async function recorded(call: Promise<unknown>): Promise<AuditEvent | undefined> {
  memory.clear();
  await call;
  expect(memory.events).toHaveLength(1);
  return memory.events[0];
}

describe('an outcome', () => {
  it.each([
    ['FAILURE', 'failure'],
    ['failed', 'failure'],
    ['error', 'failure'],
    [' Denied ', 'denied'],
    ['blocked', 'denied'],
    ['succeeded', 'success'],
    ['ok', 'success'],
    ['partially', 'partial'],
    ['attempt', 'attempted'],
  ])('that another library calls %j is %s, by every door', async (outcome, expected) => {
    const input = { outcome };
    const ofScope = AuditContext.run({}, () => audit.record('invoice_export', input));
    const calls = [ofScope, audit.record('invoice_export', { actionResult: outcome })];
    calls.push(auth.custom('invoice_export', { actionResult: outcome }));
    await Promise.all(calls);
    expect(memory.events.map((event) => event.outcome)).toEqual([expected, expected, expected]);
    for (const { metadata } of memory.events) expect(metadata).toEqual({});
  });

  it('that nobody knows is kept, marked, and never better than a failure', async () => {
    const unknown = { outcome: 'failure', severity: 'warning', metadata: { unfitFields: ['outcome'] } };
    expect(await recorded(audit.record('invoice_export', { outcome: 'maybe' }))).toMatchObject({
      ...unknown,
      type: 'invoice_export_failed',
      metadata: { outcome: 'maybe', unfitFields: ['outcome'] },
    });
    expect(await recorded(audit.record('user_login', { outcome: true }))).toMatchObject(unknown);
    expect(await recorded(audit.record('user_login_denied', { outcome: {} }))).toMatchObject({ outcome: 'denied' });
    expect(await recorded(auth.custom('invoice_export', { actionResult: 'maybe' }))).toMatchObject({
      outcome: 'failure',
      metadata: { actionResult: 'maybe', unfitFields: ['actionResult'] },
    });
  });
});

describe('what says that it failed', () => {
  const saysSo = [
    { outcome: 'failed' },
    { actionResult: 'error' },
    { success: false },
    { error: new Error('no room') },
  ];
  it.each([...saysSo, { error_message: 'no room' }, { result: 'blocked' }])(
    'is heard by every door: %j',
    async (end) => {
      const calls = [audit.record('invoice_export', end), auth.custom('invoice_export', end)];
      calls.push(
        events.logEvent('invoice_export', end),
        actions.logAction({ adminUserId: 1, action: 'export', ...end }),
      );
      calls.push(trail.record('invoice_export', end), trail.record('invoice_export', { context: end }));
      await Promise.all(calls);
      const expected = 'result' in end ? 'denied' : 'failure';
      expect(memory.events.map(({ outcome }) => outcome)).toEqual(Array.from(calls, () => expected));
      for (const { metadata } of memory.events) expect(metadata).not.toHaveProperty('unfitFields');
    },
  );

  it('is an error alone, too, unless the call or the name of the event says otherwise', async () => {
    expect(await recorded(audit.record('invoice_export', new TypeError('no room')))).toMatchObject({
      type: 'invoice_export_failed',
      error: { name: 'TypeError', message: 'no room' },
      metadata: {},
    });
    const error = new Error('no room');
    for (const [name, input, outcome] of [
      ['user_login_success', { error }, 'failure'],
      ['permission_denied', { error }, 'denied'],
      ['permission_denied', { errorMessage: 'no' }, 'denied'],
      ['import_partial', { error }, 'partial'],
      ['import', { error, outcome: 'success' }, 'success'],
      ['import', { error: false }, 'success'],
    ] as const)
      expect([name, input, (await recorded(audit.record(name, input)))?.outcome]).toEqual([name, input, outcome]);
  });

  it.each(['invoice.export.failed', 'invoice-export-denied', 'invoice:export:failure', 'InvoiceExportFailed'])(
    'is the end of a name that nobody defined, whatever separates its words: %s',
    async (name) => {
      const event = await recorded(events.logEvent(name));
      expect(event?.outcome).toBe(name.endsWith('denied') ? 'denied' : 'failure');
    },
  );
});

const ANNOTATED: readonly (readonly [annotation: object, expected: object, thrown?: number])[] = [
  [{ outcome: 'FAILED' }, { outcome: 'failure', metadata: {} }],
  [{ actionResult: 'blocked' }, { outcome: 'denied', metadata: {} }],
  [{ outcome: 'maybe' }, { outcome: 'failure', metadata: { outcome: 'maybe', unfitFields: ['outcome'] } }],
  [{ result: 7 }, { outcome: 'success', metadata: { result: 7 } }],
  [{ error: new Error('half of it') }, { outcome: 'failure', error: { message: 'half of it' } }],
  [{ outcome: 'success' }, { outcome: 'failure', error: { name: 'HttpException' } }, 404],
  [{ outcome: 'success' }, { outcome: 'success' }, 302],
  [{ outcome: 'partial' }, { outcome: 'partial' }, 500],
];

it('an outcome that a handler annotates counts as the same by record()', async () => {
  let [annotation, , thrown] = ANNOTATED[0] ?? [];
  @Controller()
  class ExportController {
    @Get('export')
    @Audited('invoice_export')
    export(): void {
      AuditContext.annotate(annotation as AuditAnnotation); // as JavaScript does
      if (thrown !== undefined) throw new HttpException('thrown', thrown);
    }
  }
  @Module({ imports, controllers: [ExportController], providers: [InMemoryAuditProvider] })
  class AppModule {}
  const { app, url } = await listen(AppModule, 'express');
  for (const row of ANNOTATED) {
    [annotation, , thrown] = row;
    await fetch(`${url}/export`);
  }
  await app.close();
  expect(app.get(InMemoryAuditProvider).events).toMatchObject(ANNOTATED.map(([, expected]) => expected));
});

describe('a severity', () => {
  it.each([
    ['CRITICAL', 'critical'],
    ['fatal', 'critical'],
    ['Err', 'error'],
    ['warn', 'warning'],
    ['debug', 'info'],
  ])('that another library calls %j is %s, by every door', async (severity, expected) => {
    await audit.record('invoice_export', { severity });
    await audit.record('invoice_export', { level: severity });
    await auth.custom('invoice_export', { severity });
    await events.logEvent('invoice_export', { level: severity });
    expect(memory.events.map((event) => event.severity)).toEqual([expected, expected, expected, expected]);
  });

  it('that nobody knows is kept, marked, and what the event would have without it', async () => {
    const event = await recorded(audit.record('user_login_failed', { severity: 'loud' }));
    expect(event).toMatchObject({ severity: 'warning', metadata: { severity: 'loud', unfitFields: ['severity'] } });
  });
});

describe('a field of another library', () => {
  it('goes to its place', async () => {
    const input = { userId: 5, ip_address: '10.0.0.1', tenant_id: 'acme', target_type: 'order', targetId: 7 };
    expect(await recorded(audit.record('user_logout', { ...input, errorMessage: 'no room' }))).toMatchObject({
      actor: { type: 'user', id: '5' },
      tenantId: 'acme',
      resource: { type: 'order', id: '7' },
      request: { ip: '10.0.0.1' },
      error: { message: 'no room' },
      metadata: {},
    });
    expect(memory.events[0]?.metadata).toEqual({});
  });

  it('gives way to the event’s own field, and is kept and marked then', async () => {
    expect(await recorded(audit.record('user_login', { userId: 5, actor: { id: 6 } }))).toMatchObject({
      actor: { id: '6' },
      metadata: { userId: 5, unfitFields: ['userId'] },
    });
  });

  it('is kept and marked where it has no place, or cannot stand there', async () => {
    const input = { cashDesk: 3, ipAddress: 'behind the proxy', password: 'hunter2', metadata: { ticket: 'T-9' } };
    expect((await recorded(audit.record('user_login', input)))?.metadata).toEqual({
      ticket: 'T-9',
      cashDesk: 3,
      ipAddress: 'behind the proxy',
      password: '[REDACTED]',
      unfitFields: ['cashDesk', 'ipAddress', 'password'],
    });
  });

  it('is kept and marked within the actor and the resource, too', async () => {
    const input = { actor: { id: 1, team: 'blue' }, resource: 'order', reason: { why: 'x' } };
    expect(await recorded(audit.record('user_login', input))).toMatchObject({
      actor: { id: '1' },
      metadata: {
        actor: { team: 'blue' },
        resource: 'order',
        reason: { why: 'x' },
        unfitFields: ['actor', 'resource', 'reason'],
      },
    });
  });
});

describe('a call that is not of named fields', () => {
  it.each([42, 'ada', ['ada']])('of record() is kept and marked: %j', async (input) => {
    expect((await recorded(audit.record('user_login', input)))?.metadata).toEqual({ input, unfitFields: ['input'] });
  });

  it.each<[string, () => Promise<unknown>, object]>([
    [
      'logEvent',
      () => events.logEvent('user_login', 42, '203.0.113.7', 'r9', 'vault', { method: 'password' }, undefined, 'warn'),
      {
        ...{ actor: { id: '42' }, request: { ip: '203.0.113.7' }, resource: { type: 'vault', id: 'r9' } },
        ...{ details: { method: 'password' }, severity: 'warning' },
      },
    ],
    [
      'logAction',
      () => actions.logAction(1, 'USER_SUSPENDED', 'user', 77, { reason: 'spam' }),
      {
        ...{ type: 'user_suspended', actor: { type: 'admin', id: '1' }, resource: { type: 'user', id: '77' } },
        details: { reason: 'spam' },
      },
    ],
    [
      'a trail',
      () => trail.record('data_viewed', 42, 's-1', 'report', 'r-1', { page: 2 }),
      { actor: { id: '42', sessionId: 's-1' }, resource: { type: 'report', id: 'r-1' }, details: { page: 2 } },
    ],
  ])('of %s has its fields in the order of the list', async (_what, call, expected) => {
    expect(await recorded(call())).toMatchObject(expected);
  });

  it.each<[string, () => Promise<unknown>, string]>([
    [
      'logEvent, with an address in the place of the user,',
      () => events.logEvent('user_login', '203.0.113.7', 42),
      'Cannot log the event user_login: ipAddress is of the type number, not a text. Pass one object with these fields, or the arguments in ' +
        'this order: userId, ipAddress, resourceId, resourceType, details, context, level, options.',
    ],
    [
      'a trail, with a list as the user,',
      () => trail.record('data_viewed', ['ada']),
      'userId is a list, not a text or a number',
    ],
    [
      'a trail, with more arguments than it has,',
      () => trail.record('data_viewed', { userId: 42 }, {}, 'more'),
      'there are 1 arguments after options',
    ],
  ])('of %s is rejected, and nothing is recorded', async (_what, call, message) => {
    memory.clear();
    await expect(call()).rejects.toMatchObject({
      code: 'AUDIT_INPUT_INVALID',
      message: expect.stringContaining(message),
    });
    expect(memory.events).toEqual([]);
  });

  it('of logAction is not logged if an argument has the wrong type', async () => {
    expect(await actions.logAction(1, 'USER_SUSPENDED', 77, 'user')).toBe(false);
  });
});

it('AuthAudit takes event data for details, and an action for one of them', async () => {
  const call = auth.custom('invoice_export', { event_data: { pages: 3 }, action: 'export' });
  expect(await recorded(call)).toMatchObject({ details: { pages: 3, action: 'export' }, metadata: {} });
  expect(memory.events[0]?.metadata).toEqual({});
});

describe('a name', () => {
  it.each([
    ['create/store', 'create_store'],
    ['Créer', 'creer'],
    ['DELETE /users/5', 'delete_users_5'],
    ['§', 'unknown_action'],
  ])('that cannot be an event type, %j, is recorded as %s and kept', async (action, type) => {
    expect(await actions.logAction({ adminUserId: 1, action })).toBe(true);
    await events.logEvent(action);
    await trail.record(action);
    await auth.custom(action);
    expect(memory.events.map((event) => event.type)).toEqual([type, type, type, type]);
    for (const { metadata } of memory.events) expect(metadata).toMatchObject({ givenName: action });
  });
});

it.each([0, -1, 'long', Number.NaN])(
  'a retention period of %j is kept and marked, and keeps nothing longer',
  async (period) => {
    const { metadata } =
      (await recorded(events.logEvent('user_login', { options: { retention_period: period } }))) ?? {};
    expect(metadata).toEqual({
      retentionPeriod: Number.isNaN(period) ? 'NaN' : period,
      unfitFields: ['retentionPeriod'],
    });
  },
);

it('throws for what has no place where details are validated so', async () => {
  const imports = [AuditModule.forRoot({ detailsValidation: 'throw' })];
  const strict = await Test.createTestingModule({ imports, providers: [InMemoryAuditProvider] }).compile();
  await strict.init();
  others.push(strict);
  const record = (input: unknown): Promise<unknown> =>
    strict.get<Careless>(AuditAggregator).record('user_login', input);
  for (const input of [{ outcome: 'maybe' }, { severity: 'loud' }, { cashDesk: 3 }, 42]) {
    await expect(record(input)).rejects.toMatchObject({ code: 'AUDIT_INPUT_INVALID' });
  }
  await expect(record({ outcome: 'FAILED', userId: 5 })).resolves.toMatchObject({ recorded: true });
});

describe('whatever is recorded', () => {
  const word = fc.string({ unit: 'grapheme-ascii', maxLength: 12 });
  const names = ['outcome', 'severity', 'actor', 'resource', 'reason', 'changes', 'category', 'tenantId', 'error'];
  const aliases = ['userId', 'ip_address', 'level', 'actionResult', 'result', 'sessionId', 'targetId', 'before_state'];
  const name = fc.oneof(fc.constantFrom(...names, ...aliases, 'details', 'metadata'), word);

  it('is a success only where nothing else is said', async () => {
    const outcomes = fc.oneof(fc.anything(), word, fc.constantFrom('Success', 'OK', 'failed', 'no', ''));
    const property = fc.asyncProperty(outcomes, fc.constantFrom('outcome', 'actionResult'), async (outcome, field) => {
      const event = await recorded(audit.record('invoice_export', { [field]: outcome }));
      const isSaid = typeof outcome === 'string' && /^(success|ok)/i.test(outcome.trim());
      const isLess = outcome !== undefined && outcome !== null && !isSaid;
      expect(event?.outcome === 'success' && isLess).toBe(false);
    });
    await fc.assert(property, { numRuns: runs(200) });
  });

  it('keeps each word of it, unless it is a secret, or too much', async () => {
    const json = fc.oneof(fc.dictionary(name, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 6 }), fc.jsonValue());
    const property = fc.asyncProperty(json, async (input) => {
      const event = await recorded(audit.record('invoice_export', input));
      const text = JSON.stringify(event);
      const isCut = event?.truncated === true || text.includes('[REDACTED]');
      const lost = [...splitWords(input)].filter(
        (one) => !text.toLowerCase().includes(JSON.stringify(one).slice(1, -1)),
      );
      expect(isCut ? [] : lost).toEqual([]);
    });
    await fc.assert(property, { numRuns: runs(300) });
  });
});

/** An error's own name, code and message do not count. */
function* splitWords(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value.toLowerCase();
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) if (key !== 'error') yield* splitWords(item);
}

@Controller()
class LogInController {
  @Post('log-in')
  @Audited('user_logn')
  logIn(): void {
    return;
  }

  @MessagePattern('orders')
  @Audited('order_creatoin')
  order(): void {
    return;
  }

  @Post('own')
  @Audited('invoice_issued')
  own(): void {
    return;
  }
}

@Injectable()
@Audited('probe')
class Jobs {
  @Audited('data_exprot')
  async run(): Promise<void> {
    return Promise.resolve();
  }
}

const own = { action: 'user_lgin', outcome: 'success', category: 'custom' } as const;
const misspelled = [AuditTestingModule.forRoot({ events: defineAuditEvents({ user_lgin: own }) })];

@Module({ imports: misspelled, controllers: [LogInController], providers: [Jobs] })
class MisspelledModule {}

it('a name that nobody defined and that is near to a known one is warned of once, at the boot or when it is recorded', async () => {
  const warnings: string[] = [];
  const warn = jest
    .spyOn(Logger.prototype, 'warn')
    .mockImplementation((text: unknown) => void warnings.push(String(text)));
  const started = await Test.createTestingModule({ imports: [MisspelledModule] }).compile();
  others.push(await started.init());
  const said = (): readonly string[] => warnings.filter((text) => text.includes('defineAuditEvents'));
  expect(said().toSorted()).toEqual([
    expect.stringMatching(/^data_exprot .*Jobs\.run .*Did you mean data_export\?/),
    expect.stringMatching(/^order_creatoin .*LogInController\.order .*Did you mean order_creation\?/),
    expect.stringMatching(
      /^user_logn .*LogInController\.logIn .*Did you mean user_login\? Correct the name, or define/,
    ),
  ]);
  expect(warnings).toContainEqual(expect.stringMatching(/^@Audited on the class Jobs records nothing/));

  const audit = started.get(AuditAggregator);
  for (const name of ['user_logn', 'user_login', 'user_lgin', 'invoice_paid', 'role_assigend', 'role_assigend'])
    await audit.record(name);
  expect(said().slice(3)).toEqual([expect.stringMatching(/^role_assigend was recorded.*Did you mean role_assigned\?/)]);
  warn.mockRestore();
});
