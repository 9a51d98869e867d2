import { describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  AuditAggregator,
  AuditContext,
  Audited,
  AuditedTransaction,
  AuditModule,
  AuditProvider,
  AuditTrail,
  AuthAudit,
  EventLogger,
  NotAudited,
} from '../../src/audit/index.js';
import { AuditTestingModule, InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { closeAfterTests } from '../support/index.js';

const app = await closeAfterTests(
  (await Test.createTestingModule({ imports: [AuditTestingModule.forRoot()] }).compile()).init(),
);
const audit = app.get(AuditAggregator);

type Row = readonly [seen: RegExp, call: () => unknown];
/** TypeScript refuses each of these values, but JavaScript and casts do not. */
const any = (value: unknown): never => value as never;
const ASYNC = async (): Promise<unknown> => Promise.resolve({ id: 'u' });

async function bootWith(options: object): Promise<void> {
  @Injectable()
  @AuditProvider(options)
  class SomeProvider implements AuditProvider {
    record(): Promise<void> {
      return Promise.resolve();
    }
  }
  const module = { imports: [AuditModule.forRoot({ spillDir: false })], providers: [SomeProvider] };
  await (await (await Test.createTestingModule(module).compile()).init()).close();
}

describe('an option that would have no effect', () => {
  it.each<Row>([
    [/manager is an unknown option/, () => audit.record('a_b', {}, any({ manager: {} }))],
    [
      /onfailure is an unknown option \(did you mean onFailure\?\)/,
      () => audit.record('a_b', {}, any({ onfailure: 'closed' })),
    ],
    [/onFailure is "close", not open or closed/, () => audit.record('a_b', {}, any({ onFailure: 'close' }))],
    [/delivery is "transaction", not/, () => audit.record('a_b', {}, any({ delivery: 'transaction' }))],
    [/sensitiveFields is "badge", not a list/, () => audit.record('a_b', {}, any({ sensitiveFields: 'badge' }))],
    [
      /sensitiveFields is \["customer.motherName"\], not a list of field names/,
      () => audit.record('a_b', {}, any({ sensitiveFields: ['customer.motherName'] })),
    ],
    [/sensitiveFields is \["\/ssn"\], not a list/, () => Audited('a_b', any({ sensitiveFields: ['/ssn'] }))],
    [/sensitiveFields must be a list of field names/, () => AuditModule.forRoot({ sensitiveFields: ['*.motherName'] })],
    [/anonymize is "yes", not true or false/, () => audit.record('a_b', {}, any({ anonymize: 'yes' }))],
    [/anonymise is an unknown option/, () => audit.record('a_b', {}, any({ anonymise: true }))],
    [/the options are of the type string, not an object/, () => audit.record('a_b', {}, 'acme' as unknown as object)],
    [/tx is an unknown option/, () => app.get(AuditTrail).record('a_b', {}, any({ tx: 1 }))],
    [/rows is an unknown option/, async () => (await app.get(AuditTrail).attempted('a_b')).succeeded(any({ rows: 1 }))],
    [/deliver is an unknown option/, () => app.get(AuthAudit).logout({}, any({ deliver: 'durable' }))],
    [
      /anonymize is an unknown option/,
      () => app.get(EventLogger).logEvent('a_b', { options: any({ anonymize: true }) }),
    ],
    [/sensitiveFields is "a"/, () => app.get(EventLogger).logEvent('a_b', { options: any({ sensitive_fields: 'a' }) })],
    [
      /tenant is an unknown option \(did you mean tenantId\?\)/,
      () => AuditContext.run(any({ tenant: 'acme' }), () => 1),
    ],
    [/userId is an unknown option/, () => AuditContext.run({}, () => AuditContext.set(any({ userId: 7 })))],
    [/onFailure is "strict"/, () => Audited('a_b', any({ onFailure: 'strict' }))],
    [/delivery is an unknown option/, () => Audited('a_b', any({ delivery: 'transactional' }))],
    [/changes is "capture", not 'captured' or a function/, () => Audited('a_b', any({ changes: 'capture' }))],
    [/resource is \{"type":"order"\}, not a function/, () => Audited('a_b', any({ resource: { type: 'order' } }))],
    [/severity is "high", not/, () => Audited('a_b', any({ severity: 'high' }))],
    [/anonymize is an unknown option/, () => Audited('a_b', any({ anonymize: true }))],
    [/includeBody is an unknown option/, () => Audited('a_b', any({ includeBody: true }))],
    [/isolation is "serializable", not/, () => AuditedTransaction(any({ isolation: 'serializable' }))],
    [/resource is an unknown option/, () => AuditedTransaction(any({ resource: () => undefined }))],
    [/delivery is an unknown option/, () => AuditedTransaction('a_b', any({ delivery: 'durable' }))],
    [/reason is missing/, () => NotAudited(' ')],
    [/await is an unknown option \(did you mean awaited\?\)/, () => bootWith({ await: false })],
    [/categories is "order", not a list/, () => bootWith({ categories: 'order' })],
    [/categories has the unknown category autentication/, () => bootWith({ categories: ['autentication'] })],
    [/resolveActor must be .* no promise/, () => AuditModule.forRoot({ resolveActor: any(ASYNC) })],
    [/resolveTenant must be .* no promise/, () => AuditModule.forRoot({ resolveTenant: any(ASYNC) })],
  ])('is refused: %s', async (seen, call) => {
    app.get(InMemoryAuditProvider).clear();
    const refused = Promise.resolve().then(call);
    await expect(refused).rejects.toMatchObject({ code: 'AUDIT_OPTIONS_INVALID' });
    await expect(refused).rejects.toThrow(seen);
    expect(app.get(InMemoryAuditProvider).events.filter(({ outcome }) => outcome !== 'attempted')).toEqual([]);
  });

  it('is not one that the current scope has: a copy of the scope opens a scope', async () => {
    await AuditContext.run({ tenantId: 'acme' }, async () => {
      await AuditContext.run({ ...AuditContext.current(), ip: '203.0.113.7' }, () => audit.record('a_b'));
    });
    expect(app.get(InMemoryAuditProvider).events).toMatchObject([{ tenantId: 'acme', request: { ip: '203.0.113.7' } }]);
  });
});
