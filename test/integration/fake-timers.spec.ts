import { expect, it, jest } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AuditAggregator, Audited, AuditModule } from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';

@Injectable()
class Shop {
  @Audited('order_creation')
  async order(): Promise<string> {
    return Promise.resolve('o-1');
  }
}

@Module({ imports: [AuditModule.forRoot({ spill: false })], providers: [Shop, InMemoryAuditProvider] })
class ShopModule {}

it('events are delivered, and the application closes, while a test fakes the timers', async () => {
  const app = await (await Test.createTestingModule({ imports: [ShopModule] }).compile()).init();
  jest.useFakeTimers();
  try {
    expect((await app.get(AuditAggregator).record('user_login')).recorded).toBe(true);
    expect(await app.get(Shop).order()).toBe('o-1');
    await app.close();
  } finally {
    jest.useRealTimers();
  }
  const recorded = [{ type: 'user_login_success' }, { type: 'order_created' }];
  expect(app.get(InMemoryAuditProvider).events).toMatchObject(recorded);
});
