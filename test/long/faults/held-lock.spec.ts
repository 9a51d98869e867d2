import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { eventually } from '../../support/eventually.js';
import { startLedgerScene, type LedgerScene } from './support/ledger-scene.js';

const PROVIDER_TIMEOUT_MS = 5_000;
const HELD_MS = 20_000;
const EVERY_MS = 250;

let scene: LedgerScene;

beforeAll(async () => {
  scene = await startLedgerScene(PROVIDER_TIMEOUT_MS);
});
afterAll(async () => {
  await scene.close();
});

it('a lock held on the ledger for 20 s fails no request and loses no event', async () => {
  const holder = new pg.Client({ connectionString: scene.database.superuserUrl });
  await holder.connect();
  const answers: ReturnType<LedgerScene['send']>[] = [];
  try {
    await holder.query('BEGIN');
    await holder.query('LOCK TABLE audit_event IN ACCESS EXCLUSIVE MODE');
    for (let sentMs = 0; sentMs < HELD_MS; sentMs += EVERY_MS) {
      answers.push(scene.send());
      await pause(EVERY_MS);
    }
  } finally {
    await holder.end();
  }
  const settled = await Promise.all(answers);
  expect(settled.map(({ status }) => status)).toEqual(settled.map(() => 201));
  await eventually(async () => !(await scene.health()).spillPending);
  const ids = settled.map(({ receipt }) => receipt.eventId);
  expect(await scene.countsOf(ids)).toEqual(ids.map(() => 1));
  expect(scene.complaints.filter((line) => /lock timeout|no answer within/.test(line))).not.toEqual([]);
});
