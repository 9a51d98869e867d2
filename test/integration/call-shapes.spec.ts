import { readFile } from 'node:fs/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Inject, Module, Post, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import fc from 'fast-check';
import ts from 'typescript';
import { DataSource } from 'typeorm';
import {
  ActionLogger,
  ActionResult,
  AuditAction,
  AuditAggregator,
  AuditContext,
  AuditEventType,
  AuditLogLevel,
  AuditModule,
  AuditProvider,
  AuditTrail,
  AuthAudit,
  AuthEventType,
  EventLogger,
  Severity,
  type AuditEvent,
  type AuditModuleOptions,
  type LogActionCall,
} from '../../src/audit/index.js';
import { AUTH_RESULTS, type MfaFacts } from '../../src/audit/adapters/auth-audit.types.js';
import { toCamelCase } from '../../src/base/event/request-fields.js';
import { REDACTED } from '../../src/base/secrets/redact-names.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { MAIN_ADAPTERS, closeAfterTests, listen, tempFolder, testDatabase } from '../support/index.js';

const { eventTypes } = JSON.parse(await readFile('src/audit/catalogue/event-types.json', 'utf8')) as {
  readonly eventTypes: readonly {
    readonly name: string;
    readonly aliasOf?: string;
    readonly details?: Readonly<Record<string, unknown>>;
  }[]; // as given
};

const ADMIN = { type: 'admin', id: 'admin-1', sessionId: 's-admin' } as const;
const EVE = { type: 'user', id: 'u-2', name: 'Eve' } as const;
const OWN_FIELDS = ['user_id', 'session_id', 'user_agent', 'request_id', 'company_id', 'resource_type', 'resource_id'];
const STATES = { before_state: { a: 1 }, after_state: { a: 2 } };
const ADA = { userId: 'u-1', sessionId: 's-1' };
const errorMessage = 'the provider is down';

const guide = await readFile('docs/reference/call-shapes.md', 'utf8');
const database = await testDatabase({ empty: true });
const source = await closeAfterTests(new DataSource({ type: 'postgres', url: database.url, poolSize: 2 }).initialize());
const shapes = await closeAfterTests(start({ maxFailuresPerMinute: false, pseudonymKey: 'k'.repeat(32) }));
beforeEach(() => shapes.app.get(InMemoryAuditProvider).clear());

const closes: (() => Promise<unknown>)[] = [];
afterEach(() => Promise.all(closes.splice(0).map((close) => close())));

type Shapes = Awaited<ReturnType<typeof start>>;
async function start(options: AuditModuleOptions = {}, providers: Type[] = [InMemoryAuditProvider]) {
  const imports = [AuditModule.forRoot(options)];
  const app = await (await Test.createTestingModule({ imports, providers }).compile()).init();
  return {
    app,
    close: () => app.close(),
    AuditContext,
    audit: app.get(AuditAggregator),
    events: app.get(EventLogger),
    actions: app.get(ActionLogger),
    trail: app.get(AuditTrail),
    auth: app.get(AuthAudit),
    recorded: (): readonly AuditEvent[] => app.get(InMemoryAuditProvider).events,
  };
}
async function started(...parts: Parameters<typeof start>): Promise<Shapes> {
  const made = await start(...parts);
  closes.push(made.close);
  return made;
}

const splitBlocks = (text: string): readonly string[] =>
  Array.from(text.matchAll(/```\w+\n([^]*?)```/g), ([, code = '']) => code);
const isProvider = (block: string): boolean => block.includes('@AuditProvider');

function parsePairs(text: string): readonly (readonly [string, string])[] {
  const calls = splitBlocks(text).filter((block) => !isProvider(block));
  return calls.flatMap((theirs, index) => (index % 2 === 0 ? [[theirs, calls[index + 1] ?? ''] as const] : []));
}

function readSection(heading: string): string {
  const [, rest = ''] = guide.split(`\n## ${heading}\n`);
  const [section = ''] = rest.split('\n## ');
  return section;
}

it('each call records the same events as ours', async () => {
  for (const [theirs, ours] of parsePairs(guide)) {
    const recorded = await recordNumbered(theirs);
    expect(recorded.length).toBeGreaterThan(0);
    expect(recorded).toEqual(await recordNumbered(ours));
  }
});

it('of the transaction, nothing but the attempt is left after a rollback', async () => {
  for (const block of parsePairs(readSection('In a transaction of yours'))[0] ?? []) {
    const { recorded } = await run(block.replace('commitTransaction', 'rollbackTransaction'));
    expect(recorded()).toMatchObject([{ type: 'order_shipment_attempted' }]);
  }
});

it('the provider gets what the administrators do, and of other categories nothing', async () => {
  const [block = ''] = splitBlocks(guide).filter(isProvider);
  const FileLog = (await new AsyncFunction('AuditProvider', `${transpile(block)}; return FileLog;`)(
    AuditProvider,
  )) as Type<{ readonly lines: readonly string[] }>; // as the block declares it
  const calls = parsePairs(readSection("The provider contract: `logAction`, and the tenancy's administrators' log"));
  const { app } = await run(`${calls[1]?.[0]} await events.logEvent('order_created');`, [FileLog]);

  expect(app.get(FileLog).lines).toEqual(['1 role_assigned user 77', '1 settings_changed unknown locale']);
});

type Row = [what: string, call: (shapes: Shapes) => Promise<unknown>, ...events: object[]];

it.each<Row>([
  [
    'trail: the user of the context stays in the details beside the administrator who did it',
    ({ trail }) =>
      trail.record('user_token_rotation_succeeded', { userId: 'a-1', context: { user_id: 'u-7', reason: 'manual' } }),
    { actor: { id: 'a-1' }, resource: { type: 'user', id: 'u-7' }, details: { userId: 'u-7', reason: 'manual' } },
  ],
  [
    'trail: a session that was revoked is the resource, and not the administrator’s own',
    ({ trail }) =>
      AuditContext.run({ actor: ADMIN }, () => trail.record('session_revoked', { context: { session_id: 's-7' } })),
    { actor: ADMIN, resource: { type: 'session', id: 's-7' }, details: { sessionId: 's-7' } },
  ],
  [
    'trail: the target of an assignment is the resource, unless the call names one',
    async ({ trail }) => {
      const context = { target_user_id: 'u-7', role_name: 'auditor' };
      const role = { resourceType: 'role', resourceId: 'r-1' };
      await trail.record('role_assignment_attempted', { userId: 1, context });
      await trail.record('role_assignment_attempted', { userId: 1, ...role, context });
    },
    { resource: { type: 'user', id: 'u-7' } },
    { resource: { type: 'role', id: 'r-1' } },
  ],
  [
    'logEvent: a session is that of whoever acts, and of nobody who has another',
    async ({ events }) => {
      const call = { context: { session_id: 's-7' } };
      for (const actor of [EVE, ADMIN]) {
        await AuditContext.run({ actor }, () => events.logEvent('user_updated', call));
      }
    },
    { actor: { ...EVE, sessionId: 's-7' } },
    { actor: ADMIN, metadata: { sessionId: 's-7' } },
  ],
  [
    'logEvent: what cannot stand in its place, and what an argument contradicts',
    ({ events }) => {
      const context = { ip_address: 'behind the proxy', user_id: 7, user_agent: {}, metadata: 'T-9' };
      return events.logEvent('user_updated', { userId: 1, context, cash: 3 } as object);
    },
    {
      actor: { id: '1' },
      metadata: {
        ...{ ipAddress: 'behind the proxy', userId: 7, userAgent: {}, metadata: 'T-9', cash: 3 },
        unfitFields: ['ipAddress', 'userAgent'],
      },
    },
  ],
  [
    'logEvent: states only when told so, and changes always',
    async ({ events }) => {
      await events.logEvent('user_updated', { context: STATES, options: { capture_before_after: true } });
      await events.logEvent('user_updated', { context: { changes: { a: { from: 1, to: 2 } } } });
      await events.logEvent('user_updated', { context: STATES });
    },
    { changes: { diff: [{ path: '/a', from: 1, to: 2 }] } },
    { changes: { diff: expect.anything() } },
    expect.not.objectContaining({ changes: expect.anything() }),
  ],
  [
    'logEvent: pseudonyms when told so',
    ({ events }) =>
      events.logEvent('user_updated', {
        details: { email: 'ada@example.com' },
        context: { ip_address: '203.0.113.7' },
        options: { anonymize_data: true },
      }),
    {
      details: { email: expect.stringMatching(/^psn_[\w-]{43}$/) },
      request: { ip: expect.stringMatching(/^2001:db8:/) },
    },
  ],
  ...[null, 7, {}, { context: null, options: null, details: 7, level: 'loud' }].map((call): Row => [
    `logEvent: of a careless caller, ${JSON.stringify(call)}`,
    ({ events }) => events.logEvent('user_login', call as object),
    { type: 'user_login_success' },
  ]),
  ...(
    [
      ['succeeded', 'data_exported', 'success'],
      ['granted', 'data_exported', 'success'],
      ['failed', 'data_export_failed', 'failure'],
      ['denied', 'data_export_denied', 'denied'],
    ] as const
  ).map(([end, type, outcome]): Row => [
    `an attempt that is ${end}`,
    async ({ trail }) => (await trail.attempted('data_export', { userId: 7 }))[end](),
    { type: 'data_export_attempted', outcome: 'attempted', actor: { id: '7' } },
    { type, outcome, actor: { id: '7' }, metadata: { attemptId: expect.any(String) } },
  ]),
  [
    'an attempt has one end, the first, with its reason and its error',
    async ({ trail }) => {
      const attempt = await trail.attempted('data_export');
      await Promise.all([attempt.failed('disk_full', { error: new TypeError('no room') }), attempt.succeeded()]);
    },
    { outcome: 'attempted' },
    { outcome: 'failure', reason: 'disk_full', error: { name: 'TypeError', message: 'no room' } },
  ],
  ...AUTH_RESULTS.map((actionResult): Row => [
    `AuthAudit: events that ended in ${actionResult}`,
    async ({ auth }) => {
      const end = { ...ADA, actionResult } as const;
      await auth.oauthEvent('oauth_token_exchange', { ...end, clientId: 'c-1', reason: 'expired_code' });
      await auth.mfaEvent('mfa_enabled', end);
      await auth.apiKeyEvent('api_key_used', { ...end, apiKeyId: 'k-1' });
      await auth.custom('auth.custom.event', end);
    },
    { outcome: actionResult, reason: 'expired_code' },
    ...Array<object>(3).fill({ outcome: actionResult }),
  ]),
  [
    'AuthAudit: an error message without a result is a failure, and one with a result what that says',
    async ({ auth }) => {
      await auth.oauthEvent('oauth_authorize', { clientId: 'c-1', errorMessage });
      await auth.apiKeyEvent('api_key_used', { apiKeyId: 'k-1', errorMessage, actionResult: 'partial' });
    },
    { outcome: 'failure', error: { message: errorMessage } },
    { outcome: 'partial', error: { message: errorMessage } },
  ],
  [
    'AuthAudit: who and where from the call, and from the context',
    async ({ auth }) => {
      const where = { ipAddress: '203.0.113.7', userAgent: 'worker/1' };
      await auth.tokenRevoked({ userId: 7, username: 'ada', sessionId: 's-1', ...where });
      await AuditContext.run({ actor: EVE, ip: '203.0.113.7' }, () => auth.passwordChanged());
    },
    {
      actor: { type: 'user', id: '7', name: 'ada', sessionId: 's-1' },
      resource: { type: 'user', id: '7' },
      request: { ip: '203.0.113.7', userAgent: 'worker/1' },
    },
    { actor: EVE, request: { ip: '203.0.113.7' }, details: { forced: false } },
  ],
  [
    'AuthAudit: what JavaScript gives that does not fit',
    async ({ auth }) => {
      const careless = { userId: 7, device: 'phone', actionResult: 'maybe', ip_address: 'here', severity: 'loud' };
      await auth.mfaEvent('mfa_enabled', careless as MfaFacts);
      await auth.logout(undefined as unknown as object);
    },
    {
      metadata: {
        ...{ device: 'phone', actionResult: 'maybe', ipAddress: 'here', severity: 'loud' },
        unfitFields: ['severity', 'device', 'actionResult', 'ipAddress'],
      },
    },
    { type: 'user_logout' },
  ],
])('beside what the guide shows: %s', async (_what, call, ...expected) => {
  await call(shapes);
  expect(shapes.recorded()).toMatchObject(expected);
});

it('each constant of a given name is recorded under its canonical name by each call', async () => {
  const listed = [AuditEventType, AuditAction, AuthEventType].map((constants) => Object.entries(constants));
  expect(listed.map(({ length }) => length)).toEqual([68, 110, 22]);
  expect(listed.flat().filter(([constant, name]) => constant !== name.toUpperCase())).toEqual([]);
  const { audit, events, actions, trail, auth, recorded } = shapes;
  for (const name of listed.flatMap((entries) => entries.map(([, each]) => each))) {
    shapes.app.get(InMemoryAuditProvider).clear();
    const { aliasOf: canonical = name } = eventTypes.find((each) => each.name === name) ?? {};
    await audit.record(name, { severity: Severity.INFO });
    await events.logEvent(name, { level: AuditLogLevel.INFO });
    expect(await actions.logAction({ adminUserId: 1, action: name })).toBe(true);
    await trail.record(name);
    await auth.custom(name, { severity: Severity.INFO });
    const [first, ...others] = recorded().map(({ type }) => type);
    expect([first, ...others]).toEqual(Array<string>(5).fill(canonical));
  }
  const severities = { ...Severity, DEBUG: 'info', WARN: 'warning' };
  for (const [constant, level] of Object.entries(AuditLogLevel)) {
    shapes.app.get(InMemoryAuditProvider).clear();
    await events.logEvent(AuditEventType.USER_LOGIN, { level });
    expect(recorded()).toMatchObject([
      { type: 'user_login_success', severity: severities[constant as keyof typeof severities] }, // a key of AuditLogLevel
    ]);
  }
  await audit.record(AuditAction.USER_LOGIN_ATTEMPTED, { details: { method: 'password' } });
  // @ts-expect-error The constant has the details of its event type.
  await audit.record(AuditAction.USER_LOGIN_ATTEMPTED, { details: { nothingOfTheKind: 1 } });
  await auth.custom(AuthEventType.LOGIN_SUCCESS, { actionResult: ActionResult.SUCCESS });
});

describe.each(MAIN_ADAPTERS)('logEvent on %s', (adapter) => {
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
    const parts = { controllers: [BodyController], providers: [InMemoryAuditProvider] };
    @Module({ imports: [AuditModule.forRoot()], ...parts })
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

@AuditProvider({ backend: 'no' })
class NoLog implements AuditProvider {
  record(): Promise<boolean> {
    return Promise.resolve(false);
  }
}

describe('logAction answers', () => {
  const call: LogActionCall = { adminUserId: 1, action: 'user_suspended' };
  let spillDir: string;
  beforeAll(async () => {
    spillDir = await tempFolder('audit-spill-');
  });
  it.each<[boolean, string, () => Promise<Shapes>, unknown]>([
    [true, 'an event that is stored', () => started(), call],
    [true, 'one that is on disk to be stored later', () => started({ spillDir }, [BrokenProvider]), call],
    [false, 'one that has no provider', () => started({}, []), call],
    [false, 'one that is stored nowhere', () => started({}, [BrokenProvider]), call],
    [false, 'one that the provider says it did not log', () => started({}, [NoLog]), call],
    [false, 'one of a closed application', () => started({ onFailure: 'closed' }, [BrokenProvider]), call],
    ...[undefined, { action: 7 }].map((careless): [false, string, () => Promise<Shapes>, unknown] => [
      ...([false, `a careless ${JSON.stringify(careless)}`] as const),
      () => started(),
      careless,
    ]),
  ])('%s to %s', async (answer, _what, from, given) => {
    expect(await (await from()).actions.logAction(given as LogActionCall)).toBe(answer);
  });

  it('false, and logs nothing, when the manager is in no transaction', async () => {
    expect(await shapes.actions.logAction(call, { transaction: source.manager })).toBe(false);
    expect(shapes.recorded()).toEqual([]);
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
      shapes.app.get(InMemoryAuditProvider).clear();
      seen.add(name);
      const fields = [...new Set([...Object.keys(details), ...own])];
      const context = Object.fromEntries(fields.map((field, index) => [field, words[index]]));
      const call = { context: { ...context, ip_address: '203.0.113.7' }, ...(isDirect ? { userId: 'u-direct' } : {}) };
      const scope = isInScope ? { actor: ADMIN } : {};
      await AuditContext.run(scope, () =>
        shape === 'trail' ? shapes.trail.record(name, call) : shapes.events.logEvent(name, call),
      );
      const [event] = shapes.recorded();
      const { actor, resource, details: found, metadata, request, tenantId, error } = event ?? {};
      const json = JSON.stringify({ actor, resource, found, metadata, request, tenantId, error });
      expect(request?.ip).toBe('203.0.113.7');
      // The account is the resource of a failed log-in, and not the actor.
      if (isDirect) expect([actor?.id, resource?.id, metadata?.givenActorId]).toContain('u-direct');
      for (const field of fields) {
        const isMasked = { ...metadata, ...found }[toCamelCase(field)] === REDACTED; // a secret, or the value of a setting
        expect(isMasked || json.includes(`"${String(context[field])}"`)).toBe(true);
        expect(isMasked && !/^token$|_tokens$|_value$/.test(field)).toBe(false);
      }
    };
    for (const name of eventTypes) {
      const ofName = fc.asyncProperty(given, (one) => check({ ...one, name }));
      await fc.assert(ofName, { numRuns: 1, endOnFailure: true });
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

async function run(code: string, providers: Type[] = []): Promise<Shapes> {
  const made = await started({}, [...providers, InMemoryAuditProvider]);
  const runner = source.createQueryRunner();
  const names = { ...made, runner };
  try {
    await new AsyncFunction(...Object.keys(names), transpile(code))(...Object.values(names));
  } finally {
    await runner.release();
  }
  return made;
}

/** Ids and times differ in each run, so numbers by first appearance replace them. */
async function recordNumbered(code: string): Promise<readonly unknown[]> {
  const { recorded } = await run(code);
  const ids = new Map<string, number>();
  const json = JSON.stringify(recorded().map((event) => ({ ...event, occurredAt: undefined })));
  const numbered = json.replace(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, (id) => {
    ids.set(id, ids.get(id) ?? ids.size);
    return `id ${ids.get(id)}`;
  });
  return JSON.parse(numbered) as readonly unknown[]; // made of a list
}

type Run = (...values: unknown[]) => Promise<unknown>;
const AsyncFunction = (async () => Promise.resolve()).constructor as new (...texts: string[]) => Run;

function transpile(code: string): string {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, experimentalDecorators: true };
  return ts.transpileModule(code, { compilerOptions }).outputText;
}
