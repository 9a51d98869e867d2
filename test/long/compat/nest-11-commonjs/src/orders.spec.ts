import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AuditTestingModule, expectAudited } from 'nestjs-audit-ledger/testing';
import { OrdersController } from './orders.controller';

describe('creating an order', () => {
  let app: INestApplication;

  beforeAll(async () => {
    const testing = await Test.createTestingModule({
      imports: [AuditTestingModule.forRoot()], // the core, with a provider that keeps events in memory
      controllers: [OrdersController],
    }).compile();
    app = testing.createNestApplication({ logger: false });
    await app.listen(0);
  });
  afterAll(() => app.close());

  it('is audited', async () => {
    const body = JSON.stringify({ id: 'order-1' });
    const headers = { 'content-type': 'application/json' };
    await fetch(`${await app.getUrl()}/orders`, { method: 'POST', headers, body });

    expectAudited(app, 'order_created', { resource: { type: 'order', id: 'order-1' } });
  });
});
