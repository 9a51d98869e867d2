import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { attachScope, AuditContext, currentScope, runInScope, scopeOf } from './audit-context.js';
import { openScope } from './audit-scope.js';
import { mergeAnnotations } from './merge-annotations.js';
import { openHttpScope, type HttpRequestLike, type RequestIdSource } from './http-scope.js';

const annotation = () => currentScope()?.annotation;

describe('outside of any scope', () => {
  it('there is nothing, and nothing happens', () => {
    AuditContext.set({ tenantId: 'acme' });
    AuditContext.annotate({ reason: 'none' });

    expect(AuditContext.current()).toBeUndefined();
    expect(AuditContext.run({ requestId: 'job-1' }, () => AuditContext.current()?.tenantId)).toBeUndefined();
  });
});

describe('a scope', () => {
  it('holds its values for as long as its work runs, and its result comes back', async () => {
    const seen = await AuditContext.run({ tenantId: 'acme', actor: { id: 7 } }, async () => {
      await nextTurn();
      return AuditContext.current();
    });

    expect(seen).toMatchObject({ tenantId: 'acme', actor: { id: 7 } });
    expect(AuditContext.current()).toBeUndefined();
  });

  it('is left when its work throws', () => {
    expect(() =>
      AuditContext.run({ tenantId: 'acme' }, () => {
        throw new Error('the work failed');
      }),
    ).toThrow('the work failed');
    expect(AuditContext.current()).toBeUndefined();
  });

  it('takes values while it is open', () => {
    AuditContext.run({ tenantId: 'acme', requestId: 'job-1' }, () => {
      AuditContext.set({ tenantId: 'globex', actor: { type: 'system' } });

      expect(AuditContext.current()).toMatchObject({
        tenantId: 'globex',
        requestId: 'job-1',
        actor: { type: 'system' },
      });
    });
  });

  it('does not change the values that it was opened with', () => {
    const values = { tenantId: 'acme' };
    AuditContext.run(values, () => AuditContext.set({ tenantId: 'globex' }));

    expect(values).toEqual({ tenantId: 'acme' });
  });

  it('within another inherits what it does not name, and changes nothing of the outer one', () => {
    AuditContext.run({ tenantId: 'acme', requestId: 'req-1' }, () => {
      AuditContext.annotate({ reason: 'of the outer one' });
      AuditContext.run({ tenantId: 'globex' }, () => {
        expect(AuditContext.current()).toMatchObject({ tenantId: 'globex', requestId: 'req-1' });
        expect(annotation()).toBeUndefined();
        AuditContext.set({ requestId: 'req-2', ip: '10.0.0.1' });
        AuditContext.annotate({ reason: 'of the inner one' });
      });

      expect(AuditContext.current()).toMatchObject({ tenantId: 'acme', requestId: 'req-1' });
      expect(AuditContext.current()?.ip).toBeUndefined();
      expect(annotation()).toEqual({ reason: 'of the outer one' });
    });
  });

  it('collects annotations: fields of details and metadata are added up, the rest is replaced', () => {
    AuditContext.run({}, () => {
      AuditContext.annotate({ reason: 'first', details: { a: 1, b: 1 }, metadata: { m: 1 } });
      AuditContext.annotate({ details: { b: 2, c: 2 }, resource: { type: 'order', id: 1 } });
      AuditContext.annotate({ reason: 'second', metadata: { n: 2 } });

      expect(annotation()).toEqual({
        reason: 'second',
        resource: { type: 'order', id: 1 },
        details: { a: 1, b: 2, c: 2 },
        metadata: { m: 1, n: 2 },
      });
    });
  });

  it('follows timers, promises and callbacks', async () => {
    await AuditContext.run({ requestId: 'req-1' }, async () => {
      const seen = await Promise.all([
        new Promise((resolve) => setTimeout(() => resolve(AuditContext.current()?.requestId), 1)),
        new Promise((resolve) => setImmediate(() => resolve(AuditContext.current()?.requestId))),
        new Promise((resolve) => process.nextTick(() => resolve(AuditContext.current()?.requestId))),
        Promise.resolve().then(() => AuditContext.current()?.requestId),
      ]);

      expect(seen).toEqual(['req-1', 'req-1', 'req-1', 'req-1']);
    });
  });
});

it('200 scopes at once see nothing of each other', async () => {
  const work = async (number: number): Promise<readonly unknown[]> => {
    AuditContext.set({ tenantId: `tenant-${number}` });
    await pause(number % 7);
    AuditContext.annotate({ details: { first: number } });
    const inner = await AuditContext.run({ actor: { id: number } }, async () => {
      await nextTurn();
      AuditContext.annotate({ details: { inner: number } });
      await pause(number % 3);
      return { scope: AuditContext.current(), details: annotation()?.details };
    });
    await nextTurn();
    AuditContext.annotate({ details: { second: number } });
    const { requestId, tenantId, actor } = AuditContext.current() ?? {};
    return [
      requestId,
      tenantId,
      actor,
      annotation()?.details,
      inner.scope?.actor,
      inner.scope?.requestId,
      inner.details,
    ];
  };
  const numbers = Array.from({ length: 200 }, (_, number) => number);
  const seen = await Promise.all(
    numbers.map((number) => AuditContext.run({ requestId: `req-${number}` }, () => work(number))),
  );

  expect(seen).toEqual(
    numbers.map((number) => [
      `req-${number}`,
      `tenant-${number}`,
      undefined,
      { first: number, second: number },
      { id: number },
      `req-${number}`,
      { inner: number },
    ]),
  );
});

describe('annotations are merged', () => {
  it.each([
    [{}, {}, {}],
    [{ details: { a: 1 } }, {}, { details: { a: 1 } }],
    [{}, { details: { a: 1 } }, { details: { a: 1 } }],
    [{ details: { a: 1 } }, { details: { a: 2 } }, { details: { a: 2 } }],
    [{ outcome: 'success' as const }, { outcome: 'partial' as const }, { outcome: 'partial' }],
  ])('%j and %j', (first, second, expected) => {
    expect(mergeAnnotations(first, second)).toEqual(expected);
  });

  it('whatever cannot be read in them', () => {
    const thrower = (): never => {
      throw new Error('lazy');
    };
    const lazy = Object.defineProperty({ b: 2 }, 'lazy', { get: thrower, enumerable: true });
    const closed = new Proxy({}, { ownKeys: thrower, get: thrower });

    expect(mergeAnnotations({ details: { a: 1 } }, { details: lazy })).toEqual({
      details: { a: 1, b: 2, lazy: '[unreadable]' },
    });
    expect(mergeAnnotations({ details: { a: 1 } }, { details: closed })).toEqual({ details: { a: 1 } });
    expect(mergeAnnotations({ reason: 'kept' }, closed)).toEqual({ reason: 'kept' });
  });
});

const REQUEST_IDS: RequestIdSource = { header: 'x-request-id', isTrusted: () => true };
const REQUEST_ID = '018f3c1e-7b3a-7000-8000-000000000001';

describe("a request's scope", () => {
  const request = (more: Partial<HttpRequestLike> = {}): HttpRequestLike => ({ headers: {}, method: 'GET', ...more });

  it('is opened from its headers and its address', () => {
    const traceparent = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`;
    const headers = { 'x-request-id': REQUEST_ID, 'user-agent': 'jest', traceparent };
    const scope = openHttpScope(request({ headers, method: 'POST', ip: '10.0.0.1' }), REQUEST_IDS);

    expect(scope).toMatchObject({
      requestId: REQUEST_ID,
      userAgent: 'jest',
      traceId: 'ab'.repeat(16),
      method: 'POST',
      ip: '10.0.0.1',
    });
  });

  it('has an id of its own when the request says nothing', () => {
    const scope = openHttpScope(request(), REQUEST_IDS);

    expect(scope.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(Object.keys(scope).sort()).toEqual(['httpRequest', 'method', 'requestId', 'route', 'startedAtMs']);
  });

  it('knows the route once the router does, and never the address that was asked for', () => {
    const express: { headers: object; method: string; url: string; route?: object } = {
      ...request(),
      url: '/orders/7',
    };
    const scope = openHttpScope(express as HttpRequestLike, REQUEST_IDS); // Express sets the route later
    expect(scope.route?.()).toBeUndefined();
    express.route = { path: '/orders/:id' };

    expect(scope.route?.()).toBe('/orders/:id');
    expect(openHttpScope(request({ routeOptions: { url: '/orders/:id' } }), REQUEST_IDS).route?.()).toBe('/orders/:id');
    expect(openHttpScope(request({ route: { path: /^\/orders/ } }), REQUEST_IDS).route?.()).toBeUndefined();
  });

  it('is found on the request where the asynchronous context is lost', () => {
    const httpRequest = request({ headers: { 'x-request-id': REQUEST_ID } });
    openHttpScope(httpRequest, REQUEST_IDS);

    expect(AuditContext.ofRequest(httpRequest)?.requestId).toBe(REQUEST_ID);
    expect(AuditContext.ofRequest(request())).toBeUndefined();
    expect(Object.keys(httpRequest)).toEqual(['headers', 'method']);
  });

  it('is the very scope that its work changes', () => {
    const httpRequest = request();
    const scope = openScope();
    attachScope(httpRequest, scope);
    runInScope(scope, () => AuditContext.set({ tenantId: 'acme' }));

    expect(scopeOf(httpRequest)?.tenantId).toBe('acme');
  });
});
