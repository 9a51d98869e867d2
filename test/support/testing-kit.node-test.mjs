// Imports the testing kit as another team would, under Node's own test runner.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NestFactory } from '@nestjs/core';
import { AuditAggregator, Audited } from 'nestjs-audit-ledger';
import { AuditTestingModule, expectAudited, expectNotAudited } from 'nestjs-audit-ledger/testing';

test('an event is expected', async () => {
  const app = await NestFactory.createApplicationContext(AuditTestingModule.forRoot(), { logger: false });
  await app.get(AuditAggregator).record('user_login_failed', { actor: { id: 7 }, reason: 'locked' });

  assert.equal(expectAudited(app, 'login_failure', { resource: { id: '7' } }).reason, 'locked');
  expectNotAudited(app, 'user_logout');
  assert.throws(
    () => expectAudited(app, 'user_logout'),
    /Cannot find an audit event user_logout: 1 event was recorded/,
  );
  await app.close();
});

test('events are recorded, and the application closes, while the timers are faked', async (t) => {
  class Shop {
    order() {
      return Promise.resolve('o-1');
    }
  }
  Audited('order_creation')(Shop.prototype, 'order', Object.getOwnPropertyDescriptor(Shop.prototype, 'order'));
  const module = { module: class ShopModule {}, imports: [AuditTestingModule.forRoot()], providers: [Shop] };
  const app = await NestFactory.createApplicationContext(module, { logger: false });
  t.mock.timers.enable();
  await app.get(AuditAggregator).record('user_login');
  await app.get(Shop).order();
  await app.close();

  expectAudited(app, 'user_login_success');
  expectAudited(app, 'order_created');
});
