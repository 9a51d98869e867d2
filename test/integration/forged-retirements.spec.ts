import { expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import type { RetentionReport } from '../../src/monitoring/keep/lifecycle/retention/retention-run.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { kept, makeSequencer, makeSigner, testDatabase, withClient } from '../support/index.js';
import { addEventsAt, makeArchives, policyBy, retireWith, type OnStep } from '../support/retention-scene.js';

const POLICY = policyBy({ days: 30, categories: { payment: 'forever' } });
const ID = '01990000-0000-7000-8000-000000000001';
const FORGED = `
  INSERT INTO audit_retirement (id, kind, partition, policy, as_of, cutoff, archive, state, retired_through, event_id, entry)
  VALUES ('${ID}', 'rows', 'audit_event_2026_02', '{"days":1}', now(), now(),`;

const database = await testDatabase();
const signer = await makeSigner();
const { sequencer } = makeSequencer(database.url, signer);
await kept(sequencer);
const { archives, folder } = await makeArchives(signer);
await withClient(database.url, async (client) => {
  await addEventsAt(client, '2026-01-10T12:00:00.000Z', 3);
  await addEventsAt(client, '2026-01-11T12:00:00.000Z', 1, { category: 'payment' });
});
await sequencer.run();
await retire();
const [archive = ''] = await readdir(folder);
const TABLES = ['audit_retirement', 'audit_retired_range', 'audit_row_retired'];
for (const table of TABLES) await database.superuserSql(`CREATE TABLE kept_${table} AS SELECT * FROM ${table}`);

async function retire(onStep?: OnStep): Promise<RetentionReport> {
  return retireWith(sequencer, { connectionUrl: database.url, archives, policy: POLICY, onStep });
}

const alter = (sql: string) => database.superuserSql(`SET session_replication_role = 'replica'; ${sql}`);

const digestActs = async () =>
  (await database.sql(`SELECT note FROM audit_act WHERE type = 'audit_row_digests_kept'`)).length;

it.each([
  ['is planned with the archive of another', () => `${FORGED} '${archive}', 'planned', -1, NULL, NULL)`],
  ['is planned with a folder outside of the archives', () => `${FORGED} '../x', 'planned', -1, NULL, NULL)`],
  ['is planned again', () => `UPDATE audit_retirement SET state = 'planned', policy = '{"days":1}'`],
  [
    'is announced by no act, to have what is kept of rows signed',
    () => `INSERT INTO audit_row_retired VALUES ('public', 'rate', '1', repeat('0', 64), false, 1, '${ID}');
             ${FORGED} '2026-02-${ID}', 'announced', 0, '${ID}', '\\x00')`,
  ],
  [
    'is said to be unfinished, of more places',
    () => `UPDATE audit_retirement SET state = 'announced'; UPDATE audit_retired_range SET last_index = 3`,
  ],
])(
  'a row in the table of retirements that %s leaves every archive, and what is kept of rows, as it is',
  async (_what, sql) => {
    await alter(sql());
    const { problems, retired } = await retire();
    expect(problems).toEqual([expect.stringContaining("They contradict the ledger's signed acts")]);
    expect(retired).toEqual([]);
    expect(await readdir(folder)).toEqual([archive]);
    expect((await archives.verify(archive)).verdict).toBe('sound');
    expect(await digestActs()).toBe(0);
    await alter(
      TABLES.map((table) => `DELETE FROM ${table}; INSERT INTO ${table} SELECT * FROM kept_${table}`).join(';'),
    );
  },
);

it('a retirement that was planned past its function is not signed when the policy keeps an event of it for longer, whatever the tables say', async () => {
  const ids = await withClient(database.url, (client) =>
    addEventsAt(client, '2026-02-10T12:00:00.000Z', 3, { category: 'payment' }),
  );
  await sequencer.run();
  const places = 'SELECT min(index)::int AS first, max(index)::int AS last FROM audit_leaf WHERE event_id = ANY ($1)';
  const [{ first, last } = {}] = await database.sql(places, [ids]);
  const digest = createHash('sha256')
    .update(`${String(first)}-${String(last)}\n`)
    .digest('hex');
  await database.superuserSql(`INSERT INTO audit_retirement (id, kind, partition, policy, as_of, cutoff, archive, events, first_index, last_index, indexes_digest)
       VALUES ('${ID}', 'rows', 'audit_event_2026_02', '${POLICY}', date_trunc('milliseconds', now()),
               date_trunc('milliseconds', now()) - interval '30 days', '2026-02-${ID}', 3, ${String(first)}, ${String(last)}, '${digest}');
     INSERT INTO audit_retired_range VALUES ('${ID}', ${String(first)}, ${String(last)})`);
  const report = await retire();
  expect(report).toMatchObject({ retired: [], waiting: [] });
  expect(report.problems).toEqual([expect.stringContaining(`index ${String(first)} is not due under the policy`)]);

  await alter(`DELETE FROM audit_event WHERE id IN ('${ids.join("', '")}')`);
  const { findings } = await verifyLedger({ database: database.superuserUrl, trust: signer.trust });
  await alter(
    `DELETE FROM audit_retirement WHERE id = '${ID}'; DELETE FROM audit_retired_range WHERE retirement_id = '${ID}'`,
  );
  expect(findings.map(({ kind }) => kind)).toEqual(['event_missing', 'event_missing', 'event_missing']);
});

it('a retirement whose cutoff is too late for its policy is not announced', async () => {
  const ids = await withClient(database.url, (client) => addEventsAt(client, '2026-03-10T12:00:00.000Z', 3));
  await sequencer.run();
  const stopped = retire((step) => {
    if (step === 'planned') throw new Error('stopped');
  });
  await expect(stopped).rejects.toThrow('stopped');
  await alter(`UPDATE audit_retirement SET cutoff = cutoff + interval '1 hour' WHERE state = 'planned'`);
  const { problems } = await retire();
  expect(problems).toEqual([expect.stringContaining('is too late for its policy')]);
  expect(await database.sql('SELECT FROM audit_event WHERE id = ANY ($1)', [ids])).toHaveLength(3);
});
