import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { brotliCompressSync, constants } from 'node:zlib';
import fc from 'fast-check';
import pg from 'pg';
import type { AuditEvent } from '../../src/audit/index.js';
import { insertRows, toInboxLines, packInboxRows } from '../../src/monitoring/inbox/inbox-row.js';
import { LogSequencer } from '../../src/monitoring/sealer/log-sequencer.js';
import { PARKING, type ParkedLine } from '../../src/monitoring/sealer/seal-lines.js';
import type { CheckpointSigner } from '../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { command as verify } from '../../src/cli/verify/verify.command.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { INBOX_START, takeRows } from '../../src/monitoring/sealer/read-inbox.js';
import { LEADER } from '../../src/monitoring/store/ledger-roles.js';
import { LedgerSession } from '../../src/monitoring/store/sessions/ledger-session.js';
import { useSession } from '../../src/monitoring/store/sessions/use-session.js';
import { createFirstIdAt } from '../../src/monitoring/store/id-time.js';
import { PrimaryReader } from '../../src/monitoring/store/ledger-reader.service.js';
import {
  createTestDatabase,
  eventually,
  openClient,
  sampleEvent,
  withClient,
  type TestDatabase,
} from '../support/index.js';
import { TIMING } from '../../src/monitoring/store/timing.js';
import { withTiming } from '../support/with-timing.js';
import { runs } from '../support/whole.js';
import { ANY_EVENT } from '../support/any-event.js';
import { WRITERS } from '../../src/monitoring/store/sessions/ledger-client.js';
import { noteWriters } from '../../src/monitoring/inbox/known-writers.js';
import { createWriter } from '../support/writers.js';
import { addEvents, expectSoundLog, makeSigner, SAMPLE_RULES } from '../support/log-scene.js';

const LEAVES = `SELECT event_id::text AS id, encode(leaf_hash, 'hex') AS hash FROM audit_leaf ORDER BY index`;
/** As after the migration of a newer version. */
const ANY_VERSION = 'ALTER TABLE audit_inbox DROP CONSTRAINT audit_inbox_version_check';

let database: TestDatabase;
let signer: CheckpointSigner;
let sequencers: LogSequencer[] = [];
let failures: string[] = [];
let parked: ParkedLine[] = [];
let parkedTimes = 0;

beforeEach(async () => {
  database = await createTestDatabase();
  signer = await makeSigner();
});

afterEach(async () => {
  for (const sequencer of sequencers) await sequencer.close();
  [sequencers, failures, parked, parkedTimes] = [[], [], [], 0];
  await database.drop();
});

function createSequencer(keys?: readonly string[]): LogSequencer {
  const listener = {
    onCheckpoint: () => undefined,
    onFailure: (error: unknown) => void failures.push(String(error)),
    onParked: (lines: readonly ParkedLine[]) => {
      parkedTimes++;
      parked.push(...lines);
    },
  };
  WRITERS.set(database.url, createWriter(keys));
  const sequencer = new LogSequencer(database.url, signer, listener);
  sequencers.push(sequencer);
  return sequencer;
}

function buildEvents(count: number): readonly AuditEvent[] {
  return Array.from({ length: count }, () => sampleEvent());
}

async function give(
  client: pg.ClientBase,
  events: readonly AuditEvent[],
  writer = createWriter(),
): Promise<readonly string[]> {
  const packFrom = events.length % 2 === 0 ? 0 : Infinity;
  const { text, values } = insertRows(
    {
      ...packInboxRows(
        toInboxLines(events, () => SAMPLE_RULES),
        writer,
      ),
      keyId: undefined,
    },
    packFrom,
  );
  await client.query(text, [...values]);
  return events.map(({ id }) => id);
}

/** Gives rows of one event each. */
async function giveRows(client: pg.ClientBase, count: number): Promise<readonly string[]> {
  const given: string[] = [];
  while (given.length < count) {
    const events = buildEvents(Math.min(100, count - given.length));
    const lines = toInboxLines(events, () => SAMPLE_RULES);
    const { text, values } = insertRows(packInboxRows(lines, createWriter(), 1));
    await client.query(text, [...values]);
    given.push(...events.map(({ id }) => id));
  }
  return given;
}

async function giveLine(line: string, version = 1): Promise<void> {
  if (version !== 1) await database.superuserSql(ANY_VERSION);
  const row = { version, seed: Buffer.alloc(16, 1), body: line };
  const values = [row.version, row.seed, createWriter().computeMac(row), row.body];
  await database.superuserSql('INSERT INTO audit_inbox (version, seed, mac, body) VALUES ($1, $2, $3, $4)', values);
}

const giveEvents = (count: number) => withClient(database.url, (client) => give(client, buildEvents(count)));
const sealedIds = async () => (await database.sql(LEAVES)).map(({ id }) => String(id));
const isEmpty = async () => (await database.superuserSql('SELECT FROM audit_inbox')).length === 0;

describe('the inbox', () => {
  it('becomes sealed events: each once, in the order of the positions, whatever transactions overlap, stay open or roll back', async () => {
    const CLIENTS = 4;
    const action = fc.record({
      writer: fc.nat(CLIENTS - 1),
      does: fc.constantFrom('give', 'give', 'add', 'commit', 'rollback', 'step', 'step'),
      count: fc.integer({ min: 1, max: 40 }),
    });
    const sequencer = createSequencer();
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => openClient(database.url)));
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 40 }), async (actions) => {
        for (const client of clients) await client.query('ROLLBACK'); // of a run that failed
        const given = new Map<pg.Client, string[]>();
        const committed: string[] = [];
        const end = async (client: pg.Client, how: string): Promise<void> => {
          await client.query(how);
          if (how === 'COMMIT') committed.push(...(given.get(client) ?? []));
          given.delete(client);
        };
        for (const { writer, does, count } of actions) {
          const client = clients[writer];
          if (!client) continue;
          if (does === 'step') await sequencer.run();
          else if (does === 'give' || does === 'add') {
            if (!given.has(client)) await client.query('BEGIN');
            const ids = does === 'give' ? await give(client, buildEvents(count)) : await addEvents(client, count);
            given.set(client, [...(given.get(client) ?? []), ...ids]);
          } else if (given.has(client)) await end(client, does.toUpperCase());
        }
        for (const client of [...given.keys()]) await end(client, 'COMMIT');
        await sequencer.run();
        const sealed = new Set(await sealedIds());
        expect(committed.filter((id) => !sealed.has(id))).toEqual([]);
        expect(await isEmpty()).toBe(true);
      }),
      { numRuns: runs(20) },
    );
    for (const client of clients) await client.end();
    await expectSoundLog(database.url, signer);
    expect([failures, parked]).toEqual([[], []]);
  });

  it('keeps the order of the positions within a transaction that is seen late, beside a backlog', async () => {
    const sequencer = createSequencer();
    await sequencer.run();
    await withClient(database.url, async (held) => {
      await held.query('BEGIN');
      const late = [...(await give(held, buildEvents(2))), ...(await give(held, buildEvents(2)))];
      const early = await withClient(database.url, (client) => giveRows(client, 1_200));
      await sequencer.run();
      await held.query('COMMIT');
      const last = await giveEvents(1);
      await sequencer.run();
      expect(await sealedIds()).toEqual([...early, ...late, ...last]);
    });
  });

  it('does not lose a row whose writer began before a look of the leader, and commits after many', async () => {
    const sequencer = createSequencer();
    await withClient(database.url, async (held) => {
      await held.query('BEGIN');
      await held.query('CREATE TABLE written (n int)'); // a transaction with a number, which holds the horizon
      const before = await giveEvents(1);
      for (let poll = 0; poll < 3; poll++) await sequencer.run();
      const late = await give(held, buildEvents(1));
      const after = await giveEvents(1);
      for (let poll = 0; poll < 3; poll++) await sequencer.run();
      await held.query('COMMIT');
      await sequencer.run();
      expect(await sealedIds()).toEqual([...before, ...after, ...late]);
    });
  });

  it('gives the same leaves again after a restore', async () => {
    const events = await withClient(database.url, async (client) => {
      await give(client, fc.sample(ANY_EVENT, 60));
      return give(client, buildEvents(20));
    });
    const copy = await createTestDatabase({ copyFrom: database });
    try {
      await createSequencer().run();
      const restored = new LogSequencer(copy.url, await makeSigner(), {
        onCheckpoint: () => undefined,
        onFailure: (error) => void failures.push(String(error)),
      });
      sequencers.push(restored);
      await restored.run();
      await restored.close();
      const leaves = await database.sql(LEAVES);
      expect(leaves.length).toBeGreaterThanOrEqual(60 + events.length);
      expect(await copy.sql(LEAVES)).toEqual(leaves);
      expect(failures).toEqual([]);
    } finally {
      await copy.drop();
    }
  });

  it('stores an event once, though it comes twice in a row, after hundreds of others, in a later row, and by the old queue', async () => {
    const events = buildEvents(3);
    const many: string[] = [];
    const sequencer = createSequencer();
    await withClient(database.url, async (client) => {
      await give(client, [...events, ...events]);
      await sequencer.run();
      await give(client, events);
      const keyed = { ...sampleEvent(), once: 'a'.repeat(64) };
      const again = { ...keyed, id: sampleEvent().id };
      many.push(keyed.id, ...(await give(client, [keyed, ...buildEvents(600), keyed, again])).slice(1, -2));
      await sequencer.run();
      await addEvents(client, 1);
    });
    await sequencer.run();
    const first = [...events.map(({ id }) => id), ...many];
    expect((await expectSoundLog(database.url, signer)).slice(0, -1)).toEqual(first);
    expect([await isEmpty(), failures, parked]).toEqual([true, [], []]);
  });
});

describe('an event that comes again', () => {
  const conflicts = () => database.sql(`SELECT details FROM audit_event WHERE type = 'audit_event_conflict'`);
  const come = (...given: readonly AuditEvent[]) => withClient(database.url, (client) => give(client, given));

  it('is stored once; another content leaves an event that has both leaves, wherever it comes', async () => {
    const event = sampleEvent({ reason: 'the first' });
    const other = { ...event, reason: 'another' };
    const sequencer = createSequencer();
    await come(event);
    await sequencer.run();
    await come(other, event);
    await come(event, { ...event });
    await sequencer.run();
    await sequencer.run();
    const [id, conflict, ...more] = await sealedIds();
    expect([id, more]).toEqual([event.id, []]);
    const [leaf] = await database.sql('SELECT encode(leaf_hash, $1) AS hash FROM audit_event WHERE id = $2', [
      'hex',
      id,
    ]);
    const details = { eventId: event.id, storedLeaf: leaf?.hash, offeredLeaf: expect.stringMatching(/^[0-9a-f]{64}$/) };
    expect([conflict, await conflicts()]).toEqual([expect.any(String), [{ details }]]);

    const fresh = sampleEvent();
    await come(fresh, ...buildEvents(600), { ...fresh, reason: 'another' }, fresh);
    await sequencer.run();
    await sequencer.run();
    expect(await conflicts()).toHaveLength(2);
    expect([failures, parked]).toEqual([[], []]);
    await expectSoundLog(database.url, signer);
  });

  it('is stored where PostgreSQL refuses what came before with its id', async () => {
    await database.superuserSql(`ALTER TABLE audit_event ADD CONSTRAINT no_bad CHECK (reason IS DISTINCT FROM 'bad')`);
    const event = sampleEvent();
    await come({ ...event, reason: 'bad' }, event, event);
    await createSequencer().run();
    expect([await sealedIds(), parked.length, await conflicts()]).toEqual([[event.id], 1, []]);
  });
});

it('seals an event whose pointers are too long for a line, without the values that are too many for an entry', async () => {
  const name = 'personal_'.repeat(7);
  const deep = Object.fromEntries(Array.from({ length: 2_000 }, (_, nth) => [`email${nth}`, 'a']));
  const event = sampleEvent({ details: { [name]: { [name]: { [name]: { [name]: deep } } } } });
  await withClient(database.url, (client) => give(client, [event]));
  await createSequencer().run();
  expect([await sealedIds(), parked, failures]).toEqual([[event.id], [], []]);
  expect(await database.sql('SELECT truncated FROM audit_event')).toEqual([{ truncated: true }]);
});

const BOMB = brotliCompressSync(Buffer.alloc(50_000_000), {
  params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_LGWIN]: 24 },
});

describe('a row of the inbox that nobody of this library wrote', () => {
  // prettier-ignore
  const WRONG: readonly (readonly [what: string, line: string, reason: string])[] = [
    ['no JSON', 'nothing', 'it is not a JSON object'],
    ['another object', '{"event":{},"personal":[]}', 'actor is not an object'],
    ['a name that PostgreSQL cannot store', '{"event":{"x\\u0000":1},"personal":[]}', 'the unknown field "x'],
    ['deep nesting', JSON.stringify({ event: { ...sampleEvent(), details: JSON.parse('{"a":'.repeat(70) + '1' + '}'.repeat(70)) as object }, personal: [] }), 'nested deeper'],
  ];

  it('is parked with the reason, and nothing else waits', async () => {
    const sealed = [...(await giveEvents(2))];
    for (const [, line] of WRONG) {
      await giveLine(line);
      sealed.push(...(await giveEvents(2)));
    }
    await createSequencer().run();
    expect(await sealedIds()).toEqual(sealed);
    expect(parked.map(({ line, reason }) => [line, reason])).toEqual(
      WRONG.map(([, line, reason]) => [line, expect.stringContaining(reason)]),
    );
    expect(await database.superuserSql('SELECT line, reason, length(seed) AS seed FROM audit_parked')).toEqual(
      parked.map(({ line, reason }) => ({ line, reason, seed: 16 })),
    );
    const { output } = await verify.run(['--database-url', database.url, '--key', signer.verifierKey], {});
    expect(output).toContain(`warning: Cannot seal ${WRONG.length} line(s) of the inbox: they are parked. `);
    await expectSoundLog(database.url, signer);
  });

  it('is parked where PostgreSQL refuses its values, alone of its row', async () => {
    await database.superuserSql(`ALTER TABLE audit_event ADD CONSTRAINT no_bad CHECK (reason IS DISTINCT FROM 'bad')`);
    const events = buildEvents(30).map((event, nth) => (nth % 7 === 3 ? { ...event, reason: 'bad' } : event));
    await withClient(database.url, (client) => give(client, events));
    await createSequencer().run();
    expect(failures).toEqual([]);
    expect(parked.map(({ reason }) => reason)).toEqual(
      Array.from({ length: 4 }, () => 'Cannot seal the line: they violate no_bad (23514).'),
    );
    const good = events.flatMap(({ id, reason }) => (reason === 'bad' ? [] : id));
    expect(await expectSoundLog(database.url, signer)).toEqual(good);
  });

  it('is parked where only the owner may make its month, with all others of that month', async () => {
    await database.superuserSql(`
      CREATE OR REPLACE FUNCTION audit_event_make_partition(moment timestamptz) RETURNS text LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'cannot make the month' USING ERRCODE = '22M01'; END $$`);
    const { id, ...others } = sampleEvent();
    const far = { ...others, id: createFirstIdAt(new Date('2051-03-04T05:06:07Z')).slice(0, 15) + id.slice(15) };
    const known = [sampleEvent(), sampleEvent()];
    await withClient(database.url, (client) => give(client, [far, ...known]));
    await createSequencer().run();
    expect([failures, parked.map(({ line }) => line.includes(far.id))]).toEqual([[], [true]]);
    expect(await sealedIds()).toEqual(known.map((event) => event.id));
  });

  it('is sealed where its lines would be far larger than packed', async () => {
    const events = [1, 2].map(() => sampleEvent({ details: { note: 'x'.repeat(20_000) } }));
    await withClient(database.url, (client) => give(client, events));
    await createSequencer().run();
    expect([failures, parked, await sealedIds()]).toEqual([[], [], events.map(({ id }) => id)]);
  });

  const MISPACKED: readonly (readonly [what: string, packed: Buffer, bytes: number])[] = [
    ['something else than Brotli', Buffer.from('no Brotli'), 100],
    ['more bytes than the row says', brotliCompressSync(Buffer.alloc(101, 'x')), 100],
    ['fewer bytes than the row says', brotliCompressSync(Buffer.alloc(99, 'x')), 100],
    ['more lines than the row says', brotliCompressSync('a\nb'), 3],
    ['many times its limit', BOMB, 2 * 1024 * 1024],
    ['what would park 2 MiB for a few bytes', brotliCompressSync(Buffer.alloc(2 * 1024 * 1024, 'x')), 2 * 1024 * 1024],
    ['invalid UTF-8', brotliCompressSync(Buffer.from([0x7b, 0xff, 0xfe])), 3],
    ['U+0000', brotliCompressSync(Buffer.from([0x7b, 0, 0x7d])), 3],
  ];

  it('is parked where its row has packed something else than it says, and holds up no other', async () => {
    const sealed = [...(await giveEvents(2))];
    for (const [nth, [, packed, bytes]] of MISPACKED.entries()) {
      await database.superuserSql(`
        INSERT INTO audit_inbox (version, seed, packed, bytes, lines)
          VALUES (1, decode(repeat('01', 16), 'hex'), decode('${packed.toString('hex')}', 'hex'), ${bytes}, 1)`);
      sealed.push(...(await giveEvents(1 + (nth % 2))));
    }
    await createSequencer().run();
    expect(await sealedIds()).toEqual(sealed);
    const whats = new Map(MISPACKED.map(([what, packed]) => [packed.toString('base64'), what]));
    expect(parked.map(({ line, reason }) => [whats.get(line), reason])).toEqual(
      MISPACKED.map(([what]) => [what, expect.stringContaining('no writer of this library packed it')]),
    );
    expect([failures, await isEmpty()]).toEqual([[], true]);
  });

  it.each([
    ['states one byte', randomBytes(200_000), 1, 6],
    ['states 2 MiB', brotliCompressSync('x'), 2 * 1024 * 1024, 100],
  ])('counts by its true size where it %s, so that a batch is neither too large nor a single row', async (_, packed, bytes, taken) => {
    await withClient(database.url, (client) =>
      client.query(
        'INSERT INTO audit_inbox (version, seed, packed, bytes, lines) SELECT 1, $1, $2, $3, 1 FROM generate_series(1, 100)',
        [Buffer.alloc(16, 1), packed, bytes],
      ),
    );
    const session = await LedgerSession.open(database.url, LEADER);
    try {
      const { rows } = await takeRows(session, INBOX_START, 1024 * 1024);
      expect([...rows]).toHaveLength(taken);
    } finally {
      await session.close();
    }
  }); // prettier-ignore

  it('waits where its version is newer, and counts as waiting', async () => {
    await giveLine('of the future\nthree\nlines', 2);
    const known = await giveEvents(1);
    const sequencer = createSequencer();
    await sequencer.run();
    await sequencer.run();
    expect([await sealedIds(), await isEmpty(), parked]).toEqual([known, false, []]);
    const verification = await verifyLedger({ database: database.url, verifierKeys: [signer.verifierKey] });
    expect(verification).toMatchObject({ verdict: 'sound', size: 1, waiting: 3 });
  });

  it('stops the sealing while the server fails otherwise, and loses nothing', async () => {
    const ids = await giveEvents(3);
    await database.superuserSql('ALTER TABLE audit_event RENAME TO audit_event_away');
    const sequencer = createSequencer();
    await sequencer.run();
    await database.superuserSql('ALTER TABLE audit_event_away RENAME TO audit_event');
    expect([await isEmpty(), failures.length > 0, parked]).toEqual([false, true, []]);
    await sequencer.run();
    expect(await sealedIds()).toEqual(ids);
  });
});

describe('the code of a row', () => {
  const [KEY, OLDER, STRANGE] = ['k', 'o', 's'].map((letter) => letter.repeat(32)) as [string, string, string]; // one for each letter
  const giveWith = (key: string, count = 2, origin?: string) =>
    withClient(database.url, (client) => give(client, buildEvents(count), createWriter(key, origin)));

  it('is by the key, or a former one, and for this origin. Other rows, and rows without a code, are parked', async () => {
    const [first, former] = [await giveWith(KEY), await giveWith(OLDER)];
    await giveWith(STRANGE);
    await giveWith(KEY, 2, 'example.com/another-ledger');
    await giveWith(KEY);
    await database.superuserSql(
      'UPDATE audit_inbox SET mac = NULL WHERE position = (SELECT max(position) FROM audit_inbox)',
    );
    const last = await giveWith(KEY);
    await createSequencer([KEY, OLDER]).run();
    expect(await sealedIds()).toEqual([...first, ...former, ...last]);
    expect(parked).toHaveLength(3);
    for (const { reason } of parked) expect(reason).toContain('no valid signature by the writerKey');
  });

  it('is never judged by a leader that lacks a key of the ledger', async () => {
    const runWith = async (...keys: readonly string[]) => {
      const sequencer = createSequencer(keys);
      await sequencer.run();
      await sequencer.close();
    };
    await runWith(KEY);
    await runWith(STRANGE);
    expect(failures).toEqual([expect.stringContaining('does not accept the writerKey')]);
    await runWith(OLDER, KEY);
    const given = [...(await giveWith(KEY)), ...(await giveWith(OLDER))];
    await runWith(KEY);
    expect([await sealedIds(), parked, failures.length]).toEqual([[], [], 2]);
    await runWith(OLDER, KEY);
    await runWith(OLDER);
    expect([await sealedIds(), parked, failures.length]).toEqual([given, [], 2]);
    expect(await database.sql('SELECT writer_keys FROM audit_head')).toEqual([
      { writer_keys: createWriter(OLDER).ids },
    ]);
  });

  it('stops a leader that meets the new key of an instance which started later', async () => {
    const old = createSequencer([KEY]);
    await old.run();
    WRITERS.set(database.url, createWriter([OLDER, KEY]));
    await useSession(database.url, LEADER, {}, noteWriters);
    const given = await giveWith(OLDER);
    await old.run();
    expect([await sealedIds(), parked, failures.length]).toEqual([[], [], 1]);
    await old.close();
    await createSequencer([OLDER, KEY]).run();
    expect(await sealedIds()).toEqual(given);
  });

  const giveStrange = (rows: number, bytes: number) =>
    database.superuserSql(
      `INSERT INTO audit_inbox (version, seed, body) SELECT 1, decode(repeat('01', 16), 'hex'), repeat('x', ${bytes}) FROM generate_series(1, ${rows})`,
    );

  it('is parked with thousands of others at once, so that a flood delays the next event little', async () => {
    await giveStrange(5_000, 1);
    const ids = await giveWith(KEY);
    await createSequencer([KEY]).run();
    expect([await sealedIds(), parked.length]).toEqual([ids, 5_000]);
    expect(parkedTimes).toBeLessThan(9);
  });

  it('is parked without its content if unknown writers have filled the parked lines', async () => {
    const { maxBytes } = PARKING;
    PARKING.maxBytes = 200_000;
    await database.superuserSql('ALTER TABLE audit_parked ALTER line SET STORAGE EXTERNAL');
    const sequencer = createSequencer([KEY]);
    for (const rows of [41, 40]) {
      await giveStrange(rows, 5_000);
      await sequencer.run();
    }
    PARKING.maxBytes = maxBytes;
    const [row] = await database.superuserSql(
      'SELECT count(*)::int AS lines, sum(length(line))::int AS bytes FROM audit_parked',
    );
    expect(row).toEqual({ lines: 42, bytes: expect.any(Number) });
    expect(Number(row?.bytes)).toBeLessThan(206_000);
    const [last] = await database.superuserSql('SELECT line, reason FROM audit_parked ORDER BY number DESC LIMIT 1');
    expect(JSON.parse(String(last?.line))).toEqual({
      dropped: { rows: 40, bytes: 200_000, sha256: expect.any(String) },
    });
    expect(last?.reason).toMatch(/^Too many bytes of such rows are parked/);
  });

  it('is parked if somebody changed its body, packed it otherwise, or changed its seed or version', async () => {
    const packed = brotliCompressSync('{}').toString('hex');
    const changes = [
      `body = replace(body, 'a', 'b')`,
      `body = NULL, packed = decode('${packed}', 'hex'), bytes = 2, lines = 1`,
      `seed = decode(repeat('01', 16), 'hex')`,
      'version = 0',
    ];
    await database.superuserSql(ANY_VERSION);
    for (const change of changes) {
      await giveWith(KEY, 1);
      await database.superuserSql(
        `UPDATE audit_inbox SET ${change} WHERE position = (SELECT max(position) FROM audit_inbox)`,
      );
    }
    await createSequencer([KEY]).run();
    expect([await sealedIds(), parked.length]).toEqual([[], changes.length]);
  });
});

describe('a question', () => {
  withTiming({ sealMs: 3_600_000 });

  const reader = () => new PrimaryReader({ connectionUrl: database.url, maxReadConnections: 2 });

  it('finds what was stored before it, and wakes the leader for it', async () => {
    const sequencer = createSequencer();
    sequencer.start();
    await eventually(() => sequencer.role === 'leading');
    const ledger = reader();
    try {
      for (let round = 0; round < 3; round++) {
        const [id] = await giveEvents(1);
        const found = await ledger.eventRows({ scope: 'all' }, 'SELECT id FROM audit_event WHERE id = $1', [id]);
        expect(found).toEqual([{ id }]);
      }
      await giveEvents(1);
      await ledger.settled(60_000);
      expect(await isEmpty()).toBe(true);
    } finally {
      await ledger.onApplicationShutdown();
      await sequencer.stop();
    }
  });

  it('waits for an instance that is about to lead', async () => {
    const [id] = await giveEvents(1);
    const ledger = reader();
    try {
      const requested = ledger.eventRows({ scope: 'all' }, 'SELECT id FROM audit_event WHERE id = $1', [id]);
      const hasLooked = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%position <= $1::bigint%AS passed'`;
      await eventually(async () => (await database.superuserSql(hasLooked)).length > 0);
      const sequencer = createSequencer();
      sequencer.start();
      expect(await requested).toEqual([{ id }]);
      await sequencer.stop();
    } finally {
      await ledger.onApplicationShutdown();
    }
  });

  describe('without a leader', () => {
    withTiming({ questionMs: 200 });

    it('ends its wait when nobody seals, and who asks for the seal is told', async () => {
      await giveEvents(1);
      const ledger = reader();
      try {
        expect(await ledger.eventRows({ scope: 'all' }, 'SELECT id FROM audit_event', [])).toEqual([]);
        await expect(ledger.settled(20)).rejects.toMatchObject({ code: 'AUDIT_SEALING_LATE' });
      } finally {
        await ledger.onApplicationShutdown();
      }
    });

    it('waits again as soon as the leader seals again', async () => {
      const ledger = reader();
      const find = (id: string) => ledger.eventRows({ scope: 'all' }, 'SELECT id FROM audit_event WHERE id = $1', [id]);
      try {
        const [early] = (await giveEvents(1)) as [string];
        expect(await find(early)).toEqual([]);
        TIMING.questionMs = 60_000; // from here on, somebody seals
        const sequencer = createSequencer();
        sequencer.start();
        await eventually(isEmpty);
        for (let round = 0; round < 3; round++) {
          const [id] = (await giveEvents(1)) as [string];
          expect(await find(id)).toEqual([{ id }]);
        }
        await sequencer.stop();
      } finally {
        await ledger.onApplicationShutdown();
      }
    });
  });
});

describe('the rights on the inbox', () => {
  const one = `decode(repeat('01', 16), 'hex')`;
  const getErrorCode = async (text: string): Promise<unknown> =>
    database.sql(text).then(
      () => 'accepted',
      (error: unknown) => (error instanceof pg.DatabaseError ? error.code : error),
    );

  // prettier-ignore
  const FORBIDDEN = [
    ['reads it', 'SELECT body FROM audit_inbox'],
    ['gives a position', `INSERT INTO audit_inbox (version, seed, body, position) OVERRIDING SYSTEM VALUE VALUES (1, ${one}, 'x', 1)`],
    ['gives a transaction of the past', `INSERT INTO audit_inbox (version, seed, body, transaction) VALUES (1, ${one}, 'x', '3')`],
    ['gives a time', `INSERT INTO audit_inbox (version, seed, body, stored_at) VALUES (1, ${one}, 'x', now())`],
    ['changes a row', `UPDATE audit_inbox SET body = 'x'`],
    ['removes a row', `DELETE FROM audit_inbox`],
    ['writes a parked line', `INSERT INTO audit_parked (stored_at, reason, version, seed, line) VALUES (now(), 'x', 1, ${one}, 'x')`],
  ];

  it('refuse a writer that reads, changes or removes rows, or gives what the server makes', async () => {
    const codes: unknown[] = [];
    for (const [what, statement] of FORBIDDEN)
      codes.push([what, await getErrorCode(`SET ROLE audit_writer; ${statement}`)]);
    expect(codes).toEqual(FORBIDDEN.map(([what]) => [what, '42501']));
  });

  const IMPOSSIBLE = [
    ['more than 1,000 lines', 1, `repeat(E'\\n', 1000)`],
    ['a version that the schema does not know', 2, `'x'`],
    ['a row without lines', 1, 'NULL'],
  ];

  it('refuse impossible rows', async () => {
    const codes: unknown[] = [];
    for (const [what, version, body] of IMPOSSIBLE) {
      const insert = `INSERT INTO audit_inbox (version, seed, body) VALUES (${version}, ${one}, ${body})`;
      codes.push([what, await getErrorCode(`SET ROLE audit_writer; ${insert}`)]);
    }
    expect(codes).toEqual(IMPOSSIBLE.map(([what]) => [what, '23514']));
  });

  it('refuse more than 2 MiB a row, and accept that much', async () => {
    const buildRow = (bytes: number) =>
      database.sql(
        `SET ROLE audit_writer; INSERT INTO audit_inbox (version, seed, body) VALUES (1, ${one}, repeat('x', ${bytes}))`,
      );
    await buildRow(2 * 1024 * 1024);
    await expect(buildRow(2 * 1024 * 1024 + 1)).rejects.toMatchObject({ code: '23514' });
    const ids = await giveEvents(1);
    await createSequencer().run();
    expect([await sealedIds(), parked.length]).toEqual([ids, 1]);
  });
});
