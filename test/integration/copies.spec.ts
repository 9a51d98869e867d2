import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { Controller, Get, Inject, Injectable, Logger, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AuditModule, type AuditEvent } from '../../src/audit/index.js';
import type * as Library from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { listen, type ListeningApp } from '../support/http-app.js';

const OTHER_COPY = '../../dist/src/audit/index.js';
const { Audited, AuditAggregator, AuditContext, AuditProvider } = (await import(OTHER_COPY)) as typeof Library; // the same library, compiled
// Earlier specs of this process may have loaded both, so that nothing counts them again: these two copies are new.
for (const copy of ['one', 'two']) await import(`../../dist/src/audit/audit.module.js?of-this-spec=${copy}`);

@Injectable()
class Stock {
  @Audited('stock_taken')
  async take(): Promise<void> {
    // nothing to say
  }
}

const received = jest.fn(() => Promise.resolve());

@AuditProvider({ backend: 'other' })
class OtherProvider {
  readonly record = received;
}

@Controller('orders')
class OrdersController {
  constructor(@Inject(Stock) private readonly stock: Stock) {}

  @Get()
  @Audited('data_view')
  async view(): Promise<void> {
    AuditContext.set({ tenantId: 'acme' });
    await this.stock.take();
  }
}

@Module({
  imports: [AuditModule.forRoot()],
  controllers: [OrdersController],
  providers: [Stock, InMemoryAuditProvider, OtherProvider],
})
class OrdersModule {}

let listening: ListeningApp;
const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);

beforeAll(async () => {
  listening = await listen(OrdersModule, 'express');
});
afterAll(async () => {
  warn.mockRestore();
  await listening.app.close();
  Reflect.deleteProperty(globalThis, Symbol.for('nestjs-audit-ledger:copies')); // later specs of this process need not name them
});

it('is told at boot if the process has another copy of the library', () => {
  expect(warn.mock.calls.flat()).toContainEqual(
    expect.stringMatching(/^This process loaded nestjs-audit-ledger more than once: routes and message handlers are/),
  );
});

it('is audited if it is a route with a decorator of the other copy, but not if it is another method or a provider', async () => {
  await fetch(`${listening.url}/orders`);
  const { events }: { events: readonly AuditEvent[] } = listening.app.get(InMemoryAuditProvider);
  expect(events.map(({ type }) => type)).toEqual(['data_viewed']);
  expect(events[0]?.tenantId ?? undefined).toBeUndefined();
  expect(received).not.toHaveBeenCalled();
});

it('cannot be injected from the other copy', async () => {
  @Injectable()
  class Recording {
    constructor(@Inject(AuditAggregator) readonly audit: unknown) {}
  }
  const testing = Test.createTestingModule({ imports: [AuditModule.forRoot()], providers: [Recording] });
  await expect(testing.compile()).rejects.toThrow(/resolve dependencies of the Recording/);
});
