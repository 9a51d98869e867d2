import { Test } from '@nestjs/testing';
import { AuditModule, UnavailableError } from 'nestjs-audit-ledger';
import { AuditTestingModule, InMemoryAuditProvider } from 'nestjs-audit-ledger/testing';
import { createAuditMigrations, AuditQuery, MonitoringModule } from 'nestjs-audit-ledger/monitoring';

const monitoring = MonitoringModule.forRootAsync({
  useFactory: () => ({ connectionUrl: process.env.DATABASE_URL ?? '', schema: 'nowhere', authorize: () => false }),
});

describe('the ledger in Jest', () => {
  it('is of one copy with the core: its errors, its tokens, its providers', async () => {
    const testing = await Test.createTestingModule({ imports: [AuditTestingModule.forRoot(), monitoring] }).compile();
    const app = testing.createNestApplication({ logger: false });
    await app.init();

    const found = app.get(AuditQuery).findOne({ scope: 'all' }, '019a9d2c-0000-7000-8000-000000000000');
    await expect(found).rejects.toThrow(UnavailableError);
    expect(app.get(InMemoryAuditProvider).events).toEqual([]);
    await app.close();
  });

  it('is the CommonJS form, which Jest can load', () => {
    expect(require.resolve('nestjs-audit-ledger/monitoring')).toContain('dist/cjs');
    expect(createAuditMigrations('public').length).toBeGreaterThan(0);
    expect(typeof AuditModule.forRoot).toBe('function');
  });
});
