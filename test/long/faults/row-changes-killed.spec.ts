import { afterAll, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { verifyLedger } from '../../../src/monitoring/proof/verify/verify-ledger.js';
import { reconcileLedger } from '../../../src/extensions/row-changes/reconcile/reconcile-ledger.js';
import { eventually, freshKeyFile, runSql, tempFolder } from '../../support/index.js';
import { findBrokenChanges } from '../../support/row-images.js';
import { captureTables } from '../../support/row-changes-scene.js';
import { startFaultCluster } from './support/fault-cluster.js';
import { MOMENTS } from './support/fault-matrix.js';
import { createRandom } from './support/random.js';

const MAX_MS = 1_500;
const FIRST = new Map(Array.from({ length: 200 }, (_, id) => [JSON.stringify({ id }), { id, pieces: 1 }] as const));
let child: ChildProcess | undefined;
const signingKeyFile = freshKeyFile();

const cluster = await startFaultCluster();
const spillDir = await tempFolder('audit-spill-');
await runSql(cluster.url, 'CREATE TABLE stock (id int PRIMARY KEY, pieces int NOT NULL)');
await runSql(cluster.url, `INSERT INTO stock SELECT i, 1 FROM generate_series(0, ${FIRST.size - 1}) i`);
await captureTables(cluster.url, { 'public.stock': {} });
afterAll(async () => {
  await kill();
  await cluster.remove();
});

async function start(): Promise<void> {
  const options = JSON.stringify({ connectionUrl: cluster.url, signingKeyFile, spillDir });
  child = spawn(process.execPath, ['test/long/faults/support/row-changes-application.mjs', options], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  if (child.stdout) await once(child.stdout, 'data');
}

async function kill(): Promise<void> {
  if (child?.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

const drained = async () => {
  const [row] = await runSql(
    cluster.url,
    `SELECT count(*)::int AS events FROM audit_event WHERE category = 'data_change'`,
  );
  return Number(row?.events);
};

it('no row change is lost, doubled or made up by kill -9 of the application and of PostgreSQL', async () => {
  const random = createRandom('row-changes-killed');
  for (let moment = 0; moment < MOMENTS; moment++) {
    const before = await drained();
    if (child?.signalCode !== null) await start();
    await eventually(async () => (await drained()) > before); // the drain is at work
    await pause(random() * MAX_MS);
    const choice = random();
    await Promise.all([choice < 0.7 ? kill() : undefined, choice > 0.3 ? cluster.crash() : undefined]);
    if (choice > 0.3) await cluster.start();
    const { verdict, findings } = await reconcileLedger({ database: cluster.url });
    expect([moment, verdict, findings]).toEqual([moment, 'complete', []]);
  }
  if (child?.signalCode !== null) await start();
  await kill();
  expect(await verifyLedger({ database: cluster.url })).toMatchObject({ findings: [] });
  expect(await drained()).toBeGreaterThan(MOMENTS);
  expect(await findBrokenChanges(cluster.url, 'stock', FIRST)).toEqual([]);
});
