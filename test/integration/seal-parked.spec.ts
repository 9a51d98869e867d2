import { createWriter } from '../support/writers.js';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import type { AuditEvent } from '../../src/audit/index.js';
import { insertRows, toInboxLines, packInboxRows } from '../../src/monitoring/inbox/inbox-row.js';
import { checkLine } from '../../src/monitoring/inbox/event-line.js';
import { Sequencer } from '../../src/monitoring/sealer/sequencer.service.js';
import { LEADER } from '../../src/monitoring/store/ledger-roles.js';
import { sealLine } from '../../src/monitoring/store/seal-row.js';
import {
  createTestDatabase,
  eventually,
  freshKeyFile,
  runCommand,
  sampleEvent,
  withClient,
  type CommandRun,
  type TestDatabase,
} from '../support/index.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { addEvents, expectSoundLog, makeSequencer, makeSigner, ORIGIN, SAMPLE_RULES } from '../support/log-scene.js';
import { withTiming } from '../support/with-timing.js';

const SPILL_KEY = 'spill'.repeat(8);
const NO_BAD = `ALTER TABLE audit_event ADD CONSTRAINT no_bad CHECK (reason IS DISTINCT FROM 'bad')`;

type Json = Readonly<Record<string, unknown>>;

let database: TestDatabase;
let keyFile: string;

beforeEach(async () => {
  database = await createTestDatabase();
  keyFile = freshKeyFile();
  await makeSigner(keyFile);
});

afterEach(() => database.drop());

async function call(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandRun> {
  const own = { DATABASE_URL: database.url, AUDIT_SIGNING_KEY_FILE: keyFile, AUDIT_LEDGER_ORIGIN: ORIGIN, ...env };
  return runCommand(args, { cwd: dirname(keyFile), env: own });
}

async function callJson(args: readonly string[], env = {}): Promise<{ readonly code: number; readonly json: Json }> {
  const { code, output } = await call([...args, '--json'], env);
  return { code, json: JSON.parse(output) as Json };
}

async function give(events: readonly AuditEvent[], key?: string): Promise<readonly string[]> {
  const rows = {
    ...packInboxRows(
      toInboxLines(events, () => SAMPLE_RULES),
      createWriter(key),
    ),
    keyId: undefined,
  };
  await withClient(database.url, (client) => client.query(insertRows(rows)));
  return events.map(({ id }) => id);
}

const bad = (): AuditEvent => sampleEvent({ reason: 'bad' });
const events = (count: number): readonly AuditEvent[] => Array.from({ length: count }, () => sampleEvent());
const parked = () => database.superuserSql('SELECT number, reason, seed, line FROM audit_parked ORDER BY number');
const sealed = async (): Promise<readonly string[]> => expectSoundLog(database.url, await makeSigner(keyFile));

async function parkBad(count: number): Promise<readonly string[]> {
  await database.superuserSql(NO_BAD);
  const ids = await give(Array.from({ length: count }, bad));
  const { code, json } = await callJson(['seal']);
  expect([code, json.parked, json.warnings]).toEqual([
    0,
    count,
    [expect.stringContaining('nestjs-audit-ledger seal parked')],
  ]);
  await database.superuserSql('ALTER TABLE audit_event DROP CONSTRAINT no_bad');
  return ids;
}

async function expectSound(): Promise<void> {
  const { code, json } = await callJson(['verify']);
  expect([code, json.verdict, json.waiting]).toEqual([0, 'sound', 0]);
}

describe('nestjs-audit-ledger seal parked', () => {
  it('retries lines whose cause is corrected, with their seeds and in their order; an event had said that they were parked', async () => {
    const ids = await parkBad(45);
    const leaves = (await parked()).map(({ line, seed }) => sealLine(checkLine(String(line)), seed as Buffer).leafHash);
    expect(await callJson(['seal', 'parked', 'retry', '1'])).toMatchObject({ code: 0, json: { retried: 1 } });
    expect(await callJson(['seal', 'parked', 'retry'])).toMatchObject({ code: 0, json: { retried: 44 } });
    expect((await call(['seal', 'parked', 'retry'])).output).toBe('Nothing was moved.\n');
    expect(await callJson(['seal'])).toMatchObject({ code: 0, json: { sealed: 45, size: 46, waiting: 0, parked: 0 } });
    const [first, ...others] = await database.sql(
      `SELECT type, details, event_id AS id, encode(audit_leaf.leaf_hash, 'hex') AS hash
         FROM audit_leaf JOIN audit_event ON id = event_id ORDER BY index`,
    );
    expect(first).toMatchObject({ type: 'audit_lines_parked', details: { lines: 45 } });
    expect(others.map(({ id, hash }) => [id, hash])).toEqual(ids.map((id, nth) => [id, leaves[nth]]));
    await expectSound();
  });

  it('retries a row of another key with its own signature, and signs a row without one only with --unsigned', async () => {
    const OTHER_KEY = 'another key'.repeat(3);
    const env = { AUDIT_WRITER_KEY: SPILL_KEY };
    const [signed] = await give(events(1), SPILL_KEY);
    const others = await give(events(2), OTHER_KEY); // one row, as the unsigned ones
    const unsigned = await give(events(2));
    expect(await callJson(['seal'], env)).toMatchObject({ json: { parked: 2 } });
    expect((await callJson(['seal', 'parked'])).json).toMatchObject({
      lines: [{ id: others[0], lines: 2 }, { lines: 2 }],
    });
    expect((await parked()).map(({ reason }) => reason)).toEqual(Array(2).fill(expect.stringContaining('writerKey')));

    expect(await callJson(['seal', 'parked', 'retry'], env)).toMatchObject({ json: { retried: 2 } });
    expect(await callJson(['seal'], { AUDIT_WRITER_KEY: `${SPILL_KEY},${OTHER_KEY}` })).toMatchObject({
      json: { parked: 1 },
    });
    expect(await sealed()).toEqual(expect.arrayContaining([signed, ...others]));
    expect(await callJson(['seal', 'parked', 'retry', '--unsigned'], env)).toMatchObject({ json: { retried: 1 } });
    expect(await callJson(['seal'], env)).toMatchObject({ json: { parked: 0, waiting: 0 } });
    const ids = [...others, ...unsigned];
    expect(await sealed()).toEqual(expect.arrayContaining([signed, ...ids]));
  });

  it('retries no line that somebody changed while it was parked', async () => {
    const env = { AUDIT_WRITER_KEY: SPILL_KEY };
    await database.superuserSql(NO_BAD);
    const [, kept] = await give([bad(), bad()], SPILL_KEY);
    expect(await callJson(['seal'], env)).toMatchObject({ json: { parked: 2 } });
    await database.superuserSql(`ALTER TABLE audit_event DROP CONSTRAINT no_bad`);
    await database.superuserSql(`UPDATE audit_parked SET line = replace(line, '"bad"', '"good"') WHERE number = 1`);
    expect(await callJson(['seal', 'parked', 'retry'])).toMatchObject({ json: { retried: 2 } });
    expect(await callJson(['seal'], env)).toMatchObject({ json: { parked: 1 } });
    expect(await sealed()).toEqual(expect.arrayContaining([kept]));
    expect(await parked()).toMatchObject([{ reason: expect.stringContaining('no valid signature') }]);
  });

  it('discards no event of an act until it is sealed; verify tells that it is parked', async () => {
    await database.superuserSql(NO_BAD.replace(`reason IS DISTINCT FROM 'bad'`, `type <> 'audit_hold_placed'`));
    await callJson(['seal']);
    expect(await call(['hold', 'place', '--reason', 'lawsuit', 'actorId=u-1', '--by', 'counsel'])).toMatchObject({
      code: 0,
    });
    expect(await callJson(['seal'])).toMatchObject({ json: { parked: 1 } });
    const { code, json } = await callJson(['verify']);
    expect([code, json.verdict, String(json.warnings)]).toEqual([0, 'sound', expect.stringContaining('are parked')]);
    const [line] = await parked();
    expect((await call(['seal', 'parked', 'discard', String(line?.number), '--reason', 'x'])).errors).toMatch(
      /^Cannot discard the line \d+: it has the event of act 1/,
    );
    await database.superuserSql('ALTER TABLE audit_event DROP CONSTRAINT no_bad');
    await callJson(['seal', 'parked', 'retry']);
    await callJson(['seal']);
    const copy = `INSERT INTO audit_parked (stored_at, reason, version, seed, line) VALUES (now(), 'x', 1, '\\x00', $1) RETURNING number`;
    const [again] = await database.superuserSql(copy, [line?.line]);
    expect(await call(['seal', 'parked', 'discard', String(again?.number), '--reason', 'x'])).toMatchObject({
      code: 0,
    });
  });

  it('fails before it does anything where the leader would not believe what it records, as other commands do', async () => {
    await give(events(1), SPILL_KEY);
    await callJson(['seal'], { AUDIT_WRITER_KEY: SPILL_KEY });
    const env = { AUDIT_WRITER_KEY: 'another key'.repeat(3) };
    for (const args of [['seal'], ['query'], ['seal', 'parked', 'discard', '1', '--reason', 'x']])
      expect(await callJson(args, env)).toMatchObject({ code: 2, json: { error: { code: 'AUDIT_WRITER_UNKNOWN' } } });
  });

  it('lists lines without the values of their events', async () => {
    const [id] = await parkBad(1);
    const lines = ['Ada Lovelace', '{"event":{"type":"Ada Lovelace","id":"ada@example.com"}}', '{"event":7}', '[[['];
    for (const line of lines)
      await database.superuserSql(
        `INSERT INTO audit_parked (stored_at, reason, version, seed, line) VALUES (now(), 'x', 1, '\\x00', $1)`,
        [line],
      );
    const { json } = await callJson(['seal', 'parked']);
    const { output } = await call(['seal', 'parked', 'list']);
    expect(json).toMatchObject({
      total: 5,
      lines: [
        {
          number: 1,
          type: 'order_created',
          id,
          lines: 1,
          reason: 'Cannot seal the line: they violate no_bad (23514).',
        },
        ...lines.map((_, nth) => ({ number: nth + 2, reason: 'x' })),
      ],
    });
    expect(output).toMatch(new RegExp(`^1 .*order_created  ${id ?? ''} +1 +Cannot seal`, 'm'));
    for (const shown of [JSON.stringify(json), output]) {
      expect(shown).not.toMatch(/Ada|ada@|203\.0\.113\.7|u-1|acme/);
    }
  });

  it('discards lines for good, and records who did it, why, and their digests', async () => {
    await parkBad(3);
    const [first, second] = (await parked()).map(({ line, seed }) =>
      createHash('sha256')
        .update(seed as Buffer)
        .update(String(line))
        .digest('hex'),
    );
    for (const args of [
      ['1'],
      ['1', '--reason', ' '],
      ['1', '17', '--reason', 'forged'],
      ['--reason', 'forged'],
      ['x'],
    ])
      expect((await call(['seal', 'parked', 'discard', ...args])).code).toBe(2);
    expect((await parked()).length).toBe(3);
    const args = ['seal', 'parked', 'discard', '2', '1', '2', '--reason', 'forged', '--by', 'ada'];
    expect(await callJson(args)).toMatchObject({ code: 0, json: { discarded: 2 } });
    expect((await parked()).map(({ number }) => String(number))).toEqual(['3']);
    await callJson(['seal']);
    expect(
      await database.sql(
        `SELECT reason, actor_id, details FROM audit_event JOIN audit_leaf ON event_id = id WHERE type = 'audit_lines_discarded'`,
      ),
    ).toEqual([{ reason: 'forged', actor_id: 'ada', details: { numbers: [1, 2], sha256: [first, second], lines: 2 } }]);
    await expectSound();
  });
});

describe('nestjs-audit-ledger seal', () => {
  withTiming({ sealMs: 3_600_000, signMs: 3_600_000 });

  it('seals and signs what a killed leader left, in the inbox, in the queue, and without a signature', async () => {
    const { sequencer } = makeSequencer(database.url, await makeSigner(keyFile));
    await give(events(2));
    await sequencer.run();
    await give(events(3)); // sealed, but not signed within the hour
    await sequencer.run();
    await sequencer.close();
    const queued = await withClient(database.url, (client) => addEvents(client, 4));
    const ids = await give(events(700));
    expect(await database.sql('SELECT size::int, signed::int FROM audit_head')).toEqual([{ size: 5, signed: 2 }]);
    expect(await callJson(['seal'])).toEqual({
      code: 0,
      json: { ok: true, command: 'seal', sealed: 704, size: 709, waiting: 0, waitingSeconds: 0, parked: 0 },
    });
    expect((await sealed()).slice(5)).toEqual([...queued, ...ids]);
    await expectSound();
    expect((await call(['seal'])).output).toBe('Sealed 0 event(s). The log has 709 event(s).\n');
  });

  it('wakes a leading application, and waits until it has sealed; it still leads', async () => {
    const { app } = await startLedgerApp(database.url, { monitoring: { signingKeyFile: keyFile, origin: ORIGIN } });
    try {
      await eventually(() => app.get(Sequencer).status.role === 'leading');
      for (let round = 0; round < 3; round++) {
        const ids = await give(events(5));
        expect(await callJson(['seal'])).toMatchObject({ code: 0, json: { waiting: expect.any(Number), parked: 0 } });
        const leaves = await database.sql('SELECT event_id::text AS id FROM audit_leaf WHERE event_id = ANY ($1)', [
          ids,
        ]);
        expect(leaves.length).toBe(5);
      }
      expect(app.get(Sequencer).status.role).toBe('leading');
    } finally {
      await app.close();
    }
    await expectSound();
  });

  it('exits with 1 on a ledger that contradicts itself, with the reason, and seals nothing', async () => {
    await give(events(3));
    await callJson(['seal']);
    await database.superuserSql('SET session_replication_role = replica; DELETE FROM audit_leaf WHERE index = 2');
    await give(events(4));
    expect(await callJson(['seal'])).toMatchObject({
      code: 1,
      json: { sealed: 0, size: 3, waiting: 4, error: { code: 'AUDIT_LEDGER_INCONSISTENT' } },
    });
    const { code, output, errors } = await call(['seal']);
    expect([code, output]).toEqual([1, expect.stringMatching(/ 4 event\(s\) wait, the oldest for \d+ s\.\n$/)]);
    expect(errors).toContain('it has 2 leaves, but its head has size 3');
  });

  it('exits with 1 if rows of a newer version are left, and with 2 without a key', async () => {
    await database.superuserSql('ALTER TABLE audit_inbox DROP CONSTRAINT audit_inbox_version_check');
    await database.superuserSql(
      `INSERT INTO audit_inbox (version, seed, body) VALUES (2, decode(repeat('01', 16), 'hex'), 'of the future')`,
    );
    const ids = await give(events(2));
    const { code, json } = await callJson(['seal']);
    expect([code, json.waiting, json.error]).toEqual([
      1,
      1,
      { code: null, message: expect.stringContaining('newer version') },
    ]);
    expect(await sealed()).toEqual(ids);
    const without = await callJson(['seal'], { AUDIT_SIGNING_KEY_FILE: 'none.key' });
    expect(without).toMatchObject({ code: 2, json: { error: { code: 'AUDIT_SIGNING_KEY_MISSING' } } });
  });

  describe('beside a session that holds the lock of the leader, and does not seal', () => {
    withTiming({ sealCommandMs: 300 });

    it('exits with 1 after the time limit, and names the session; once it ends, the next call seals', async () => {
      const ids = await give(events(2));
      await withClient(database.url, async (client) => {
        const { class: first, table } = LEADER.lock;
        await client.query('SELECT pg_advisory_lock($1, hashtext($2::regclass::oid::text))', [first, table]);
        expect(await callJson(['seal'])).toMatchObject({
          code: 1,
          json: { sealed: 0, waiting: 2, warnings: [expect.any(String)], error: { code: 'AUDIT_SEALING_LATE' } },
        });
      });
      const done = await callJson(['seal']);
      expect([done.code, await sealed()]).toEqual([0, ids]);
    });
  });
});
