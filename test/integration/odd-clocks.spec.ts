import { afterEach, expect, it, jest } from '@jest/globals';
import { NestFactory } from '@nestjs/core';
import { AuditAggregator } from '../../src/audit/index.js';
import { AuditTestingModule, InMemoryAuditProvider } from '../../src/audit/testing/index.js';

afterEach(() => void jest.restoreAllMocks());

it.each([
  [NaN, '1970-01-01T00:00:00.000Z'],
  [-86_400_000, '1970-01-01T00:00:00.000Z'],
  [1.5, '1970-01-01T00:00:00.001Z'],
  [Infinity, '9999-12-31T23:59:59.999Z'],
])('record() takes an event when the clock is %d', async (now, occurredAt) => {
  const app = await NestFactory.createApplicationContext(AuditTestingModule.forRoot(), { logger: false });
  jest.spyOn(Date, 'now').mockReturnValue(now);
  await app.get(AuditAggregator).record('order_creation');
  await app.get(AuditAggregator).record('user_login_failed');
  jest.restoreAllMocks();

  expect(app.get(InMemoryAuditProvider).events).toMatchObject([{ occurredAt }, { occurredAt }]);
  await app.close();
});
