import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { rm } from 'node:fs/promises';
import type { Archives } from '../../src/modules/monitoring/archive/index.js';
import type { LogSequencer } from '../../src/modules/monitoring/integrity/sequencer/log-sequencer.js';
import type { CheckpointSigner } from '../../src/modules/monitoring/integrity/signing/index.js';
import { verifyLedger, type Verification } from '../../src/modules/monitoring/integrity/verify/index.js';
import {
  runRetention,
  type RetentionReport,
  type RetentionRunOptions,
} from '../../src/modules/monitoring/retention/retention-run.js';
import { makeSequencer, makeSigner } from '../support/log-scene.js';
import { addEventsAt, makeArchives, policyBy } from '../support/retention-scene.js';
import { runSql, withClient } from '../support/sql.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const POLICY = policyBy({ days: 30, categories: { payment: 'forever' } });

let database: TestDatabase;
let signer: CheckpointSigner;
let sequencer: LogSequencer;
let archives: Archives;
let folder: string;

beforeEach(async () => {
  database = await createTestDatabase();
  signer = await makeSigner();
  ({ sequencer } = makeSequencer(database.url, signer));
  ({ archives, folder } = await makeArchives(signer));
});

afterEach(async () => {
  await sequencer.close();
  await rm(folder, { recursive: true });
  await database.drop();
});

/** Two old months, of which one is due as a whole and the other in part, and this month. */
async function fill(): Promise<{
  readonly whole: readonly string[];
  readonly due: readonly string[];
  readonly kept: readonly string[];
}> {
  return withClient(database.url, async (client) => {
    const whole = await addEventsAt(client, '2026-01-10T12:00:00.000Z', 700);
    await sequencer.step();
    const kept: string[] = [];
    const due: string[] = [];
    for (let round = 0; round < 5; round++) {
      kept.push(...(await addEventsAt(client, '2026-02-10T12:00:00.000Z', 3, { category: 'payment' })));
      due.push(...(await addEventsAt(client, '2026-02-11T12:00:00.000Z', 300)));
    }
    kept.push(...(await addEventsAt(client, '2026-02-12T12:00:00.000Z', 1, { metadata: { retentionDays: 3_000 } })));
    kept.push(...(await addEventsAt(client, '2026-02-12T12:00:00.000Z', 1, { metadata: { retentionDays: 0 } })));
    kept.push(...(await addEventsAt(client, new Date().toISOString(), 10)));
    await sequencer.step();
    return { whole, due, kept };
  });
}

/** Seals what announces a retirement when it is stored, as an application does. */
async function run(options: Partial<RetentionRunOptions> = {}): Promise<RetentionReport> {
  const { onStep, ...rest } = options;
  return runRetention({
    connectionUrl: database.url,
    archives,
    policy: POLICY,
    onStep: async (step, retirement) => {
      if (step === 'stored') await sequencer.step();
      await onStep?.(step, retirement);
    },
    ...rest,
  });
}

async function verify(): Promise<Verification> {
  return verifyLedger({ database: database.url, verifierKeys: [signer.verifierKey] });
}

async function storedIds(): Promise<ReadonlySet<string>> {
  const rows = await runSql(database.superuserUrl, `SELECT id FROM audit_event WHERE type <> 'audit_events_retired'`);
  return new Set(rows.map(({ id }) => String(id)));
}

async function expectArchived(ids: readonly string[]): Promise<void> {
  const found = new Set<string>();
  for (const archive of await archives.list()) {
    expect(await archives.verify(archive)).toMatchObject({ verdict: 'sound', findings: [] });
    for await (const { sealed, salt } of archives.lines(archive)) {
      found.add(sealed.id);
      expect(salt).not.toBeNull();
    }
  }
  expect(found).toEqual(new Set(ids));
}

describe('a run of retention', () => {
  it('drops a month of which all is due, removes the rest row by row, and leaves a sound ledger', async () => {
    const { whole, due, kept } = await fill();
    const report = await run();
    expect(report).toMatchObject({ isBusy: false, waiting: [], problems: [] });
    expect(report.retired.map(({ kind, partition, events }) => [kind, partition, events])).toEqual([
      ['month', 'audit_event_2026_01', whole.length],
      ['rows', 'audit_event_2026_02', due.length],
    ]);
    expect(await storedIds()).toEqual(new Set(kept));
    const tables = await runSql(database.superuserUrl, `SELECT to_regclass('audit_event_2026_01') AS name`);
    expect(tables).toEqual([{ name: null }]);
    await sequencer.step();
    const found = await verify();
    expect(found).toMatchObject({ verdict: 'sound', retired: whole.length + due.length, findings: [] });
    expect(found.size).toBe(whole.length + due.length + kept.length + 2);
    await expectArchived([...whole, ...due]);
    expect(await run()).toMatchObject({ retired: [], waiting: [], problems: [] });
  }, 60_000);
});
