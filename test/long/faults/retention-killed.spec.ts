import { expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { verifyLedger } from '../../../src/monitoring/proof/verify/verify-ledger.js';
import { freshKeyFile, withClient, closeAfterTests, testDatabase } from '../../support/index.js';
import { makeSequencer, makeSigner, ORIGIN } from '../../support/log-scene.js';
import { addEventsAt, makeArchives, policyBy } from '../../support/retention-scene.js';
import { TESTS_KEY } from '../../support/writers.js';

const STOPS = [
  'month planned',
  'month written',
  'month archived',
  'month announced',
  'month detached',
  'rows written',
  'rows removed',
];
const keyFile = freshKeyFile();

const database = await testDatabase();
const signer = await makeSigner(keyFile);
const { sequencer } = makeSequencer(database.url, signer);
await closeAfterTests(sequencer);
const { archives, folder } = await makeArchives(signer);

async function run(stopAt?: string): Promise<string> {
  const policy = policyBy({ days: 30, categories: { payment: 'forever' } });
  const keys = { keyFile, writerKey: TESTS_KEY, origin: ORIGIN };
  const request = { connectionUrl: database.url, archiveDir: folder, ...keys, policy, stopAt };
  const child = spawn(process.execPath, ['test/support/retention-runner.mjs', JSON.stringify(request)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  let reported = '';
  child.stdout.on('data', (chunk: Buffer) => {
    reported += chunk.toString();
    if (reported === 'stopped\n') child.kill('SIGKILL');
  });
  while (child.exitCode === null && child.signalCode === null) {
    await sequencer.run();
    await Promise.race([ended, delay(50)]);
  }
  return reported;
}

it('loses nothing and leaves nothing when it is killed at each step, and announces each retirement once', async () => {
  const { due, kept } = await withClient(database.url, async (client) => ({
    due: [
      ...(await addEventsAt(client, '2026-01-10T12:00:00.000Z', 300)),
      ...(await addEventsAt(client, '2026-02-10T12:00:00.000Z', 1_100)),
    ],
    kept: await addEventsAt(client, '2026-02-11T12:00:00.000Z', 20, { category: 'payment' }),
  }));
  await sequencer.run();

  for (const stop of STOPS) expect([stop, await run(stop)]).toEqual([stop, 'stopped\n']);
  let last = await run();
  while (last.includes('"isBusy":true')) last = await run();
  expect(JSON.parse(last)).toMatchObject({ waiting: [], problems: [] });

  const stored = await database.superuserSql('SELECT id, type FROM audit_event');
  const announced = stored.filter(({ type }) => type === 'audit_events_retired');
  expect(announced).toHaveLength(2);
  expect(new Set(stored.filter((row) => !announced.includes(row)).map(({ id }) => id))).toEqual(new Set(kept));
  const tables = await database.superuserSql(
    `SELECT FROM pg_class WHERE relname LIKE 'audit_retired_%' AND relkind = 'r'`,
  );
  expect(tables).toHaveLength(1); // audit_retired_range
  await sequencer.run();
  expect(await verifyLedger({ database: database.url, verifierKeys: [signer.verifierKey] })).toMatchObject({
    verdict: 'sound',
    retired: due.length,
    findings: [],
  });
  const archived = new Set<string>();
  for (const archive of await archives.names()) {
    expect(await archives.verify(archive)).toMatchObject({ verdict: 'sound' });
    for await (const { sealed } of archives.lines(archive)) archived.add(sealed.id);
  }
  expect(archived).toEqual(new Set(due));
});
