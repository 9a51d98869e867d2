import { expect, it } from '@jest/globals';
import { runRetention } from '../../src/monitoring/keep/lifecycle/retention/retention-run.js';
import { eventually, makeSequencer, makeSigner, testDatabase, withClient } from '../support/index.js';
import { addEventsAt, makeArchives, policyBy } from '../support/retention-scene.js';

const NO_CHECKPOINTS = `
  ALTER TABLE audit_checkpoint DISABLE TRIGGER audit_checkpoint_append_only;
  DELETE FROM audit_checkpoint`;
const OPEN = `
  SELECT application_name FROM pg_stat_activity
   WHERE datname = current_database() AND application_name LIKE 'nestjs-audit-ledger %'`;

const database = await testDatabase();

it('a run of retention whose archive cannot be begun says why, and leaves no connection open', async () => {
  const signer = await makeSigner();
  const { archives } = await makeArchives(signer);
  await withClient(database.url, (client) => addEventsAt(client, '2026-01-10T12:00:00.000Z', 3));
  const { sequencer } = makeSequencer(database.url, signer);
  await sequencer.run();
  await sequencer.close();
  const { problems } = await runRetention({
    connectionUrl: database.url,
    archives,
    policy: policyBy({ days: 30 }),
    onStep: async (step) => {
      if (step === 'planned') await database.superuserSql(NO_CHECKPOINTS);
    },
  });
  expect(problems).toEqual([expect.stringContaining('the ledger has no checkpoint')]);
  await eventually(async () => (await database.superuserSql(OPEN)).length === 0);
});
