import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { appendFile, copyFile } from 'node:fs/promises';
import { LogSequencer } from '../../src/monitoring/sealer/log-sequencer.js';
import type { CheckpointSigner } from '../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { makeKeyFile } from '../../src/monitoring/proof/signing/signing-key-file.js';
import {
  createTestDatabase,
  eventually,
  freshKeyFile,
  testDatabase,
  whileChanged,
  withClient,
  type TestDatabase,
} from '../support/index.js';
import { addEvents, ageLedger, expectSoundLog, makeSequencer, makeSigner, ORIGIN } from '../support/log-scene.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { withTiming } from '../support/with-timing.js';
import { FITTING_HEAD } from '../support/forge-log.js';
import { addEventsAt, copyKey } from '../support/retention-scene.js';

let database: TestDatabase;
let signer: CheckpointSigner;
let sequencers: LogSequencer[] = [];

const closeAll = async (): Promise<void> => {
  for (const sequencer of sequencers) await sequencer.close();
  sequencers = [];
};

function inEmptyLedgers(): void {
  beforeEach(async () => {
    database = await createTestDatabase();
    signer = await makeSigner();
  });
  afterEach(async () => {
    await closeAll();
    await database.drop();
  });
}

function createSequencer(keys = signer): ReturnType<typeof makeSequencer> {
  const made = makeSequencer(database.url, keys);
  sequencers.push(made.sequencer);
  return made;
}

describe('the sequencer', () => {
  inEmptyLedgers();

  it('seals what others commit while a transaction stays open, and that one as soon as it commits', async () => {
    const { sequencer } = createSequencer();
    await withClient(database.url, async (held) => {
      await held.query('BEGIN');
      const late = await addEvents(held, 3);
      const early = await withClient(database.url, (client) => addEvents(client, 5));
      await sequencer.run();
      expect(await expectSealed()).toEqual(early);
      await held.query('COMMIT');
      await sequencer.run();
      expect(await expectSealed()).toEqual([...early, ...late]);
    });
    await expectSoundLog(database.url, signer);
  });

  it('seals a backlog in several batches, in the order in which it was stored', async () => {
    const stored = await withClient(database.url, async (client) => {
      const ids: string[] = [];
      for (let batch = 0; batch < 20; batch++) ids.push(...(await addEvents(client, 100)));
      return ids;
    });
    const { sequencer } = createSequencer();
    await sequencer.run();
    expect(await expectSoundLog(database.url, signer)).toEqual(stored);
    const [row] = await database.sql('SELECT count(*)::int AS checkpoints FROM audit_checkpoint');
    expect(row?.checkpoints).toBeGreaterThan(1);
  });

  it('seals events that wait since before all time, as somebody made the inbox say', async () => {
    const first = createSequencer().sequencer;
    await first.run();
    await first.close();
    await ageLedger(database);
    await withClient(database.url, (client) => addEvents(client, 1));
    await database.superuserSql(`UPDATE audit_inbox SET stored_at = '-infinity'`);
    const late: string[] = [];
    const sequencer = new LogSequencer(database.url, signer, {
      onCheckpoint: () => undefined,
      onFailure: (error) => void late.push(String(error)),
      onLate: ({ storedAt }) => void late.push(storedAt.toISOString()),
    });
    sequencers.push(sequencer);
    await sequencer.run();
    expect([sequencer.size, late]).toEqual([1, ['1970-01-01T00:00:00.000Z']]);
  });

  it('gives places in the order of the transactions, not of the ids', async () => {
    const times = ['12:00', '11:00', '13:00', '10:00'];
    const stored = await withClient(database.url, async (client) => {
      const ids: string[] = [];
      for (const time of times) ids.push(...(await addEventsAt(client, `2026-01-10T${time}:00.000Z`, 2)));
      return ids;
    });
    await createSequencer().sequencer.run();
    expect(await expectSoundLog(database.url, signer)).toEqual(stored);
  });

  it('has one leader; when that one is gone, another takes over', async () => {
    const [one, other] = [createSequencer().sequencer, createSequencer().sequencer];
    await withClient(database.url, (client) => addEvents(client, 2));
    await one.run();
    await other.run();
    expect([one.role, other.role]).toEqual(['leading', 'standby']);
    await database.superuserSql(`SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
        WHERE l.locktype = 'advisory' AND l.granted AND d.datname = current_database()`); // others test on this server
    await eventually(async () => {
      await other.run();
      return other.role === 'leading';
    });
    await withClient(database.url, (client) => addEvents(client, 3));
    await other.run();
    await one.run();
    await one.run();
    expect(one.role).toBe('standby');
    await expectSoundLog(database.url, signer);
  });

  it('signs nothing for events that are there already, and continues from what is stored', async () => {
    const first = createSequencer().sequencer;
    await withClient(database.url, (client) => addEvents(client, 300));
    await first.run();
    await first.run();
    await first.close();
    const { sequencer, failures } = createSequencer();
    await withClient(database.url, (client) => addEvents(client, 300));
    await eventually(async () => {
      await sequencer.run();
      return sequencer.role === 'leading';
    });
    await expectSoundLog(database.url, signer);
    expect(failures).toEqual([]);
    const sizes = await database.sql('SELECT size::int AS size FROM audit_checkpoint ORDER BY size');
    expect(sizes.map(({ size }) => size)).toEqual([300, 600]);
  });
});

describe('events that are sealed after the last signature', () => {
  withTiming({ signMs: 3_600_000 });
  inEmptyLedgers();

  const checked = () => verifyLedger({ database: database.superuserUrl, verifierKeys: [signer.verifierKey] });

  async function sealTwice(): Promise<LogSequencer> {
    const { sequencer } = createSequencer();
    for (const count of [300, 40]) {
      await withClient(database.url, (client) => addEvents(client, count));
      await sequencer.run();
    }
    return sequencer;
  }

  it('are checked, count as waiting, and are signed by the next leader', async () => {
    const killed = await sealTwice();
    expect(await checked()).toMatchObject({ verdict: 'sound', size: 300, waiting: 40 });
    await killed.close();
    await createSequencer().sequencer.run();
    expect(await checked()).toMatchObject({ verdict: 'sound', size: 340, waiting: 0 });
    expect(await expectSoundLog(database.url, signer)).toHaveLength(340);
  });

  it('are the ledger’s own where a replica lacks only the transaction of their signature', async () => {
    const sequencer = await sealTwice();
    await sequencer.finish();
    await database.superuserSql(
      'SET session_replication_role = replica; DELETE FROM audit_checkpoint WHERE size = 340; UPDATE audit_head SET signed = 300',
    );
    const promoted = createSequencer();
    await promoted.sequencer.run();
    expect([promoted.sequencer.role, promoted.failures]).toEqual(['leading', []]);
    expect(await checked()).toMatchObject({ verdict: 'sound', size: 340, waiting: 0 });
  });

  it('include all that waits when the application stops', async () => {
    const sequencer = await sealTwice();
    await withClient(database.url, async (client) => {
      for (let batch = 0; batch < 6; batch++) await addEvents(client, 200);
    });
    await sequencer.stop();
    await sequencer.finish();
    expect(await checked()).toMatchObject({ verdict: 'sound', size: 1_540, waiting: 0 });
  });

  it('are named by verify when somebody changes an event, a leaf, a tile, the end or the head', async () => {
    await sealTwice();
    const of = (index: number) => `(SELECT event_id FROM audit_leaf WHERE index = ${index})`;
    for (const [sql, kind] of [
      [`UPDATE audit_event SET reason = 'x' WHERE id = ${of(310)}`, 'event_altered'],
      [`UPDATE audit_leaf SET leaf_hash = sha256('x') WHERE index = 310`, 'leaf_altered'],
      [
        `UPDATE audit_tile SET hashes = set_byte(hashes, 54 * 32, get_byte(hashes, 54 * 32) # 1) WHERE level = 0 AND index = 1`,
        'tile_altered',
      ],
      [`DELETE FROM audit_event WHERE id = ${of(339)}; DELETE FROM audit_leaf WHERE index = 339`, 'head_altered'],
      ['UPDATE audit_head SET size = 9000000000000000', 'head_altered'],
    ] as const) {
      await whileChanged(database, sql, async (client) => {
        const { findings } = await verifyLedger({ database: client, verifierKeys: [signer.verifierKey] });
        expect([sql, findings.map((finding) => finding.kind)]).toEqual([sql, expect.arrayContaining([kind])]);
      });
    }
  });

  it('are not added to by a leader that does not know them', async () => {
    const sequencer = await sealTwice();
    await database.superuserSql('UPDATE audit_head SET size = 341');
    await withClient(database.url, (client) => addEvents(client, 1));
    await sequencer.run();
    expect(String(sequencer.lastError)).toMatch(
      /its head has size 341 and 300 signed events, but this leader sealed 340/,
    );
    expect(await database.sql('SELECT count(*)::int AS leaves FROM audit_leaf')).toEqual([{ leaves: 340 }]);
  });
});

const sealed = await testDatabase();
const sealedKey = freshKeyFile();
const first = makeSequencer(sealed.url, await makeSigner(sealedKey)).sequencer;
for (const count of [300, 300]) {
  await withClient(sealed.url, (client) => addEvents(client, count));
  await first.run();
}
await first.close();

describe('a ledger that contradicts its last checkpoint', () => {
  beforeEach(async () => {
    database = await createTestDatabase({ copyFrom: sealed });
    signer = await makeSigner(await copyKey(sealedKey));
  });
  afterEach(async () => {
    await closeAll();
    await database.drop();
  });

  it.each([
    ['a tile was altered', `UPDATE audit_tile SET hashes = set_byte(hashes, 5, get_byte(hashes, 5) # 1) WHERE level = 0 AND index = 2`, /tiles do not have the root/],
    ['a tile is missing', `DELETE FROM audit_tile WHERE level = 1`, /tile 0 of level 1 is missing/],
    ['a leaf is missing at the end', `DELETE FROM audit_leaf WHERE index = 599`, /599 leaves.*size 600/],
    ['the root of the row was altered', `UPDATE audit_checkpoint SET root = set_byte(root, 0, get_byte(root, 0) # 1) WHERE size = 600`, /differs from the signed note/],
    ['the note was altered', `UPDATE audit_checkpoint SET note = replace(note, '600', '599') WHERE size = 600`, /not signed by a key/],
    ['the note is of another ledger', `UPDATE audit_checkpoint SET note = replace(note, split_part(note, E'\\n', 1), 'other.example/log') WHERE size = 600`, /belongs to the ledger other\.example\/log, and the option origin is/],
    ['it was taken back to an earlier checkpoint', `DELETE FROM audit_checkpoint WHERE size = 600; DELETE FROM audit_leaf WHERE index >= 300; UPDATE audit_tile SET width = 44, hashes = substring(hashes FROM 1 FOR 44 * 32) WHERE level = 0 AND index = 1; DELETE FROM audit_tile WHERE level = 0 AND index = 2; UPDATE audit_tile SET width = 1, hashes = substring(hashes FROM 1 FOR 32) WHERE level = 1; ${FITTING_HEAD}`, /ends at size 300, and a checkpoint of size 600 was signed/],
    ['the head was altered', `UPDATE audit_head SET signed = 300`, /last checkpoint has size 600, but its head says that 300 events/],
    ['the head is missing', `DELETE FROM audit_head`, /audit_head has no row/],
    ['it was emptied', `DELETE FROM audit_checkpoint; DELETE FROM audit_leaf; DELETE FROM audit_tile; ${FITTING_HEAD}`, /ends at size 0, and a checkpoint of size 600 was signed/],
  ])('is not sealed further: %s', async (_, sql, seen) => {
    await database.superuserSql(`SET session_replication_role = replica; ${sql}`);
    await withClient(database.url, (client) => addEvents(client, 1));
    const { sequencer, failures } = createSequencer();
    await sequencer.run();
    await sequencer.run();
    expect([sequencer.role, failures.length]).toEqual(['refusing', 1]);
    const rows = await database.sql('SELECT count(*)::int AS leaves FROM audit_leaf');
    expect(rows[0]?.leaves).toBeLessThanOrEqual(600);
    expect(failures[0]).toMatch(/^Cannot continue sealing the ledger: .+ adopt\.$/);
    expect(failures[0]).toMatch(seen);
  }); // prettier-ignore
});

describe('a ledger that the key does not continue', () => {
  inEmptyLedgers();

  it.each([300, 600])(
    'is not sealed further where it is another tree of the same key: of %d events, with 300 in the one signed last',
    async (size) => {
      const first = createSequencer().sequencer;
      await withClient(database.url, (client) => addEvents(client, 300));
      await first.run();
      await first.close();
      const other = await createTestDatabase();
      try {
        const copiedKey = freshKeyFile();
        await copyFile(signer.lastSigned.path.replace(/\.last$/, ''), copiedKey);
        await withClient(other.url, (client) => addEvents(client, size));
        const forger = makeSequencer(other.url, await makeSigner(copiedKey)).sequencer;
        await forger.run();
        expect([forger.role, forger.size]).toEqual(['leading', size]);
        await forger.close();
        const { sequencer } = makeSequencer(other.url, signer);
        sequencers.push(sequencer);
        await eventually(async () => {
          await sequencer.run();
          return sequencer.role === 'refusing';
        });
        expect(String(sequencer.lastError)).toMatch(/does not continue the signed tree of size 300/);
        await sequencer.close();
      } finally {
        await other.drop();
      }
    },
  );

  it('is not sealed further from the moment on when another ledger is sealed with the key file', async () => {
    const first = createSequencer().sequencer;
    const other = await createTestDatabase();
    try {
      const second = makeSequencer(other.url, signer).sequencer;
      sequencers.push(second);
      const addAndSeal = async (url: string, sequencer: LogSequencer): Promise<void> => {
        await withClient(url, (client) => addEvents(client, 3));
        await sequencer.run();
      };
      await first.run();
      await addAndSeal(other.url, second);
      await addAndSeal(other.url, second);
      await addAndSeal(database.url, first);
      expect(String(first.lastError)).toMatch(
        /ends at size 3, and a checkpoint of size 6 was signed: this database is an earlier state, or another one/,
      );
      expect(await database.sql('SELECT note FROM audit_checkpoint')).toEqual([]);
      await addAndSeal(other.url, second);
      expect([first.role, second.role, second.size]).toEqual(['refusing', 'leading', 9]);
      await second.close();
    } finally {
      await other.drop();
    }
  });

  it('is not sealed further with another key, and is with one whose file names the earlier key', async () => {
    const first = createSequencer().sequencer;
    await withClient(database.url, (client) => addEvents(client, 3));
    await first.run();
    await first.close();
    const foreign = createSequencer(await makeSigner()).sequencer;
    await eventually(async () => {
      await foreign.run();
      return foreign.role === 'refusing';
    });
    expect(String(foreign.lastError)).toMatch(
      /not signed by a key of the key file \(after the loss or change of a key/,
    );
    await foreign.close();

    const rotated = freshKeyFile();
    await makeKeyFile(rotated, ORIGIN);
    await appendFile(rotated, `# until 2026\n${signer.verifierKey}\n`);
    const keys = await makeSigner(rotated);
    const { sequencer } = createSequencer(keys);
    await withClient(database.url, (client) => addEvents(client, 3));
    await eventually(async () => {
      await sequencer.run();
      return sequencer.role === 'leading';
    });
    expect(await expectSoundLog(database.url, keys)).toHaveLength(7);
  });

  it('holds the place of the leader while it refuses, and continues once the ledger is as it was', async () => {
    const { sequencer } = createSequencer();
    await withClient(database.url, (client) => addEvents(client, 3));
    await sequencer.run();
    await database.superuserSql(`SET session_replication_role = replica; UPDATE audit_checkpoint SET size = 4`);
    await withClient(database.url, (client) => addEvents(client, 3));
    await sequencer.run();
    expect(sequencer.role).toBe('refusing');
    const other = createSequencer().sequencer;
    await other.run();
    expect(other.role).toBe('standby');
    await database.superuserSql(`SET session_replication_role = replica; UPDATE audit_checkpoint SET size = 3`);
    await sequencer.run();
    expect(sequencer.role).toBe('leading');
    await expectSoundLog(database.url, signer);
  });
});

async function expectSealed(): Promise<readonly unknown[]> {
  const rows = await database.sql('SELECT event_id FROM audit_leaf ORDER BY index');
  return rows.map((row) => row.event_id);
}
