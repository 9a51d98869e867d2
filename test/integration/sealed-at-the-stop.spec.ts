import { expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { AuditAggregator } from '../../src/audit/index.js';
import { Sequencer } from '../../src/monitoring/sealer/sequencer.service.js';
import { eventually, freshKeyFile, tempFolder, testDatabase } from '../support/index.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { withTiming } from '../support/with-timing.js';

withTiming({ sealMs: 60_000, standbyMs: 60_000 }); // after the first step, the one that comes is that of the stop

const database = await testDatabase();
const parts = { audit: { spillDir: await tempFolder('audit-spill-') }, monitoring: { signingKeyFile: freshKeyFile() } };

async function start(role: 'leading' | 'standby'): Promise<INestApplication> {
  const { app } = await startLedgerApp(database.url, parts);
  await eventually(() => app.get(Sequencer).status.role === role);
  await Reflect.get(app.get(Sequencer), 'step'); // which is over then, and no other one is under way
  return app;
}

it('a graceful stop of all instances leaves no event unsealed, also of those that never led', async () => {
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
});
