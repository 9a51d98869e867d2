import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HOLD_ACTIONS } from '../../src/monitoring/keep/acts/hold-acts.js';
import { ARCHIVES_LOCK, type Archives } from '../../src/monitoring/keep/archive/archives.js';
import type { LogSequencer } from '../../src/monitoring/sealer/log-sequencer.js';
import type { CheckpointSigner } from '../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { formatTilePath } from '../../src/monitoring/proof/log/tiles/tile-path.js';
import type { Verification } from '../../src/monitoring/proof/verify/verification.js';
import { verifyFolder } from '../../src/monitoring/proof/verify/verify-folder.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { RETENTION } from '../../src/monitoring/store/ledger-roles.js';
import { RETENTION_LIMITS } from '../../src/monitoring/store/sessions/session-limits.js';
import { LedgerSession } from '../../src/monitoring/store/sessions/ledger-session.js';
import { reportSubject, type ReportedEvent } from '../../src/monitoring/keep/lifecycle/erasure/subject-report.js';
import { placeHold, releaseHold } from '../../src/monitoring/keep/lifecycle/holds/legal-hold.js';
import type { RetentionReport } from '../../src/monitoring/keep/lifecycle/retention/retention-run.js';
import {
  createTestDatabase,
  freshKeyFile,
  makeSequencer,
  makeSigner,
  testDatabase,
  withClient,
  type TestDatabase,
  withRoles,
} from '../support/index.js';
import { addEventsAt, copyKey, makeArchives, policyBy, retireWith, type OnStep } from '../support/retention-scene.js';
import { writeLogFiles } from '../support/serve-log-files.js';
import { withClockOff } from '../support/with-clock-off.js';
import { withTiming } from '../support/with-timing.js';

const POLICY = policyBy({ days: 30, categories: { payment: 'forever' } });

let database: TestDatabase;
let signer: CheckpointSigner;
let sequencer: LogSequencer;
let archives: Archives;
let folder: string;

afterEach(async () => {
  await sequencer.close();
  await database.drop();
});

async function use(made: TestDatabase, keyFile = freshKeyFile()): Promise<LogSequencer> {
  database = made;
  signer = await makeSigner(keyFile);
  ({ sequencer } = makeSequencer(database.url, signer));
  ({ archives, folder } = await makeArchives(signer));
  return sequencer;
}

interface Filled {
  /** The events of a month of which all is due. */
  readonly whole: readonly string[];
  readonly due: readonly string[];
  readonly kept: readonly string[];
}

async function fill({ months = 10, round = 3 } = {}): Promise<Filled> {
  return withClient(database.url, async (client) => {
    const whole = await addEventsAt(client, '2026-01-10T12:00:00.000Z', months);
    await sequencer.run();
    const kept: string[] = [];
    const due: string[] = [];
    for (let nth = 0; nth < 5; nth++) {
      kept.push(...(await addEventsAt(client, '2026-02-10T12:00:00.000Z', 3, { category: 'payment' })));
      due.push(...(await addEventsAt(client, '2026-02-11T12:00:00.000Z', round)));
    }
    kept.push(...(await addEventsAt(client, '2026-02-12T12:00:00.000Z', 1, { metadata: { retentionDays: 3_000 } })));
    kept.push(...(await addEventsAt(client, '2026-02-12T12:00:00.000Z', 1, { metadata: { retentionDays: 99_999 } })));
    kept.push(...(await addEventsAt(client, new Date().toISOString(), 10)));
    await sequencer.run();
    return { whole, due, kept };
  });
}

const filled = await testDatabase();
const filledKey = freshKeyFile();
const first = await use(filled, filledKey);
const ids = await fill();
await first.close();

/** Each test continues a copy of one ledger, with a copy of the key and of what the key signed last. */
async function useFilled(): Promise<Filled> {
  await use(await createTestDatabase({ copyFrom: filled }), await copyKey(filledKey));
  return ids;
}

const run = (options: { readonly onStep?: OnStep } = {}): Promise<RetentionReport> =>
  retireWith(sequencer, { connectionUrl: database.url, archives, policy: POLICY, ...options });

async function verify(): Promise<Verification> {
  return verifyLedger({ database: database.url, verifierKeys: [signer.verifierKey] });
}

async function storedIds(): Promise<ReadonlySet<string>> {
  const rows = await database.superuserSql(
    `SELECT id FROM audit_event WHERE details->>'act' IS NULL AND type <> ALL ($1)`,
    [Object.values(HOLD_ACTIONS)],
  );
  return new Set(rows.map(({ id }) => String(id)));
}

async function expectArchived(ids: readonly string[]): Promise<void> {
  const found = new Set<string>();
  for (const archive of await archives.names()) {
    expect(await archives.verify(archive)).toMatchObject({ verdict: 'sound', findings: [] });
    for await (const { sealed, salt } of archives.lines(archive)) {
      found.add(sealed.id);
      expect(salt).not.toBeNull();
    }
  }
  expect(found).toEqual(new Set(ids));
}

describe('a run of retention', () => {
  withTiming({ archivesWaitMs: 300 });

  it('drops a month of which all is due, removes the rest row by row, and leaves a sound ledger', async () => {
    const { whole, due, kept } = await useFilled();
    const report = await run();
    expect(report).toMatchObject({ isBusy: false, waiting: [], problems: [] });
    expect(report.retired.map(({ kind, partition, events }) => [kind, partition, events])).toEqual([
      ['month', 'audit_event_2026_01', whole.length],
      ['rows', 'audit_event_2026_02', due.length],
    ]);
    expect(await storedIds()).toEqual(new Set(kept));
    const tables = await database.superuserSql(`SELECT to_regclass('audit_event_2026_01') AS name`);
    expect(tables).toEqual([{ name: null }]);
    await sequencer.run();
    const found = await verify();
    expect(found).toMatchObject({ verdict: 'sound', retired: whole.length + due.length, findings: [] });
    expect(found.size).toBe(whole.length + due.length + kept.length + 2);
    await expectArchived([...whole, ...due]);
    expect(await run()).toMatchObject({ retired: [], waiting: [], problems: [] });
  });

  it('stores a late event of a retired month, but no event under the id of a retired one', async () => {
    const { whole, due, kept } = await useFilled();
    await run();
    const [late = ''] = await withClient(database.url, async (client) => {
      await client.query(await withRoles(client, 'SET ROLE audit_writer'));
      for (const [time, id] of [
        ['2026-01-10T12:00:00.000Z', whole[0] ?? ''],
        ['2026-02-11T12:00:00.000Z', due[0] ?? ''],
      ] as const)
        await addEventsAt(client, time, 1, { id, type: 'forged' });
      return addEventsAt(client, '2026-01-10T12:00:00.000Z', 1, { category: 'payment' });
    });
    await sequencer.run();
    expect(await storedIds()).toEqual(new Set([...kept, late]));
    expect(await verify()).toMatchObject({ verdict: 'sound', findings: [] });
    expect(await run()).toMatchObject({ retired: [], waiting: [], problems: [] });
  });

  it.each([-360_000, 360_000])('leaves a sound ledger when the clock is off by %d ms', async (offMs) => {
    const { kept } = await useFilled();
    const justDue = new Date(Date.now() - 30 * 86_400_000 - 120_000).toISOString();
    await withClient(database.url, (client) => addEventsAt(client, justDue, 1));
    await sequencer.run();
    expect(await withClockOff(offMs, run)).toMatchObject({ waiting: [], problems: [] });
    expect(await storedIds()).toEqual(new Set(kept));
    await sequencer.run();
    expect(await verify()).toMatchObject({ verdict: 'sound', findings: [] });
  });

  it('stops at events that are held after the announcement, and continues after the hold', async () => {
    const { kept } = await useFilled();
    let holdId = '';
    const session = await LedgerSession.open(database.url, RETENTION, RETENTION_LIMITS);
    const blank = placeHold(session, { reason: ' ', tenantId: 'acme' }, 'counsel', signer);
    await expect(blank).rejects.toMatchObject({ code: 'AUDIT_REQUEST_INVALID' });
    const report = await run({
      onStep: async (step) => {
        if (step !== 'announced' || holdId !== '') return;
        const hold = await placeHold(session, { reason: 'lawsuit', tenantId: 'acme' }, 'counsel', signer);
        holdId = hold.id;
      },
    });
    expect(report).toMatchObject({
      retired: [],
      waiting: [expect.stringContaining('a legal hold covers 10 of these')],
    });
    expect((await verify()).verdict).toBe('sound');
    await releaseHold(session, holdId, { by: 'counsel', reason: 'settled' }, signer);
    await session.close();
    await run();
    expect(await storedIds()).toEqual(new Set(kept));
  });

  it('leaves a month with a late event, and takes the rest of it row by row', async () => {
    await useFilled();
    let late: readonly string[] = [];
    const report = await run({
      onStep: async (step, { kind }) => {
        if (step !== 'announced' || kind !== 'month') return;
        late = await withClient(database.url, (client) => addEventsAt(client, '2026-01-20T12:00:00.000Z', 2));
      },
    });
    expect(report.problems).toEqual([]);
    const stored = await storedIds();
    expect(late).toHaveLength(2);
    expect(late.filter((id) => !stored.has(id))).toEqual([]);
    await sequencer.run();
    expect((await verify()).verdict).toBe('sound');
  });

  it('leaves each event in the report about its person once, whatever the step', async () => {
    await use(await createTestDatabase());
    const person = { type: 'user', id: 'u-report', name: 'Ada' } as const;
    const ids = await withClient(database.url, async (client) => [
      ...(await addEventsAt(client, '2026-01-10T12:00:00.000Z', 3, { actor: person })),
      ...(await addEventsAt(client, '2026-02-10T12:00:00.000Z', 3, { actor: person })),
      ...(await addEventsAt(client, '2026-02-10T12:00:00.000Z', 1, { actor: person, category: 'payment' })),
      ...(await addEventsAt(client, '2026-01-10T12:00:00.000Z', 3, { actor: { type: 'system' } })),
    ]);
    await sequencer.run();
    const own = ids.slice(0, 7).toSorted();
    await withClient(database.superuserUrl, async (client) => {
      const readRows = async (text: string, values: readonly unknown[] = []) =>
        (await client.query<Record<string, unknown>>(text, [...values])).rows;
      const report = async (): Promise<readonly ReportedEvent[]> => {
        const source = {
          eventRows: readRows,
          newestCheckpoint: () => Promise.resolve(undefined),
          stores: new Map(),
          trust: () => Promise.resolve(undefined),
        };
        const parts = reportSubject(
          { ...source, session: { rows: readRows }, archives },
          { id: person.id, identifiers: [] },
        );
        const events: ReportedEvent[] = [];
        for await (const part of parts) if (part.kind === 'event') events.push(part.event);
        return events;
      };
      const reported: string[][] = [];
      const steps = async (): Promise<void> => void reported.push((await report()).map(({ id }) => id).toSorted());
      expect(await run({ onStep: steps })).toMatchObject({ problems: [], waiting: [] });
      expect(new Set(reported.map(String))).toEqual(new Set([String(own)]));
    });
  });

  it('waits a while for who holds the lock of the archives, and then names the session', async () => {
    await useFilled();
    await withClient(`${database.url}?application_name=psql`, async (client) => {
      const { class: kind, table } = ARCHIVES_LOCK;
      await client.query('SELECT pg_advisory_lock($1, hashtext($2::regclass::oid::text))', [kind, table]);
      const { retired, problems } = await run();
      expect(retired).toEqual([]);
      expect(problems[0]).toMatch(
        /^Cannot acquire the lock of the archives .* \(pid \d+, application "psql".*\) holds it\. /,
      );
      await client.query('SELECT pg_advisory_unlock_all()'); // the session may end later than the next run waits
    });
    expect((await run()).retired).not.toEqual([]);
  });

  it('removes nothing when the archive is not what it should be', async () => {
    const { whole, due, kept } = await useFilled();
    const report = await run({
      onStep: async (step, { archive }) => {
        if (step === 'written') await writeFile(join(folder, archive, 'events.jsonl.gz'), 'another');
      },
    });
    expect(report.problems).toEqual([expect.stringContaining('is not sound'), expect.stringContaining('is not sound')]);
    expect(await storedIds()).toEqual(new Set([...whole, ...due, ...kept]));
  });

  it('archives no event whose personal part is gone without a signed act, until it is back', async () => {
    const { whole, due } = await useFilled();
    const part = ['personal', 'personal_salt', 'actor_name', 'ip', 'user_agent'];
    const asReplica = `SET session_replication_role = 'replica';`;
    await database.superuserSql(`CREATE TABLE backup AS SELECT id, ${part.join(', ')} FROM audit_event`);
    const nulled = part.map((column) => `${column} = NULL`).join(', ');
    await database.superuserSql(`${asReplica} UPDATE audit_event SET ${nulled} WHERE id = '${String(whole[7])}'`);
    const refused = await run();
    expect(refused.problems).toEqual([
      expect.stringMatching(/event at index \d+ has no personal part, but no signed act/),
    ]);
    expect(refused.retired.reduce((sum, { events }) => sum + events, 0)).toBe(due.length);
    const back = part.map((column) => `${column} = backup.${column}`).join(', ');
    await database.superuserSql(
      `${asReplica} UPDATE audit_event event SET ${back} FROM backup WHERE backup.id = event.id; DROP TABLE backup`,
    );
    expect(await run()).toMatchObject({ problems: [], retired: [{ events: whole.length }] });
    await expectArchived([...whole, ...due]);
  });

  it('removes nothing whose archive is gone since an earlier run, until it is back', async () => {
    const { whole, due, kept } = await useFilled();
    await run({
      onStep: (step) => {
        if (step === 'archived') throw new Error('killed');
      },
    });
    await rename(folder, `${folder}-elsewhere`);
    const missing: unknown = expect.stringContaining('the archives have no such file');
    expect(await run()).toMatchObject({ retired: [], waiting: [], problems: [missing, missing] });
    expect(await storedIds()).toEqual(new Set([...whole, ...due, ...kept]));
    await rename(`${folder}-elsewhere`, folder);
    expect(await run()).toMatchObject({ waiting: [], problems: [] });
    expect(await storedIds()).toEqual(new Set(kept));
    await expectArchived([...whole, ...due]);
  });
});

it('a verification of the files of a log after a retirement excuses the bundles that the log announces, and no other', async () => {
  await use(await createTestDatabase());
  const { whole } = await fill({ months: 300, round: 60 }); // bundles of 256 that are retired as a whole
  await run();
  await withClient(database.url, async (client) => addEventsAt(client, new Date().toISOString(), 700));
  await sequencer.run();
  const files = join(folder, 'log');
  await withClient(database.url, async (client) => writeLogFiles(client, files));
  const verifyFiles = async (): Promise<Verification> =>
    verifyFolder({ folder: files, verifierKeys: [signer.verifierKey] });
  // The bundle that holds the announcements also holds retired events of the second month, so the announcements are missing too.
  const unannounced = await verifyFiles();
  expect(unannounced).toMatchObject({ verdict: 'tampered', retired: 0 });
  expect(unannounced.findings[0]).toMatchObject({ kind: 'event_altered', index: 0, table: 'tile/entries' });
  const announcements = await database.superuserSql(
    `SELECT kind, convert_from(entry, 'UTF8') AS entry FROM audit_retirement`,
  );
  await mkdir(join(files, 'retirements'));
  for (const { kind, entry } of announcements) {
    await writeFile(join(files, 'retirements', `${String(kind)}.json`), `${String(entry)}\n`);
  }
  const sound = await verifyFiles();
  const missing = Math.ceil((whole.length + 327) / 256) * 256;
  expect(sound).toMatchObject({ verdict: 'sound', findings: [], retired: missing, archives: { unseen: missing } });
  const rows = join(files, 'retirements', 'rows.json');
  const entry = await readFile(rows, 'utf8');
  await writeFile(rows, entry.replace('"lastIndex":', '"lastIndex":1'));
  expect(await verifyFiles()).toMatchObject({ verdict: 'tampered', retired: 512 });
  await writeFile(rows, entry);
  await rm(join(files, formatTilePath({ level: 'entries', index: 4, width: 256 })));
  const { findings, retired } = await verifyFiles();
  expect(retired).toBe(missing);
  expect(findings.map(({ kind, index }) => [kind, index])).toEqual(
    Array.from({ length: 256 }, (_, nth) => ['event_altered', 1_024 + nth]),
  );
});

it('a retirement without an act of the ledger’s key excuses nothing, either, when it is dated after now', async () => {
  await useFilled();
  await run();
  await sequencer.run();
  expect((await verify()).warnings).toContainEqual(
    expect.stringContaining('are in archives that this check did not read'),
  );
  const earlier = { database: database.url, verifierKeys: [signer.verifierKey], now: () => Date.now() - 3_600_000 };
  expect((await verifyLedger(earlier)).findings).toContainEqual(
    expect.objectContaining({ kind: 'retirement_forged', what: expect.stringContaining('in the future') }),
  );
});
