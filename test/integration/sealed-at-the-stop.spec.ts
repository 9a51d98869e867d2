import { expect, it } from '@jest/globals';
import { Module, type INestApplication } from '@nestjs/common';
import { AuditAggregator, AuditModule } from '../../src/audit/index.js';
import { MonitoringModule } from '../../src/monitoring/index.js';
import { Sequencer } from '../../src/monitoring/sealer/sequencer.service.js';
import { createTestDatabase, eventually, freshKeyFile, listen, tempFolder } from '../support/index.js';
import { withTiming } from '../support/with-timing.js';

withTiming({ sealMs: 60_000, standbyMs: 60_000 }); // after the first step, the one that comes is that of the stop

it('a graceful stop of all instances leaves no event unsealed, also of those that never led', async () => {
  const database = await createTestDatabase();
  const spillDir = await tempFolder('audit-spill-');
  const signingKeyFile = freshKeyFile();
  @Module({
    imports: [
      AuditModule.forRoot({ spillDir }),
      MonitoringModule.forRootAsync({
        useFactory: () => ({ connectionUrl: database.url, authorize: () => ({ scope: 'all' }), signingKeyFile }),
      }),
    ],
  })
  class StoppedModule {}
  const quietly = (app: { useLogger(logger: false): void }) => app.useLogger(false);
  const start = async (role: 'leading' | 'standby'): Promise<INestApplication> => {
    const { app } = await listen(StoppedModule, 'express', quietly);
    await eventually(() => app.get(Sequencer).status.role === role);
    await Reflect.get(app.get(Sequencer), 'step'); // which is over then, and no other one is under way
    return app;
  };
  const first = await start('leading'); // before the other is there to lead
  const second = await start('standby');

  await first.get(AuditAggregator).record('order_creation');
  await first.close();
  await second.get(AuditAggregator).record('order_creation');
  await second.close();

  const waiting = await database.superuserSql(
    `SELECT id FROM audit_event WHERE id NOT IN (SELECT event_id FROM audit_leaf)`,
  );
  expect(waiting).toEqual([]);
  await database.drop();
});
