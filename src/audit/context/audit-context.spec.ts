import { describe, expect, it } from '@jest/globals';
import { AuditContext, getCurrentScope } from './audit-context.js';
import { mergeAnnotations } from './audit-scope.js';

const annotation = () => getCurrentScope()?.annotation;

describe('a scope', () => {
  it('within another has only its own values, and the request as the cause, and changes nothing of the outer one', () => {
    AuditContext.run({ tenantId: 'acme', requestId: 'req-1' }, () => {
      AuditContext.annotate({ reason: 'of the outer one' });
      AuditContext.run({ tenantId: 'globex' }, () => {
        expect(AuditContext.current()).toEqual({ tenantId: 'globex', metadata: { causedBy: 'req-1' } });
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

it('annotations are merged whatever cannot be read in them', () => {
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
