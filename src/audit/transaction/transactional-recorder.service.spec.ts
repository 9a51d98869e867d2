import { expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AuditAggregator } from '../audit-aggregator.service.js';
import { AuditModule } from '../audit.module.js';
import { AuditProvider } from '../provider/audit-provider.js';

@AuditProvider({ backend: 'hanging', required: true })
class HangingProvider implements AuditProvider {
  record(): Promise<void> {
    return Promise.resolve();
  }

  recordInTransaction(): Promise<boolean> {
    return new Promise(() => undefined);
  }
}

@Module({ imports: [AuditModule.forRoot({ providerTimeoutMs: 50 })], providers: [HangingProvider] })
class HangingModule {}

it('a provider that hangs in a transaction holds it up no longer than its time-out', async () => {
  const app = await (await Test.createTestingModule({ imports: [HangingModule] }).compile()).init();
  const audit = app.get(AuditAggregator);
  const query = () => Promise.resolve([]);
  const source = { subscribers: [], options: {} };
  const broadcaster = { broadcast: query };
  const queryRunner = {
    isTransactionActive: true,
    isReleased: false,
    commitTransaction: query,
    dataSource: source,
    broadcaster,
  };
  const manager = { queryRunner, query, transaction: query, dataSource: source };
  Object.assign(queryRunner, { manager }); // as TypeORM's query runner
  try {
    expect((await audit.record('thing_made', {}, { transaction: manager })).providers).toEqual({
      hanging: { status: 'failed', error: 'no answer within 50 ms' },
    });
    await expect(audit.record('thing_made', {}, { transaction: manager, onFailure: 'closed' })).rejects.toThrow(
      expect.objectContaining({ code: 'AUDIT_UNAVAILABLE' }),
    );
  } finally {
    await app.close();
  }
});
