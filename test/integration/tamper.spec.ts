import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import type { AuditEvent } from '../../src/audit/index.js';
import { encodeCosignature } from '../../src/modules/monitoring/integrity/notes/cosignature.js';
import {
  formatSignatureLine,
  generateKeyPair,
  parseSigningKey,
} from '../../src/modules/monitoring/integrity/notes/index.js';
import {
  verifyLedger,
  type Finding,
  type Verification,
  type VerifyLedgerOptions,
} from '../../src/modules/monitoring/integrity/verify/index.js';
import { insertEvents } from '../../src/modules/monitoring/ledger/insert-events.js';
import { sealEvents } from '../../src/modules/monitoring/ledger/seal-row.js';
import { forgeLeaf, forgeLog, forgeTiles } from '../support/forge-log.js';
import { freshKeyFile } from '../support/fresh-key-file.js';
import { addEvents, makeSequencer, makeSigner, ORIGIN, SAMPLE_RULES } from '../support/log-scene.js';
import { sampleEvent } from '../support/sample-event.js';
import { withClient } from '../support/sql.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const SIZE = 10_000;
const STEP = 1_000;
/** A place in the middle, neither at the edge of a tile nor of a checkpoint. */
const AT = 5_432;
/** An event that says nothing of persons. */
const IMPERSONAL = 777;

let database: TestDatabase;
let client: pg.Client;
let ids: readonly string[] = [];
let notes: readonly string[] = [];
let verifierKey = '';
let stolenKey = '';

beforeAll(async () => {
  database = await createTestDatabase();
  const keyFile = freshKeyFile();
  const signer = await makeSigner(keyFile);
  const { sequencer } = makeSequencer(database.url, signer);
  await withClient(database.url, async (writer) => {
    for (let size = 0; size < SIZE; size += STEP) {
      if (size === 0) {
        await addEvents(writer, IMPERSONAL);
        await writer.query(insertEvents(sealEvents([impersonalEvent()], () => SAMPLE_RULES)));
        await addEvents(writer, STEP - IMPERSONAL - 1);
      } else {
        await addEvents(writer, STEP);
      }
      await sequencer.step();
    }
  });
  await sequencer.close();
  client = new pg.Client({ connectionString: database.superuserUrl });
  await client.connect();
  await client.query('ANALYZE');
  const leaves = await client.query<{ id: string }>('SELECT event_id AS id FROM audit_leaf ORDER BY index');
  ids = leaves.rows.map(({ id }) => id);
  const checkpoints = await client.query<{ note: string }>('SELECT note FROM audit_checkpoint ORDER BY size');
  notes = checkpoints.rows.map(({ note }) => note);
  verifierKey = signer.verifierKey;
  stolenKey = (await readFile(keyFile, 'utf8')).trim();
}, 120_000);

afterAll(async () => {
  await client.end();
  await database.drop();
});

function impersonalEvent(): AuditEvent {
  const fields = Object.entries(sampleEvent()).filter(([name]) => !['request', 'error'].includes(name));
  const event = Object.fromEntries(fields) as unknown as AuditEvent; // only optional fields were taken
  return { ...event, actor: { type: 'system' } };
}

/** Does its worst as the superuser, without triggers; what it did is undone once it is verified. */
async function verifyAfter(
  tamper: (client: pg.Client) => Promise<unknown>,
  options: Partial<VerifyLedgerOptions> = {},
): Promise<Verification> {
  await client.query('BEGIN');
  try {
    await client.query(`SET LOCAL session_replication_role = 'replica'`);
    await tamper(client);
    return await verifyLedger({ database: client, verifierKeys: [verifierKey], ...options });
  } finally {
    await client.query('ROLLBACK');
  }
}

const idAt = (index: number): string => ids[index] ?? '';
const set = (assignment: string, index = AT) => {
  return async (): Promise<unknown> =>
    client.query(`UPDATE audit_event SET ${assignment} WHERE id = $1`, [idAt(index)]);
};
const run = (sql: string) => async (): Promise<unknown> => client.query(sql);
const kindsOf = ({ findings }: Verification): readonly string[] => findings.map(({ kind }) => kind);

const COPY = `INSERT INTO audit_event SELECT (jsonb_populate_record(event, jsonb_build_object('id', $2::uuid))).*
                FROM audit_event event WHERE id = $1`;

describe('a ledger of 10,000 events', () => {
  it('is sound when nobody touched it', async () => {
    const found = await verifyAfter(() => Promise.resolve(), { published: notes });
    expect(found).toMatchObject({
      verdict: 'sound',
      origin: ORIGIN,
      size: SIZE,
      checked: SIZE,
      erased: 0,
      waiting: 0,
      findings: [],
      warnings: [],
    });
    expect(notes).toHaveLength(SIZE / STEP);
  });

  it('is sound when the personal parts of its events are erased', async () => {
    const ERASE = 'personal = NULL, personal_salt = NULL, actor_name = NULL, ip = NULL, user_agent = NULL';
    const found = await verifyAfter(run(`UPDATE audit_event SET ${ERASE}`), { published: notes });
    expect(found).toMatchObject({ verdict: 'sound', erased: SIZE - 1, findings: [] });
  });

  it('is sound with events that wait for their places, and says how many', async () => {
    const found = await verifyAfter(async () => {
      await client.query(`SET LOCAL session_replication_role = 'origin'`);
      await addEvents(client, 3);
    });
    expect(found).toMatchObject({ verdict: 'sound', waiting: 3, size: SIZE });
  });

  it('warns of events that wait for long', async () => {
    const tamper = async () => {
      await client.query(`SET LOCAL session_replication_role = 'origin'`);
      await addEvents(client, 1);
    };
    const found = await verifyAfter(tamper, { published: notes, now: () => Date.now() + 3_600_000 });
    expect(found.verdict).toBe('sound');
    expect(found.warnings).toEqual([expect.stringContaining('1 event(s) wait to be sealed')]);
  });
});

describe('one changed value of an event is named with the event and its index, also among others:', () => {
  const facts: readonly (readonly [string, string])[] = [
    ['a text', `reason = 'becausf'`],
    ['a text that is filtered by', `tenant_id = 'acmf'`],
    ['a text that was taken away', 'tenant_id = NULL'],
    ['an outcome', `outcome = 'denied'`],
    ['an actor', `actor_id = 'u-9'`],
    ['a jsonb', `details = jsonb_set(details, '{nested,list,0}', '2')`],
    ['a jsonb’s key', `metadata = '{"kez": "value"}'`],
    ['a jsonb beyond what JSON has', `details = '{"a": 1e999}'`],
    ['a timestamp, by a millisecond', `occurred_at = occurred_at + interval '1 millisecond'`],
    ['a timestamp, to the same day before Christ', `occurred_at = (occurred_at::text || ' BC')::timestamptz`],
    ['a smallint', 'status_code = 200'],
    ['a float, by its last bit', 'duration_ms = 12.345000000000002'],
    ['a boolean', 'truncated = true'],
    [
      'the commitment to its personal part',
      `personal_commitment = set_byte(personal_commitment, 0, 255 - get_byte(personal_commitment, 0))`,
    ],
    ['its own leaf hash', `leaf_hash = set_byte(leaf_hash, 31, 255 - get_byte(leaf_hash, 31))`],
  ];

  const personal: readonly (readonly [string, string])[] = [
    ['an inet', `ip = '203.0.113.8'`],
    ['an inet’s mask', 'ip = set_masklen(ip, 8)'],
    ['an actor’s name', `actor_name = 'Bob'`],
    [
      'an actor’s name, the true one being put among the other personal values',
      `personal = personal || jsonb_build_object('/actor/name', actor_name), actor_name = 'Bob'`,
    ],
    [
      'an actor’s name, moved among the other personal values',
      `personal = personal || jsonb_build_object('/actor/name', actor_name), actor_name = NULL`,
    ],
    ['a user agent', `user_agent = 'jesu'`],
    ['a jsonb of personal values', `personal = jsonb_set(personal, '{/error/message}', '"it bent"')`],
    ['a salt', `personal_salt = set_byte(personal_salt, 3, 255 - get_byte(personal_salt, 3))`],
    ['a part of the personal part erased', 'actor_name = NULL'],
    ['the salt alone erased', 'personal_salt = NULL'],
    ['all but the salt erased', 'personal = NULL, actor_name = NULL, ip = NULL, user_agent = NULL'],
  ];

  /** Each in an event and a tile of its own. */
  const placeOf = (nth: number): number => AT - 13 * 331 + nth * 331;
  const changes = [
    ...facts.map(([what, assignment]) => ({ what, assignment, kind: 'event_altered' })),
    ...personal.map(([what, assignment]) => ({ what, assignment, kind: 'personal_altered' })),
  ].map((change, nth) => ({ ...change, index: placeOf(nth) }));

  let found: Verification;

  beforeAll(async () => {
    found = await verifyAfter(async () => {
      for (const { assignment, index } of changes) await set(assignment, index)();
    });
  });

  it.each(changes)('$what', ({ index, kind }) => {
    expect(found.findings.filter((finding) => finding.index === index)).toEqual([
      { kind, table: 'audit_event', index, eventId: idAt(index), what: expect.any(String) },
    ]);
  });

  it('and nothing else is', () => {
    expect(found).toMatchObject({ verdict: 'tampered', totalFindings: changes.length });
  });

  it.each([
    ['a fact', `reason = 'becausf'`, AT, 'event_altered'],
    ['a personal value', `actor_name = 'Bob'`, AT, 'personal_altered'],
    ['a personal part put where none was', `actor_name = 'Eve'`, IMPERSONAL, 'personal_altered'],
  ])('alone: %s', async (_what, assignment, index, kind) => {
    const { verdict, findings } = await verifyAfter(set(assignment, index));
    expect(verdict).toBe('tampered');
    expect(findings).toEqual([{ kind, table: 'audit_event', index, eventId: idAt(index), what: expect.any(String) }]);
  });

  it('and with the column, where that alone explains it', async () => {
    const { findings } = await verifyAfter(async () => {
      await set(`personal_commitment = sha256('x')`)();
      await set(`leaf_hash = sha256('x')`, AT + 1)();
    });
    expect(findings.map(({ what }) => what)).toEqual([
      expect.stringContaining('personal_commitment'),
      expect.stringContaining('leaf_hash'),
    ]);
  });
});

interface Expected extends Partial<Omit<Finding, 'what'>> {
  readonly kind: Finding['kind'];
  readonly what?: unknown;
}

const damages: readonly (readonly [string, () => Promise<unknown>, () => readonly Expected[]])[] = [
  [
    'two events that swapped their ids',
    async () => {
      await client.query(`UPDATE audit_event SET id = $2 WHERE id = $1`, [idAt(AT), nextIdOf(idAt(AT))]);
      await client.query(`UPDATE audit_event SET id = $2 WHERE id = $1`, [idAt(99), idAt(AT)]);
      await client.query(`UPDATE audit_event SET id = $2 WHERE id = $1`, [nextIdOf(idAt(AT)), idAt(99)]);
    },
    () => [
      { kind: 'event_altered', index: 99, eventId: idAt(99) },
      { kind: 'event_altered', index: AT, eventId: idAt(AT) },
    ],
  ],
  [
    'an event deleted in the middle',
    async () => client.query('DELETE FROM audit_event WHERE id = $1', [idAt(AT)]),
    () => [{ kind: 'event_missing', table: 'audit_event', index: AT, eventId: idAt(AT) }],
  ],
  [
    'an event deleted with its leaf',
    async () => {
      await client.query('DELETE FROM audit_event WHERE id = $1', [idAt(AT)]);
      await client.query('DELETE FROM audit_leaf WHERE index = $1', [AT]);
    },
    () => [{ kind: 'leaf_missing', table: 'audit_leaf', index: AT }],
  ],
  [
    'a leaf deleted',
    async () => client.query('DELETE FROM audit_leaf WHERE index = $1', [AT]),
    () => [{ kind: 'leaf_missing', table: 'audit_leaf', index: AT, eventId: idAt(AT) }],
  ],
  [
    'the last events deleted',
    async () => client.query('DELETE FROM audit_event WHERE id = ANY ($1)', [ids.slice(-2)]),
    () => [
      { kind: 'event_missing', index: SIZE - 2, eventId: idAt(SIZE - 2) },
      { kind: 'event_missing', index: SIZE - 1, eventId: idAt(SIZE - 1) },
    ],
  ],
  [
    'the last events deleted with their leaves',
    async () => {
      await client.query('DELETE FROM audit_event WHERE id = ANY ($1)', [ids.slice(-2)]);
      await client.query('DELETE FROM audit_leaf WHERE index >= $1', [SIZE - 2]);
    },
    () => [
      { kind: 'leaf_missing', index: SIZE - 2 },
      { kind: 'leaf_missing', index: SIZE - 1 },
    ],
  ],
  [
    'an event that stands twice',
    async () => {
      await client.query('ALTER TABLE audit_event DROP CONSTRAINT audit_event_pkey');
      await client.query(COPY, [idAt(AT), idAt(AT)]);
    },
    () => [{ kind: 'event_duplicated', table: 'audit_event', index: AT, eventId: idAt(AT) }],
  ],
  [
    'a copy of an event under another id',
    async () => client.query(COPY, [idAt(AT), nextIdOf(idAt(AT))]),
    () => [{ kind: 'event_inserted', table: 'audit_event', eventId: nextIdOf(idAt(AT)) }],
  ],
  [
    'an event taken away and put back under another id',
    async () => client.query('UPDATE audit_event SET id = $2 WHERE id = $1', [idAt(AT), nextIdOf(idAt(AT))]),
    () => [
      { kind: 'event_missing', index: AT, eventId: idAt(AT) },
      { kind: 'event_inserted', eventId: nextIdOf(idAt(AT)) },
    ],
  ],
  [
    'an event whose month was moved away',
    async () => {
      const tables = await client.query<{ name: string }>(
        'SELECT tableoid::regclass::text AS name FROM audit_event WHERE id = $1',
        [idAt(AT)],
      );
      const name = tables.rows[0]?.name ?? '';
      await client.query(`ALTER TABLE audit_event DETACH PARTITION ${name}`);
    },
    () => ids.slice(0, 1_000).map((eventId, index) => ({ kind: 'event_missing', index, eventId })),
  ],
  [
    'another version of an event, and one of its own, in a month that is not that of their ids',
    async () => addMisplaced(idAt(AT), nextIdOf(idAt(AT))),
    () =>
      [idAt(AT), nextIdOf(idAt(AT))].map((eventId) => {
        return { kind: 'event_inserted', eventId, what: expect.stringContaining('2099') };
      }),
  ],
  [
    'an event changed with its leaf hash and its leaf',
    async () => {
      await set(`reason = 'forged'`)();
      await forgeLeaf(client, idAt(AT));
    },
    () => [
      { kind: 'event_altered', index: AT, eventId: idAt(AT) },
      { kind: 'leaf_altered', table: 'audit_leaf', index: AT, eventId: idAt(AT) },
    ],
  ],
  [
    'an event changed with its leaf and all tiles',
    async () => {
      await set(`reason = 'forged'`)();
      await forgeLeaf(client, idAt(AT));
      await forgeTiles(client);
    },
    () => [{ kind: 'checkpoint_contradicted', index: 5_000, lastIndex: 5_999 }],
  ],
  [
    'everything written anew and signed with another key',
    async () => {
      await set(`reason = 'forged'`)();
      await forgeLeaf(client, idAt(AT));
      await forgeLog(client, parseSigningKey(generateKeyPair(ORIGIN).signingKey));
    },
    () => notes.map((_, nth) => ({ kind: 'checkpoint_unverified', index: (nth + 1) * STEP })),
  ],
  [
    'a leaf’s hash changed',
    async () => client.query(`UPDATE audit_leaf SET leaf_hash = sha256('x') WHERE index = $1`, [AT]),
    () => [{ kind: 'leaf_altered', table: 'audit_leaf', index: AT, eventId: idAt(AT) }],
  ],
  [
    'a leaf that names another event',
    async () => client.query('UPDATE audit_leaf SET event_id = $2 WHERE index = $1', [AT, nextIdOf(idAt(AT))]),
    () => [{ kind: 'leaf_altered', table: 'audit_leaf', index: AT, eventId: idAt(AT) }],
  ],
  [
    'two leaves that swapped their places',
    async () => {
      await client.query('UPDATE audit_leaf SET index = 1000000 WHERE index = $1', [AT]);
      await client.query('UPDATE audit_leaf SET index = $1 WHERE index = 99', [AT]);
      await client.query('UPDATE audit_leaf SET index = 99 WHERE index = 1000000');
    },
    () => [
      { kind: 'event_moved', index: 99, eventId: idAt(AT) },
      { kind: 'event_moved', index: AT, eventId: idAt(99) },
    ],
  ],
  [
    'two leaves that swapped their events',
    async () => {
      await client.query('UPDATE audit_leaf SET event_id = $2 WHERE index = $1', [AT, nextIdOf(idAt(AT))]);
      await client.query('UPDATE audit_leaf SET event_id = $1 WHERE index = 99', [idAt(AT)]);
      await client.query('UPDATE audit_leaf SET event_id = $2 WHERE index = $1', [AT, idAt(99)]);
    },
    () => [
      { kind: 'event_moved', index: 99, eventId: idAt(AT) },
      { kind: 'event_moved', index: AT, eventId: idAt(99) },
    ],
  ],
  [
    'a gap in the indexes',
    async () => client.query('UPDATE audit_leaf SET index = $2 WHERE index = $1', [SIZE - 1, SIZE + 5]),
    () => [
      { kind: 'leaf_missing', index: SIZE - 1 },
      { kind: 'leaf_inserted', table: 'audit_leaf', index: SIZE + 5, eventId: idAt(SIZE - 1) },
    ],
  ],
  [
    'an event put in front of all others, with the indexes moved on',
    async () => {
      await client.query(COPY, [idAt(SIZE - 1), nextIdOf(idAt(SIZE - 1))]);
      await client.query('UPDATE audit_leaf SET index = 1000000 + index');
      await client.query('UPDATE audit_leaf SET index = index - 1000000 + 1');
      await client.query(`INSERT INTO audit_leaf VALUES (0, $1, sha256('x'))`, [nextIdOf(idAt(SIZE - 1))]);
    },
    () => [
      { kind: 'event_altered', index: 0, eventId: nextIdOf(idAt(SIZE - 1)) },
      { kind: 'leaf_altered', index: 0 },
      ...ids.slice(0, 998).map((eventId, nth): Expected => ({ kind: 'event_moved', index: nth + 1, eventId })),
    ],
  ],
  [
    'a byte of a tile changed',
    async () =>
      client.query(
        'UPDATE audit_tile SET hashes = set_byte(hashes, 5, 255 - get_byte(hashes, 5)) WHERE level = 0 AND index = 7',
      ),
    () => [{ kind: 'tile_altered', table: 'audit_tile', index: 7 * 256 }],
  ],
  [
    'a byte of a tile of tiles changed',
    run('UPDATE audit_tile SET hashes = set_byte(hashes, 5, 255 - get_byte(hashes, 5)) WHERE level = 1'),
    () => [{ kind: 'tile_altered', table: 'audit_tile', index: 0 }],
  ],
  [
    'a tile deleted',
    run('DELETE FROM audit_tile WHERE level = 0 AND index = 7'),
    () => [{ kind: 'tile_missing', table: 'audit_tile', index: 7 * 256 }],
  ],
  [
    'a tile added',
    run(`INSERT INTO audit_tile VALUES (0, 40, 1, sha256('x'))`),
    () => [{ kind: 'tile_inserted', table: 'audit_tile' }],
  ],
  [
    'a tile that says another width, and one made longer than the tree',
    async () => {
      await client.query('ALTER TABLE audit_tile DROP CONSTRAINT audit_tile_check');
      await client.query('UPDATE audit_tile SET width = 7 WHERE level = 0 AND index = 7');
      await client.query(`UPDATE audit_tile SET width = width + 1, hashes = hashes || sha256('x') WHERE index = 39`);
    },
    () =>
      [7, 39].map((tile) => {
        return { kind: 'tile_altered', what: expect.stringContaining(`tile ${tile} of level 0`) };
      }),
  ],
  [
    'the root of a checkpoint changed',
    run(`UPDATE audit_checkpoint SET root = sha256('x') WHERE size = 3000`),
    () => [{ kind: 'checkpoint_altered', table: 'audit_checkpoint', index: 3_000 }],
  ],
  [
    'the size of a checkpoint changed',
    run(`UPDATE audit_checkpoint SET size = 3001 WHERE size = 3000`),
    () => [{ kind: 'checkpoint_altered', table: 'audit_checkpoint', index: 3_001 }],
  ],
  [
    'the note of a checkpoint changed',
    run(
      `UPDATE audit_checkpoint SET note = replace(note, E'\\n3000\\n', E'\\n3001\\n'), size = 3001 WHERE size = 3000`,
    ),
    () => [{ kind: 'checkpoint_forged', table: 'audit_checkpoint', index: 3_001 }],
  ],
  [
    'the last checkpoint deleted',
    run('DELETE FROM audit_checkpoint WHERE size = 10000'),
    () => [
      ...ids
        .slice(-STEP)
        .map((eventId, nth): Expected => ({ kind: 'leaf_inserted', index: SIZE - STEP + nth, eventId })),
    ],
  ],
  [
    'a forged event with a leaf that has no index',
    async () => addWithLeaf('ALTER COLUMN index DROP NOT NULL', null),
    () => [
      { kind: 'leaf_inserted', table: 'audit_leaf', eventId: nextIdOf(idAt(AT)) },
      { kind: 'event_inserted', table: 'audit_event', eventId: nextIdOf(idAt(AT)) },
    ],
  ],
  [
    'a forged event with a leaf between two others',
    async () => addWithLeaf('ALTER COLUMN index TYPE numeric', AT + 0.5),
    () => [
      { kind: 'leaf_inserted', table: 'audit_leaf', index: AT + 0.5, eventId: nextIdOf(idAt(AT)) },
      { kind: 'event_inserted', table: 'audit_event', eventId: nextIdOf(idAt(AT)) },
    ],
  ],
  [
    'an event changed with its leaf and all tiles, and all checkpoints deleted',
    async () => {
      await set(`reason = 'forged'`)();
      await forgeLeaf(client, idAt(AT));
      await forgeTiles(client);
      await client.query('DELETE FROM audit_checkpoint');
    },
    () => [{ kind: 'checkpoint_missing', table: 'audit_checkpoint', index: 0 }],
  ],
  [
    'cosignatures of the time 0, of next year, and of no signature',
    async () => {
      const inAYear = BigInt(Math.floor(Date.now() / 1_000) + 31_536_000);
      const now = BigInt(Math.floor(Date.now() / 1_000));
      await addCosignature(1_000, cosignatureAt(0n));
      await addCosignature(2_000, cosignatureAt(inAYear));
      await addCosignature(3_000, 'nothing');
      await addCosignature(4_000, cosignatureAt(now));
    },
    () => [1_000, 2_000, 3_000].map((index) => ({ kind: 'cosignature_altered', table: 'audit_cosignature', index })),
  ],
  [
    'an event put into the ledger past its triggers',
    async () => addEvents(client, 1),
    () => [{ kind: 'event_inserted', table: 'audit_event' }],
  ],
  [
    'a waiting event changed',
    async () => {
      const [id] = await addWaiting();
      await client.query(`UPDATE audit_event SET reason = 'forged' WHERE id = $1`, [id]);
    },
    () => [{ kind: 'event_altered', table: 'audit_event' }],
  ],
  [
    'a waiting event deleted',
    async () => {
      const [id] = await addWaiting();
      await client.query('DELETE FROM audit_event WHERE id = $1', [id]);
    },
    () => [{ kind: 'event_missing', table: 'audit_event' }],
  ],
  [
    'a waiting event that waits no more',
    async () => {
      await addWaiting();
      await client.query('DELETE FROM audit_unsequenced');
    },
    () => [{ kind: 'event_inserted', table: 'audit_event' }],
  ],
];

/** What an owner of the tables does: an event of their own, with a leaf that no constraint keeps out any more. */
async function addWithLeaf(alteration: string, index: number | null): Promise<void> {
  const id = nextIdOf(idAt(AT));
  await client.query(COPY, [idAt(AT), id]);
  await client.query(`ALTER TABLE audit_leaf DROP CONSTRAINT audit_leaf_pkey, ${alteration}`);
  await client.query(`INSERT INTO audit_leaf (index, event_id, leaf_hash) VALUES ($1, $2, sha256('x'))`, [index, id]);
}

function cosignatureAt(seconds: bigint): string {
  const signature = encodeCosignature(seconds, new Uint8Array(64));
  return formatSignatureLine({ name: 'witness.example', keyId: 7, signature });
}

async function addCosignature(size: number, line: string): Promise<void> {
  const sql = `INSERT INTO audit_cosignature (size, witness_name, key_id, line) VALUES ($1, 'witness.example', 7, $2)`;
  await client.query(sql, [size, line]);
}

async function addWaiting(): Promise<readonly string[]> {
  await client.query(`SET LOCAL session_replication_role = 'origin'`);
  const added = await addEvents(client, 1);
  await client.query(`SET LOCAL session_replication_role = 'replica'`);
  return added;
}

/** Puts rows into the partition of 2099 and has the server believe that its bounds hold it. */
async function addMisplaced(...copies: readonly string[]): Promise<void> {
  const bounds = await client.query<{ low: string; high: string }>(
    `SELECT audit_event_first_id('2099-01-01Z') AS low, audit_event_first_id('2099-02-01Z') AS high`,
  );
  const { low, high } = bounds.rows[0] ?? { low: '', high: '' };
  await client.query('CREATE TABLE audit_event_2099_01 (LIKE audit_event INCLUDING DEFAULTS INCLUDING CONSTRAINTS)');
  const copy = COPY.replace('INTO audit_event', 'INTO audit_event_2099_01');
  for (const id of copies) await client.query(copy, [idAt(AT), id]);
  await client.query(`ALTER TABLE audit_event_2099_01
    ADD CONSTRAINT bounds CHECK (id IS NOT NULL AND id >= '${low}' AND id < '${high}') NOT VALID`);
  await client.query(`UPDATE pg_constraint SET convalidated = true WHERE conname = 'bounds'`);
  await client.query(
    `ALTER TABLE audit_event ATTACH PARTITION audit_event_2099_01 FOR VALUES FROM ('${low}') TO ('${high}')`,
  );
}

/** Of the same millisecond, and of no event. */
function nextIdOf(id: string): string {
  return `${id.slice(0, -12)}${'f'.repeat(12)}`;
}

describe('a manipulation by the superuser is named where it is:', () => {
  it.each(damages)('%s', async (_what, tamper, expected) => {
    const { verdict, findings } = await verifyAfter(tamper);
    expect(verdict).toBe('tampered');
    expect(findings).toMatchObject(expected());
  });
});

describe('what only a checkpoint that was kept elsewhere can tell:', () => {
  const cutTail = async () => {
    await client.query('DELETE FROM audit_event WHERE id = ANY ($1)', [ids.slice(SIZE - STEP)]);
    await client.query('DELETE FROM audit_leaf WHERE index >= $1', [SIZE - STEP]);
    await forgeLog(client, parseSigningKey(stolenKey));
  };
  const rewrite = async () => {
    await set(`reason = 'forged'`)();
    await forgeLeaf(client, idAt(AT));
    await forgeLog(client, parseSigningKey(stolenKey));
  };

  it('a tail that was cut off at a checkpoint', async () => {
    const alone = await verifyAfter(cutTail);
    expect(alone.verdict).toBe('sound');
    expect(alone.warnings).toEqual([expect.stringContaining('No published checkpoint was given')]);
    const { verdict, findings } = await verifyAfter(cutTail, { published: notes.slice(-1) });
    expect(verdict).toBe('tampered');
    expect(findings).toMatchObject([
      { kind: 'tail_truncated', table: 'audit_leaf', index: SIZE - STEP, lastIndex: SIZE - 1 },
    ]);
  });

  it('a history that was written anew and signed with the stolen key, between two of them', async () => {
    expect((await verifyAfter(rewrite)).verdict).toBe('sound');
    const { findings } = await verifyAfter(rewrite, { published: [notes[4] ?? '', notes[7] ?? ''] });
    expect(findings).toMatchObject([
      { kind: 'history_rewritten', table: 'audit_leaf', index: 5_000, lastIndex: 7_999 },
      { kind: 'checkpoint_altered', table: 'audit_checkpoint', index: 8_000 },
    ]);
  });

  it('a history that was written anew before what was verified last, also where the old checkpoint is put back', async () => {
    const note = notes[5] ?? '';
    const options = { published: [note], since: '' };
    const found = await verifyAfter(async () => {
      await rewrite();
      const { rows } = await client.query<{ note: string }>('SELECT note FROM audit_checkpoint WHERE size = 7000');
      options.since = rows[0]?.note ?? '';
      const root = Buffer.from(note.split('\n')[2] ?? '', 'base64');
      await client.query('UPDATE audit_checkpoint SET note = $1, root = $2 WHERE size = 6000', [note, root]);
    }, options);
    expect(found.checked).toBe(SIZE);
    expect(found.findings).toMatchObject([
      { kind: 'history_rewritten', index: 0, lastIndex: 5_999 },
      { kind: 'checkpoint_contradicted', index: 5_000, lastIndex: 5_999 },
    ]);
  });

  it('an emptied ledger', async () => {
    const empty = run('TRUNCATE audit_event, audit_leaf, audit_tile, audit_checkpoint, audit_signing_key');
    for (const verifierKeys of [[verifierKey], []]) {
      const { verdict, findings } = await verifyAfter(empty, { verifierKeys, published: notes.slice(-1) });
      expect(verdict).toBe('tampered');
      expect(findings).toMatchObject([{ kind: 'tail_truncated', index: 0, lastIndex: SIZE - 1 }]);
    }
  });

  it('a checkpoint deleted among others', async () => {
    const found = await verifyAfter(run('DELETE FROM audit_checkpoint WHERE size = 3000'), { published: notes });
    expect(found.findings).toMatchObject([{ kind: 'checkpoint_missing', table: 'audit_checkpoint', index: 3_000 }]);
  });
});

describe('several manipulations at once are each named', () => {
  it('a changed event, a changed leaf, a changed tile between the same two checkpoints, and a deleted event elsewhere', async () => {
    const found = await verifyAfter(async () => {
      await set(`reason = 'forged'`, 5_100)();
      await client.query(`UPDATE audit_leaf SET leaf_hash = sha256('x') WHERE index = 5200`);
      await client.query(
        `UPDATE audit_tile SET hashes = set_byte(hashes, 0, 255 - get_byte(hashes, 0)) WHERE level = 0 AND index = 21`,
      );
      await client.query('DELETE FROM audit_event WHERE id = $1', [idAt(8_888)]);
    });
    expect(found.findings).toMatchObject([
      { kind: 'event_altered', index: 5_100, eventId: idAt(5_100) },
      { kind: 'leaf_altered', index: 5_200, eventId: idAt(5_200) },
      { kind: 'tile_altered', index: 21 * 256 },
      { kind: 'event_missing', index: 8_888, eventId: idAt(8_888) },
    ]);
  });

  it('with no more than 1,000 findings, and how many there are', async () => {
    const found = await verifyAfter(run(`UPDATE audit_event SET reason = 'forged'`));
    expect(found.findings).toHaveLength(1_000);
    expect(found.totalFindings).toBe(SIZE);
    expect(new Set(kindsOf(found))).toEqual(new Set(['event_altered']));
  });
});

describe('a part of the ledger', () => {
  it('is verified from a checkpoint on: what is before is vouched for by it', async () => {
    const since = notes[6] ?? '';
    const before = await verifyAfter(set(`reason = 'forged'`, 6_999), { since });
    expect(before).toMatchObject({ verdict: 'sound', checked: 3_000 });
    const after = await verifyAfter(set(`reason = 'forged'`, 7_000), { since });
    expect(after.findings).toMatchObject([{ kind: 'event_altered', index: 7_000, eventId: idAt(7_000) }]);
  });

  it('is not skipped when its tiles are not those of the checkpoint', async () => {
    const tamper = run('UPDATE audit_tile SET hashes = set_byte(hashes, 0, 255 - get_byte(hashes, 0)) WHERE level = 1');
    const { checked, findings } = await verifyAfter(tamper, { since: notes[6] ?? '' });
    expect(checked).toBe(SIZE);
    expect(findings).toMatchObject([{ kind: 'tile_altered' }]);
  });
});
