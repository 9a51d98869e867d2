import { describe, expect, it } from '@jest/globals';
import { MAX_EVENT_BYTES, type AuditEvent } from './audit-event.js';
import type { AuditRequest } from '../../base/event/request-fields.js';
import type { AuditInput } from './audit-input.js';
import { buildEvent } from './build-event.js';
import { createSecretNameTest } from '../../base/secrets/redact-names.js';

const isSecretName = createSecretNameTest();

function build(input: AuditInput, request?: AuditRequest): AuditEvent {
  return buildEvent({
    id: '018f3c1e-7b3a-7000-8000-000000000001',
    occurredAt: new Date('2026-01-02T03:04:05.678Z'),
    resolved: { type: 'order_created', action: 'order_creation', outcome: 'success', category: 'order' },
    input,
    request,
    isSecretName,
  });
}

/** No compiler checks the input of a JavaScript caller. */
function careless(input: object | null): AuditInput {
  return input as AuditInput;
}

const throwing = (): never => {
  throw new Error('no');
};

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const measureBytes = (event: AuditEvent): number => Buffer.byteLength(JSON.stringify(event));

describe('an event', () => {
  it('says nothing that nobody said', () => {
    expect(build({})).toStrictEqual({
      id: '018f3c1e-7b3a-7000-8000-000000000001',
      schemaVersion: 2,
      occurredAt: '2026-01-02T03:04:05.678Z',
      type: 'order_created',
      action: 'order_creation',
      outcome: 'success',
      category: 'order',
      severity: 'info',
      actor: { type: 'anonymous' },
      details: {},
      metadata: {},
    });
  });

  it('keeps everything that was said', () => {
    const fields = {
      ...({ severity: 'critical', category: 'billing', tenantId: 'acme', reason: 'asked for' } as const),
      changes: { before: { status: 'new' }, after: { status: 'paid' }, diff: [{ path: '/status' }] },
      details: { lines: 3 },
      metadata: { source: 'shop' },
    } as const;
    const onBehalfOf = { type: 'user', id: 8n } as const;
    const actor = { type: 'admin', id: 7, name: 'Ada', sessionId: 's-1', onBehalfOf } as const;
    const error = Object.assign(new RangeError('too much'), { code: 'E_RANGE' });
    const request = {
      ...{ id: 'req-1', ip: '::ffff:10.0.0.1', userAgent: 'jest', method: 'POST', route: '/orders' },
      ...{ statusCode: 201, durationMs: 12.345678, traceId: 'ab'.repeat(16) },
    };

    expect(build({ ...fields, actor, resource: { type: 'order', id: 9 }, error }, request)).toStrictEqual({
      ...build({}),
      ...fields,
      actor: { ...actor, id: '7', onBehalfOf: { type: 'user', id: '8' } },
      resource: { type: 'order', id: '9' },
      request: { ...request, ip: '10.0.0.1', durationMs: 12.346 },
      error: { name: 'RangeError', code: 'E_RANGE', message: 'too much' },
    });
  });

  it.each([
    ['nobody', undefined, { type: 'anonymous' }],
    ['somebody with an id', { id: 7 }, { type: 'user', id: '7' }],
    ['somebody with a name alone', { name: 'Ada' }, { type: 'anonymous', name: 'Ada' }],
    ['the application', { type: 'system' as const }, { type: 'system' }],
    [
      'somebody for somebody without a type',
      { id: 1, onBehalfOf: { id: 2 } },
      { type: 'user', id: '1', onBehalfOf: { type: 'user', id: '2' } },
    ],
  ])('knows its actor: %s', (_who, actor, expected) => {
    expect(build({ actor }).actor).toEqual(expected);
  });

  it('keeps of an unknown actor type the user that the id speaks for', () => {
    expect(build(careless({ actor: { type: 'robot', id: 1 } })).actor).toEqual({ type: 'user', id: '1' });
  });

  it('takes details that are not an object as a value', () => {
    expect(build(careless({ details: ['a', 'b'] })).details).toEqual({ value: ['a', 'b'] });
    expect(build(careless({ details: 'text' })).details).toEqual({ value: 'text' });
    expect(build(careless({ metadata: 7 })).metadata).toEqual({ value: 7 });
  });

  it.each<[string, unknown, unknown]>([
    ['a text', 'it broke', { name: 'NonError', message: 'it broke' }],
    ['an object', { password: 'hunter2' }, { name: 'NonError' }],
    ['false', false, { name: 'NonError', message: 'false' }],
    ['a symbol', Symbol('s'), { name: 'NonError' }],
    [
      'an error with a secret',
      new Error('login of postgres://a:hunter2@db'),
      { name: 'Error', message: 'login of postgres://a:[REDACTED]@db' },
    ],
    [
      'an error with a number for a code',
      Object.assign(new Error('x'), { code: 23505 }),
      { name: 'Error', code: '23505', message: 'x' },
    ],
    ['an error without a message', new Error(), { name: 'Error' }],
    [
      'an error whose getters throw',
      Object.defineProperty(new Error('x'), 'message', { get: throwing }),
      { name: 'Error' },
    ],
  ])('knows of an error its name, code and message: %s', (_what, error, expected) => {
    expect(build({ error }).error).toEqual(expected);
  });

  it('keeps no stack and no cause of an error', () => {
    const text = JSON.stringify(build({ error: new Error('outer', { cause: new Error('inner') }) }));

    expect(text).not.toContain('inner');
    expect(text).not.toContain('build-event.spec');
  });
});

describe('a tenant', () => {
  it.each([
    'acme',
    'Acme-EU.2',
    '42',
    '018f3c1e-7b3a-7000-8000-000000000001',
    'Smith Ltd',
    'Müller & Söhne',
    '花子商店',
  ])('is one by its shape: %s', (tenantId) => {
    expect(build({ tenantId }).tenantId).toBe(tenantId);
  });

  it.each(['ada@example.com', 'Ada, of Paris', '203.0.113.9', 'fe80::1', '+44 20 7946 0958', 'https://example.com'])(
    'is none by its shape, and is personal: %s',
    (tenantId) => {
      const event = build({ tenantId, metadata: { shard: 1 } });

      expect(event.tenantId).toBeUndefined();
      expect(event.metadata).toEqual({ shard: 1, givenTenantId: tenantId });
    },
  );
});

describe('an event is built whatever the input is', () => {
  it.each([
    ...['outcome', 'severity', 'category', 'actor', 'tenantId', 'resource', 'changes', 'reason', 'error', 'metadata'],
    ...['actor.type', 'actor.id', 'actor.name', 'actor.sessionId', 'actor.onBehalfOf', 'actor.onBehalfOf.id'],
    ...['resource.type', 'resource.id', 'changes.before', 'changes.after', 'changes.diff'],
  ])('a getter that throws for %s, as lazy entities have', (path) => {
    const names = path.split('.');
    const given = { type: 'user', id: 'kept' };
    const inner: unknown = Object.defineProperty(given, names.pop() ?? '', { enumerable: true, get: throwing });
    const input = names.reduceRight<unknown>((value, name) => ({ [name]: value }), inner);

    expect(build(careless(input as object))).toMatchObject({ type: 'order_created' });
  });

  it('null, and a proxy that throws, for the whole input', () => {
    expect(build(careless(null))).toMatchObject({ type: 'order_created' });
    expect(build(careless(revoked()))).toMatchObject({ type: 'order_created' });
  });

  it.each([70_000, 32_768, 1_000, -1, 200.5])('the status code %j, which no column holds', (statusCode) => {
    expect(build({}, { id: 'req-1', ...({ statusCode } as object) }).request).toEqual({ id: 'req-1' });
  });

  it('the sign of a duration of nothing, which JSON does not know', () => {
    expect(Object.is(build({}, { durationMs: -0 }).request?.durationMs, 0)).toBe(true);
  });

  it.each([Number.MAX_VALUE, Infinity, -1])('the duration %j, which is none', (durationMs) => {
    expect(build({}, { id: 'req-1', ...({ durationMs } as object) }).request).toEqual({ id: 'req-1' });
  });
});

describe('what changed', () => {
  it('is not computed where one of them is missing, or the caller says it', () => {
    expect(build({ changes: { after: { a: 1 } } }).changes).toEqual({ after: { a: 1 } });
    expect(build({ changes: { before: 1, after: 2, diff: 'doubled' } }).changes).toEqual({
      before: 1,
      after: 2,
      diff: 'doubled',
    });
  });

  it.each<[string, object, object]>([
    ['a pointer', { path: '/users/0/password', from: 'old', to: 'new' }, { from: '[REDACTED]', to: '[REDACTED]' }],
    [
      'a list of names',
      { path: ['api', 'token'], oldValue: 'x', value: null },
      { oldValue: '[REDACTED]', value: null },
    ],
    ['names with dots', { path: 'user.pin', was: 1 }, { was: '[REDACTED]' }],
    ['a field', { field: 'password', old: 'x', name: 'y' }, { old: '[REDACTED]', name: '[REDACTED]' }],
    ['a name that is not secret', { path: '/status', from: 'old' }, { from: 'old' }],
  ])('hides what lies at a secret name when the caller says it by %s', (_how, entry, sides) => {
    expect(build({ changes: { diff: [entry] } }).changes?.diff).toEqual([{ ...entry, ...sides }]);
  });
});

describe('an event is at most 60 KiB of JSON', () => {
  const wide = '漢'.repeat(100_000);
  const quotes = '"'.repeat(100_000);
  const leaks = 'pwd=x&'.repeat(20_000);
  const request = (text: string): AuditRequest => ({
    id: text,
    ip: text,
    userAgent: text,
    method: text,
    route: text,
    traceId: text,
    statusCode: 200,
    durationMs: 1 / 3,
  });
  const everything = (text: string, filling: unknown): AuditInput => ({
    category: text,
    actor: { id: text, name: text, sessionId: text, onBehalfOf: { id: text } },
    tenantId: text,
    resource: { type: text, id: text },
    changes: { before: filling, after: filling, diff: filling },
    reason: text,
    error: Object.assign(new Error(text), { name: text, code: text }),
    details: { filling },
    metadata: { filling },
  });

  it.each([
    ['texts of three bytes a character', wide, wide],
    ['texts of quotation marks', quotes, quotes],
    ['texts that grow when they are masked', leaks, leaks],
    ['control characters', '\u0001'.repeat(100_000), '\u0001'.repeat(100_000)],
    ['lone surrogates', '\ud800'.repeat(100_000), '\ud800'.repeat(100_000)],
    [
      'many long names',
      wide,
      Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`${wide.slice(0, 300)}${index}`, 1])),
    ],
  ])('%s', (_what, text, filling) => {
    const event = build(everything(text, filling), request(text));

    expect(measureBytes(event)).toBeLessThanOrEqual(MAX_EVENT_BYTES);
    expect(event.truncated).toBe(true);
  });

  it('what was said first is kept when what comes later does not fit', () => {
    const event = build({ details: { first: 1, huge: 'x'.repeat(1_000_000) }, reason: 'why' });

    expect(event.details).toMatchObject({ first: 1 });
    expect(event.reason).toBe('why');
  });

  it.each<[string, AuditInput]>([
    ['reason', { reason: wide }],
    ['error message', { error: new Error(wide) }],
    ['actor name', { actor: { id: 1, name: wide } }],
    ['resource id', { resource: { type: 'order', id: wide } }],
  ])('a %s that is cut marks the event, too', (_field, input) => {
    expect(build(input).truncated).toBe(true);
  });
});

it('a setting whose name is not known to be harmless is masked as a bare value that the details or the resource name', () => {
  const changes = { before: 'one', after: 'two' };
  const changed = (input: AuditInput): AuditEvent['changes'] =>
    buildEvent({
      id: '018f3c1e-7b3a-7000-8000-000000000001',
      occurredAt: new Date(0),
      resolved: { type: 'settings_changed', action: 'settings_change', outcome: 'success', category: 'configuration' },
      input: { ...input, changes },
      request: undefined,
      isSecretName,
    }).changes;

  for (const named of [{ details: { configKey: 'partner' } }, { resource: { type: 'setting', id: 'partner' } }, {}]) {
    expect(JSON.stringify(changed(named))).not.toMatch(/one|two/);
  }
  expect(changed({ details: { configKey: 'mail.locale' } })).toMatchObject(changes);
});
