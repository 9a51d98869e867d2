import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { verifyLedger } from '../../src/modules/monitoring/verify/verify-ledger.js';
import type { CheckpointSigner } from '../../src/modules/monitoring/signing/checkpoint-signer.service.js';
import { runRetention } from '../../src/modules/monitoring/lifecycle/retention/retention-run.js';
import { createTestDatabase, makeSequencer, makeSigner, type TestDatabase, withClient } from '../support/index.js';
import { addEventsAt, makeArchives, policyBy } from '../support/retention-scene.js';

const POLICY = policyBy({ days: 30, categories: { payment: 'forever' } });
const ID = '01990000-0000-7000-8000-000000000001';

let database: TestDatabase;
let signer: CheckpointSigner;

beforeEach(async () => {
  database = await createTestDatabase();
  signer = await makeSigner();
});

afterEach(() => database.drop());

/** As who owns the tables can: past the function that plans. */
async function planBySql(first: number, last: number): Promise<void> {
  const digest = createHash('sha256').update(`${first}-${last}\n`).digest('hex');
  await database.superuserSql(`INSERT INTO audit_retirement (id, kind, partition, policy, as_of, cutoff, archive, events, first_index, last_index, indexes_digest)
       VALUES ('${ID}', 'rows', 'audit_event_2026_02', '${POLICY}', date_trunc('milliseconds', now()),
               date_trunc('milliseconds', now()) - interval '30 days', '2026-02-${ID}', ${last - first + 1}, ${first}, ${last}, '${digest}');
     INSERT INTO audit_retired_range VALUES ('${ID}', ${first}, ${last})`);
}

it('a retirement that was planned past its function is not signed when the policy keeps an event of it for longer, whatever the tables say', async () => {
  const { sequencer } = makeSequencer(database.url, signer);
  await withClient(database.url, async (client) => {
    await addEventsAt(client, '2026-02-10T12:00:00.000Z', 3, { category: 'payment' });
  });
  await sequencer.step();
  await planBySql(0, 2);
  const { archives } = await makeArchives(signer);
  const options = { connectionUrl: database.url, archives, policy: POLICY };
  const report = await runRetention({
    ...options,
    onStep: async (step) => {
      if (step === 'archived') await sequencer.step();
    },
  });
  await sequencer.close();
  expect(report).toMatchObject({ retired: [], waiting: [] });
  expect(report.problems).toEqual([expect.stringContaining('index 0 was planned to be retired, and is not due')]);

  await database.superuserSql(`SET session_replication_role = 'replica'; DELETE FROM audit_event`);
  const { findings } = await verifyLedger({ database: database.superuserUrl, trust: signer.trust });
  expect(findings.map(({ kind }) => kind)).toEqual(['event_missing', 'event_missing', 'event_missing']);
});
