import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import pg from 'pg';
import { ACTOR_TYPES, canonicalJson, OUTCOMES, type JsonValue } from '../../src/audit/plain.js';
import { OWN_FACTS } from '../../src/modules/monitoring/access/own-events.js';
import { ACT_TYPES } from '../../src/modules/monitoring/acts/act-types.js';
import { verifyLedger } from '../../src/modules/monitoring/index.js';
import type { LedgerEvent } from '../../src/modules/monitoring/query/ledger-event.js';
import { ROW_CHANGE_TYPES } from '../../src/modules/monitoring/query/records/row-change.js';
import { commitPersonal } from '../../src/modules/monitoring/sealing/seal-event.js';
import { CheckpointSigner } from '../../src/modules/monitoring/signing/checkpoint-signer.service.js';
import { EVENT_COLUMNS } from '../../src/modules/monitoring/store/event-columns.js';
import { VERIFIED_TYPES } from '../../src/modules/monitoring/store/exact-json.js';
import { personalOfRow } from '../../src/modules/monitoring/store/ledger-row.js';
import { sealEvents } from '../../src/modules/monitoring/store/seal-row.js';
import { checkRow, whyRefused } from '../../src/modules/monitoring/verify/check-row.js';
import { VERIFIED_COLUMNS } from '../../src/modules/monitoring/verify/verified-columns.js';
import { lineOf, STREAM_FORMATS } from '../../src/modules/monitoring/streams/formats/stream-format.js';
import { ANY_CHARACTER } from '../support/any-character.js';
import { ApiClient } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { SAMPLE_RULES } from '../support/log-scene.js';
import { ADMIN, startReferenceApp, type ReferenceApp } from '../support/reference-app.js';
import { sampleEvent } from '../support/sample-event.js';
import { runSql } from '../support/sql.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { runs } from '../support/whole.js';

/** Any JSON, of few levels. */
const JSON_VALUE = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<JsonValue>;
const TEXT = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '__proto__',
    'a\u001b[2Jb',
    '=1+1',
    '"',
    '\n',
    '🦉',
    '../..',
    'user',
    'order',
    'public.orders',
  ),
  fc.string({ unit: ANY_CHARACTER, maxLength: 20 }).map((text) => text.replaceAll('\0', '')),
);
/** The fields that one reader or another looks at. */
const FIELDS = (
  'act,alert,baseline,before,after,change,columns,counted,count,day,diff,events,events_ids,expires,fields,filters,firstPlace,format,' +
  'fourEyes,id,ids,images,imagesApart,imagesDigest,key,lastPlace,level,number,operation,outcome,parts,places,reason,rekeyedFrom,' +
  'reviewId,rowChanges,rows,rule,rules,session,since,state,statement,storedAt,subject,table,tenants,transaction,until,user,verdict,withheld'
).split(',');
const OBJECT = fc.oneof(
  fc.dictionary(fc.oneof(fc.constantFrom(...FIELDS), TEXT), JSON_VALUE, { maxKeys: 6 }),
  fc.constant({}),
);
const CHANGES = fc.record(
  {
    before: JSON_VALUE,
    after: fc.oneof(JSON_VALUE, OBJECT),
    diff: fc.oneof(JSON_VALUE, fc.array(OBJECT, { maxLength: 3 })),
  },
  { requiredKeys: [] },
);
const POINTER = fc.constantFrom(
  '/details/note',
  '/changes/after',
  '/compliance',
  '/index',
  '/__proto__/x',
  'x',
  '',
  '/actor/name',
  '/type',
);
const TYPE = fc.constantFrom(
  ...ACT_TYPES,
  ...Object.keys(OWN_FACTS),
  ...ROW_CHANGE_TYPES,
  'table_truncated',
  'user_login',
  'x',
);
const nullable = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> => fc.option(value, { freq: 1 });
/** JSON as the ledger's writer writes it, or with spaces, a name twice, or half a surrogate pair. */
const textOf = (value: fc.Arbitrary<unknown>, orElse: string): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 30, arbitrary: value.map((each) => canonicalJson(each)) },
    { weight: 1, arbitrary: value.map((each) => JSON.stringify(each, undefined, 1)) },
    { weight: 1, arbitrary: fc.constant(orElse) },
  );
const asText = (value: fc.Arbitrary<unknown>): fc.Arbitrary<string> => textOf(value, '{"a":1,"a":2}');
const COLUMNS = fc.record(
  {
    schema_version: fc.integer({ min: -32_768, max: 32_767 }),
    occurred_at: fc
      .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
      .map((time) => time.toISOString()),
    type: TYPE,
    action: TYPE,
    outcome: fc.constantFrom(...OUTCOMES),
    category: fc.oneof(TEXT, fc.constantFrom('data_change', 'system', 'security')),
    actor_type: fc.constantFrom(...ACTOR_TYPES),
    actor_id: nullable(TEXT),
    actor_name: nullable(TEXT),
    session_id: nullable(TEXT),
    on_behalf_of: nullable(asText(fc.record({ type: JSON_VALUE, id: JSON_VALUE }, { requiredKeys: [] }))),
    tenant_id: nullable(TEXT),
    resource_type: nullable(TEXT),
    resource_id: nullable(TEXT),
    request_id: nullable(TEXT),
    ip: nullable(fc.constantFrom('10.0.0.0/8', '::1', '203.0.113.7')),
    user_agent: nullable(TEXT),
    method: nullable(TEXT),
    route: nullable(TEXT),
    status_code: nullable(fc.integer({ min: -32_768, max: 32_767 })),
    duration_ms: nullable(fc.double({ min: -1e300, max: 1e300, noNaN: true })),
    trace_id: nullable(TEXT),
    changes: nullable(asText(CHANGES)),
    reason: nullable(TEXT),
    error: nullable(
      asText(fc.record({ name: JSON_VALUE, code: JSON_VALUE, message: JSON_VALUE }, { requiredKeys: [] })),
    ),
    details: asText(OBJECT),
    details_issues: nullable(textOf(fc.array(OBJECT, { maxLength: 3 }), '[1e400]')),
    metadata: asText(OBJECT),
    personal_columns: nullable(fc.integer({ min: 1, max: 127 })),
    personal: nullable(asText(fc.dictionary(POINTER, JSON_VALUE, { maxKeys: 3 }))),
  },
  { requiredKeys: [] },
);
/** What a file can be sent; the others are lines for syslog. */
const FILED = STREAM_FORMATS.filter((format) => format !== 'cef' && format !== 'leef');

/** Which columns of a row are forged, and whether its leaf hash and its commitment are right. */
const FORGED = fc.record({ columns: COLUMNS, isLeafRight: fc.boolean(), isCommitmentRight: fc.boolean() });
type Forged = typeof FORGED extends fc.Arbitrary<infer Value> ? Value : never;

let database: TestDatabase;
let folder: string;
let app: ReferenceApp;
let admin: ApiClient;
let writer: pg.Client;
let superuser: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'hostile-rows-'));
  const streams = FILED.map((format) => ({
    name: format,
    destination: { type: 'file', path: join(folder, format), format },
    personal: 'include',
  }));
  await writeFile(join(folder, 'streams.json'), JSON.stringify(streams));
  const AUDIT_STREAMS_FILE = join(folder, 'streams.json');
  app = await startReferenceApp(database.url, { AUDIT_WATCH: 'true', AUDIT_STREAMS_FILE });
  admin = new ApiClient(app.url);
  await admin.logIn(ADMIN.email, ADMIN.password);
  writer = new pg.Client({ connectionString: database.url, options: '-c role=audit_writer' });
  await writer.connect();
  superuser = new pg.Client(database.superuserUrl);
  await superuser.connect();
  await superuser.query('CREATE TEMP TABLE forged (LIKE audit_event)');
});
afterAll(async () => {
  await writer.end();
  await superuser.end();
  await app.close();
  await database.drop();
  await rm(folder, { recursive: true });
});

/** The values of a row's columns, JSON as texts. */
type Row = Readonly<Record<string, unknown>>;

/** The columns of a sample event as the ledger's writer stores them. */
function sampleRow(): Row {
  const [sealed] = sealEvents([sampleEvent()], () => SAMPLE_RULES);
  return Object.fromEntries(EVENT_COLUMNS.map(({ name, valueOf }) => [name, sealed && valueOf(sealed)]));
}

const NAMES = EVENT_COLUMNS.map(({ name }) => name);
const PARAMETERS = EVENT_COLUMNS.map(({ isJson, arrayType }, nth) => `$${nth + 1}::${isJson ? 'json' : arrayType}`);
const INSERT = `(${NAMES.join(', ')}) VALUES (${PARAMETERS.join(', ')})`;

/** Adds the row as the login that may add events. */
async function insert(row: Row): Promise<void> {
  await writer.query(
    `INSERT INTO audit_event ${INSERT}`,
    NAMES.map((name) => row[name] ?? null),
  );
}
/** A row with what its hashes are to be of, as whoever knows the format computes them; `isRight` says whether it is one that the ledger seals. */
async function finish({
  columns,
  isLeafRight,
  isCommitmentRight,
}: Forged): Promise<Row & { readonly isRight: boolean }> {
  const row: Record<string, unknown> = { ...sampleRow(), ...columns };
  const salt = randomBytes(16);
  Object.assign(row, { personal_salt: salt, personal_commitment: randomBytes(32), leaf_hash: randomBytes(32) });
  const read = await readBack(row);
  const personal = personalOfRow(read);
  if (personal === undefined) Object.assign(row, { personal_salt: null, personal_commitment: null });
  else if (isCommitmentRight) {
    row.personal_commitment = Buffer.from(attempt(() => commitPersonal(personal, salt)) ?? '', 'base64');
    if ((row.personal_commitment as Buffer).length === 0) row.personal_commitment = randomBytes(32);
  }
  const { row: leaf } = checkRow(await readBack(row));
  if (leaf && isLeafRight) row.leaf_hash = leaf;
  return { ...row, isRight: whyRefused(checkRow(await readBack(row))) === undefined };
}

function attempt<Result>(make: () => Result): Result | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}

/** The row as `verify` would read it. */
async function readBack(row: Row): Promise<Row> {
  const values = NAMES.map((name) => row[name] ?? null);
  await superuser.query(`INSERT INTO forged ${INSERT}`, values);
  const text = `SELECT ${VERIFIED_COLUMNS} FROM forged WHERE id = $1`;
  const { rows } = await superuser.query<Row>({ text, values: [row.id], types: VERIFIED_TYPES });
  await superuser.query('DELETE FROM forged');
  return rows[0] ?? {};
}

async function waiting(): Promise<number> {
  const [row] = await runSql(database.url, 'SELECT count(*)::int AS count FROM audit_unsequenced');
  return Number(row?.count);
}

async function placed(ids: readonly string[]): Promise<readonly unknown[]> {
  return runSql(database.url, `SELECT index FROM audit_leaf WHERE event_id = ANY ('{${ids.join(',')}}')`);
}

async function verify(): ReturnType<typeof verifyLedger> {
  return verifyLedger({ database: database.url, trust: app.app.get(CheckpointSigner).trust });
}

/** Each page that people look at answers, and none leaves an event out. */
async function expectReadable(right: readonly string[], wrong: readonly string[]): Promise<void> {
  const all = [...right, ...wrong];
  const seen: string[] = [];
  for (let cursor = ''; ;) {
    const { status, body } = await admin.send<{ items: readonly { id: string }[]; nextCursor: string | null }>(
      'GET',
      `/audit/events?limit=100${cursor}`,
    );
    expect(status).toBe(200);
    seen.push(...body.items.map(({ id }) => id));
    if (body.nextCursor === null) break;
    cursor = `&cursor=${body.nextCursor}`;
  }
  expect(seen).toEqual(expect.arrayContaining(all));
  const failing: string[] = [];
  const look = async (path: string): Promise<string> => {
    const response = await fetch(app.url + path, { headers: { authorization: `Bearer ${admin.token}` } });
    const text = await response.text();
    if (response.status >= 500) failing.push(`${path}: ${response.status} ${text}`);
    return text;
  };
  for (const id of all)
    for (const part of ['', '/related', '/sealed', '/salt', '/proof']) await look(`/audit/events/${id}${part}`);
  for (const page of [
    'stats',
    'stats/overview',
    'alerts',
    'reviews',
    'erasures',
    'holds',
    'absences',
    'state',
    'sample?size=50',
    'values?field=type',
    'export?format=csv&details.a=1',
    'events?q=order&limit=200',
    'events?details.table=x',
    'resources/order/o-1/history',
    'resources/order/o-1/state',
    'resources/order/o-1/blame',
    'actors/u-1/profile',
    'subjects/u-1/report',
  ])
    await look(`/audit/${page}`);
  for (const format of ['jsonl', 'csv', 'ocsf', 'cloudevents']) {
    const text = await look(`/audit/export?format=${format}`);
    expect(all.filter((id) => !text.includes(id))).toEqual([]);
  }
  const proven = await look('/audit/export?format=jsonl&proofs=true');
  expect(right.filter((id) => !proven.includes(id))).toEqual([]);
  const [size] = await runSql(database.url, 'SELECT max(size)::int AS size FROM audit_checkpoint');
  const places = Number(size?.size);
  for (let tile = 0; tile * 256 < places; tile++) {
    const width = Math.min(256, places - tile * 256);
    await look(`/audit/tile/entries/${tilePathOf(tile)}${width < 256 ? `.p/${width}` : ''}`);
  }
  expect(failing).toEqual([]);
}

/** Each stream sends all that has a place, and the watch looks at it. */
async function expectStreamed(right: readonly string[]): Promise<void> {
  for (const id of right) {
    const { body: event } = await admin.send<LedgerEvent & { index: number }>('GET', `/audit/events/${id}`);
    const streamed = { id, event, index: event.index, leafHash: '' };
    for (const format of ['cef', 'leef'] as const) {
      expect(lineOf(format, streamed, { origin: 'log.example/ledger', version: '1' })).toContain(id);
    }
  }
  await eventually(async () => {
    const files = await Promise.all(FILED.map((format) => readFile(join(folder, format), 'utf8').catch(() => '')));
    return files.every((text) => right.every((id) => text.includes(id)));
  });
  await eventually(async () => {
    const { body } = await admin.send<{ parts: readonly { name: string; status: string }[] }>('GET', '/audit/state');
    const parts = new Map(body.parts.map(({ name, status }) => [name, status]));
    return parts.get('watch') === 'ok' && parts.get('streams') === 'ok';
  });
}

function tilePathOf(tile: number): string {
  return String(tile).padStart(3, '0');
}

const deep = (levels: number): string => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`;

describe('What the login that may add events inserts', () => {
  it.each<[string, Row]>([
    ['details of 6,000 levels', { details: deep(6_000) }],
    ['details that are nothing', { details: 'null' }],
    ['metadata that are a list', { metadata: '[]' }],
    ['changes that are a text', { changes: '"x"' }],
    ['an error that is a number', { error: '1' }],
    ['a personal part that is a text', { personal: '"x"' }],
    ['20 MB of details', { details: JSON.stringify({ a: 'x'.repeat(20_000_000) }) }],
    ['20 MB of a reason', { reason: 'x'.repeat(20_000_000) }],
    ['a time without an end', { occurred_at: 'infinity' }],
    ['a time of the year 200000', { occurred_at: '200000-01-01' }],
    ['a time before Christ', { occurred_at: '0044-03-15 BC' }],
    ['a duration that is not a number', { duration_ms: 'NaN' }],
    ['a duration without an end', { duration_ms: '-Infinity' }],
    ['control characters in a type', { type: 'order\u001b[2J' }],
    ['an outcome that nobody knows', { outcome: 'fine' }],
    ['a salt of another length', { personal_salt: String.raw`\x00` }],
    ['half a surrogate pair', { details: String.raw`{"a":"\ud800"}` }],
    ['a number beyond all measure', { details: '{"a":1e999999}' }],
    ['a number of 17,000 digits', { details: `{"a":0.${'0'.repeat(17_000)}1}` }],
  ])('is refused: %s', async (_, forged) => {
    await expect(insert({ ...sampleRow(), ...forged })).rejects.toMatchObject({
      code: expect.stringMatching(/^(23514|22...)$/),
    });
  });

  it('leaves the rest of the ledger readable and proven, whatever it is, and what is not the ledger’s gets no place', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(FORGED, { minLength: 20, maxLength: 40 }), async (forged) => {
        const rows: Awaited<ReturnType<typeof finish>>[] = [];
        for (const each of forged) rows.push(await finish(each));
        for (const row of rows) await insert(row);
        await eventually(async () => (await waiting()) === 0);
        const right = rows.filter(({ isRight }) => isRight).map(({ id }) => String(id));
        const wrong = rows.filter(({ isRight }) => !isRight).map(({ id }) => String(id));
        expect((await placed(wrong)).length).toBe(0);
        expect((await placed(right)).length).toBe(right.length);
        const { findings } = await verify();
        const named = findings.filter(
          ({ eventId }) => right.includes(String(eventId)) || wrong.includes(String(eventId)),
        );
        expect(named.map(({ eventId }) => eventId).toSorted()).toEqual(wrong.toSorted());
        for (const { kind } of named) expect(kind).toMatch(/^event_(inserted|unreadable)$/);
        await expectReadable(right, wrong);
        await expectStreamed(right);
      }),
      { numRuns: runs(10), endOnFailure: true },
    );
    const [beside] = await runSql(database.url, 'SELECT event_id AS id FROM audit_leaf ORDER BY index LIMIT 1');
    const forge = `SET session_replication_role = 'replica'; UPDATE audit_event SET category = 'forged' WHERE id = '${String(beside?.id)}'`;
    await runSql(database.superuserUrl, forge);
    expect((await verify()).findings).toContainEqual(
      expect.objectContaining({ kind: 'event_altered', eventId: beside?.id }),
    );
  });
});
