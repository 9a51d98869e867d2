import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AUDIT_MIGRATIONS, MonitoringModule } from 'nestjs-audit-ledger/monitoring';
import { AuditTestingModule, expectAudited, InMemoryAuditProvider } from 'nestjs-audit-ledger/testing';
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
    const body = JSON.stringify({ id: 'o-1' });
    const headers = { 'content-type': 'application/json' };
    const { status } = await fetch(`${await app.getUrl()}/orders`, { method: 'POST', headers, body });

    expect(status).toBe(201);
    expectAudited(app, 'order_created', { resource: { type: 'order', id: 'o-1' } });
    expect(app.get(InMemoryAuditProvider).events).toHaveLength(1);
  });

  it('can have the ledger, too', () => {
    expect(AUDIT_MIGRATIONS.length).toBeGreaterThan(0);
    expect(typeof MonitoringModule.forRootAsync).toBe('function');
    expect(require.resolve('nestjs-audit-ledger')).toContain('dist/cjs'); // what Jest, in CommonJS, can load
  });
});
