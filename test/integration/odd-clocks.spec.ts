import { expect, it, jest } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { AuditAggregator } from '../../src/audit/index.js';
import { AuditTestingModule, InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { kept } from '../support/kept.js';

const imports = [AuditTestingModule.forRoot()];
const app = await kept((await Test.createTestingModule({ imports }).compile()).init());

it.each([
  [NaN, '1970-01-01T00:00:00.000Z'],
  [1.5, '1970-01-01T00:00:00.001Z'],
  [Infinity, '9999-12-31T23:59:59.999Z'],
])('record() takes an event when the clock is %d', async (now, occurredAt) => {
  const memory = app.get(InMemoryAuditProvider);
  memory.clear();
  const clock = jest.spyOn(Date, 'now').mockReturnValue(now);
  await app.get(AuditAggregator).record('order_creation');
  clock.mockRestore();
  expect(memory.events).toMatchObject([{ occurredAt }]);
});
