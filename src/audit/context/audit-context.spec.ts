import { describe, expect, it } from '@jest/globals';
import { AuditContext, currentScope } from './audit-context.js';
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
});

describe('annotations are merged', () => {
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

  it('knows the route once the router does, and never the address that was asked for', () => {
    const express: { headers: object; url: string; route?: object } = {
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
});
