import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { normalizeIp } from '../../src/audit/event/normalize-ip.js';
import { type AuditEvent } from '../../src/audit/index.js';
import { createPersonalNameTest, buildCatalogueFactRules } from '../../src/audit/nest-free.js';
import { encodeEntry } from '../../src/monitoring/proof/sealing/seal-event.js';
import { checkLeavesInDatabase, type LeafState } from '../../src/monitoring/proof/verify/sources/quick-check.js';
import { VERIFIER } from '../../src/monitoring/store/ledger-roles.js';
import { LedgerSession } from '../../src/monitoring/store/sessions/ledger-session.js';
import { EXACT_JSON } from '../../src/monitoring/store/sessions/ledger-client.js';
import { insertSealed } from '../../src/monitoring/store/insert-batch.js';
import { toEvent, LEDGER_COLUMNS } from '../../src/monitoring/store/ledger-row.js';
import { checkLine, writeLine } from '../../src/monitoring/inbox/event-line.js';
import { findPersonal } from '../../src/monitoring/inbox/find-personal.js';
import { sealLine, type SealedRow } from '../../src/monitoring/store/seal-row.js';
import {
  GIVEN_COLUMNS,
  createTestDatabase,
  sampleEvent,
  tempFolder,
  testDatabase,
  withClient,
} from '../support/index.js';
import { ANY_EVENT, ANY_VALUE, HUGE_EVENTS } from '../support/any-event.js';
import { sealEvent, splitPersonal } from '../support/split-event.js';
import { runs } from '../support/whole.js';

const rules = buildCatalogueFactRules({
  isPersonalName: createPersonalNameTest(['~odd/name', '__proto__', 'from', '0']),
  factFields: ['n', 'path', '9'],
});
const SALT = Buffer.alloc(16, 1);

/** PostgreSQL writes and reads the texts of values differently in each of these sessions. */
const SESSIONS: readonly Readonly<Record<string, string>>[] = [
  {},
  { TimeZone: 'Asia/Kathmandu', DateStyle: 'SQL, DMY', extra_float_digits: '-15', bytea_output: 'escape' },
  { TimeZone: 'Pacific/Apia', DateStyle: 'Postgres, MDY', extra_float_digits: '3', IntervalStyle: 'iso_8601' },
];

/** Returns the event with one value replaced, if a line may hold the result. */
function forge(event: AuditEvent, at: number, value: unknown): readonly AuditEvent[] {
  const forged = structuredClone(event) as unknown as Record<string, unknown>;
  const holders = [forged, forged.actor, forged.request, forged.resource, forged.changes, forged.error];
  const places = holders.flatMap((holder) => Object.keys(holder ?? {}).map((name) => [holder, name] as const));
  const [holder, name = ''] = places[at % places.length] ?? [];
  if (name !== 'id') Reflect.set(Object(holder), name, value); // /resource/id is replaced by other cases
  try {
    return [checkLine(JSON.stringify({ event: forged, personal: [] })).event];
  } catch {
    return [];
  }
}

function toEntry(each: AuditEvent): string {
  const { facts, personal } = splitPersonal(each, rules);
  return Buffer.from(encodeEntry(sealEvent(facts, personal, SALT))).toString('utf8');
}

async function readEntries(url: string, settings: Readonly<Record<string, string>>): Promise<readonly string[]> {
  return withClient(url, async (client) => {
    for (const [name, value] of Object.entries(settings)) await client.query(`SET ${name} = '${value}'`);
    const { rows } = await client.query<Record<string, unknown>>({
      text: `SELECT ${LEDGER_COLUMNS} FROM audit_event ORDER BY id`,
      types: EXACT_JSON, // as all connections of the ledger have them: Node misreads escaped keys
    });
    return rows.map((row) => toEntry(toEvent(row)));
  });
}

async function firstSights(settings: Readonly<Record<string, string>>): Promise<readonly LeafState[]> {
  return withClient(database.superuserUrl, async (client) => {
    await client.query('BEGIN');
    for (const [name, value] of Object.entries(settings)) await client.query(`SET ${name} = '${value}'`);
    await client.query(`INSERT INTO audit_leaf SELECT row_number() OVER () - 1, id, leaf_hash FROM audit_event`);
    const snapshot = await LedgerSession.within(client, VERIFIER);
    const leaves = await snapshot.rows('SELECT leaf_hash FROM audit_leaf ORDER BY index');
    const hashes = Buffer.concat(leaves.map(({ leaf_hash: hash }) => hash as Buffer)); // the column's type
    const tile = (index: number): Buffer => hashes.subarray(index * 256 * 32, (index + 1) * 256 * 32);
    const tiles = new Map(Array.from({ length: Math.ceil(leaves.length / 256) }, (_, index) => [index, tile(index)]));
    const retired = { isRetired: () => false, isOver: () => false, isProven: () => false };
    const states = await checkLeavesInDatabase(snapshot, { from: 0, to: leaves.length }, { tiles, retired });
    await client.query('ROLLBACK');
    return states;
  });
}

function firstDifference(one: string, other: string): number {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at++;
  return at;
}

function differences(entries: readonly string[]): readonly object[] {
  const pairs = Array.from(
    { length: Math.max(entries.length, expected.length) },
    (_, nth) => [expected[nth] ?? '', entries[nth] ?? ''] as const,
  );
  return pairs.flatMap(([one, other]) => {
    if (one === other) return [];
    const at = Math.max(firstDifference(one, other) - 40, 0);
    return { expected: one.slice(at, at + 120), seen: other.slice(at, at + 120) };
  });
}

const database = await testDatabase();
/** What could change on the way, whatever the random events contain. */
const ODD = sampleEvent({
  tenantId: '\u{10ffff}',
  resource: { type: '__proto__', id: 'o-1' },
  details: { numbers: [5e-324, 1e21, 1.7976931348623157e308] },
});
const forgeries = fc.sample(fc.tuple(ANY_EVENT, fc.nat(1_000), ANY_VALUE), runs(2_000));
const forged = forgeries.flatMap(([event, at, value]) => forge(event, at, value));
const events = [...fc.sample(ANY_EVENT, runs(600)), ODD, ...HUGE_EVENTS, ...forged];

const sealed = (batch: readonly AuditEvent[]): readonly SealedRow[] =>
  batch.map((event) => sealLine(checkLine(writeLine(event, findPersonal(event, rules))), SALT));

await Promise.all(
  SESSIONS.map((settings, nth) =>
    withClient(database.url, async (client) => {
      for (const [name, value] of Object.entries(settings)) await client.query(`SET ${name} = '${value}'`);
      const batch = events.filter((_, index) => index % SESSIONS.length === nth);
      for (let start = 0; start < batch.length; start += 50)
        await client.query(insertSealed(sealed(batch.slice(start, start + 50))));
    }),
  ),
);
const expected = events.toSorted((one, other) => (one.id < other.id ? -1 : 1)).map(toEntry);

describe('the sealed bytes of an event', () => {
  it.each(SESSIONS)('come out of the ledger as they went in, in a session with %j', async (settings) => {
    expect(differences(await readEntries(database.url, settings))).toEqual([]);
  });

  it('are known at first sight by a verification', async () => {
    const states = await firstSights(SESSIONS[1] ?? {});
    expect(states).toEqual(Array.from(expected, () => 'whole'));
  });

  it('are of events that hold what could change on the way', () => {
    const all = expected.join('\n');
    for (const odd of ['5e-324', '1e+21', '1.7976931348623157e+308', '__proto__', '\u{10ffff}', '"truncated":true']) {
      expect(all).toContain(odd);
    }
  });

  it('are the same whatever parsers of types the application has set in its client', async () => {
    const types = [pg.types.builtins.TIMESTAMPTZ, pg.types.builtins.FLOAT8, pg.types.builtins.INET];
    const parsers = types.map((type) => pg.types.getTypeParser(type) as (text: string) => unknown); // of whatever type
    try {
      for (const type of types) pg.types.setTypeParser(type, () => 'parsed otherwise');
      expect(differences(await readEntries(database.url, {}))).toEqual([]);
    } finally {
      for (const [index, type] of types.entries()) pg.types.setTypeParser(type, parsers[index] ?? String);
    }
  });

  it('are the same after a dump and a restore elsewhere', async () => {
    const folder = await tempFolder('dump-');
    await chmod(folder, 0o777); // the server's user writes it
    const restored = await createTestDatabase();
    const file = join(folder, 'audit_event');
    try {
      await withClient(database.superuserUrl, async (client) => {
        for (const setting of [`DateStyle = ISO`, `extra_float_digits = 3`]) await client.query(`SET ${setting}`); // as pg_dump does
        await client.query(`COPY (SELECT ${GIVEN_COLUMNS} FROM audit_event) TO '${file}'`);
      });
      await withClient(restored.superuserUrl, async (client) => {
        await client.query(`SET TimeZone = 'Asia/Kathmandu'`);
        await client.query(`COPY audit_event (${GIVEN_COLUMNS}) FROM '${file}'`);
      });
      expect(differences(await readEntries(restored.url, {}))).toEqual([]);
    } finally {
      await restored.drop();
      await rm(folder, { recursive: true });
    }
  });
});

it('an address is written by the core as PostgreSQL writes it', async () => {
  const group = fc.oneof(fc.constant(0), fc.constantFrom(1, 0xffff), fc.nat(0xffff));
  const groups = fc.array(group, { minLength: 8, maxLength: 8 });
  const addresses = [
    ...fc.sample(groups, 600).map((each) => each.map((word) => word.toString(16)).join(':')),
    ...fc.sample(fc.ipV6(), 100),
    ...fc.sample(fc.ipV4(), 100),
  ];
  const written = addresses.map((address) => normalizeIp(address));
  const stored = await withClient(database.url, async (client) => {
    const sql = 'SELECT host(ip) AS ip FROM unnest($1::inet[]) WITH ORDINALITY AS given (ip, nth) ORDER BY nth';
    return (await client.query<{ ip: string }>(sql, [written])).rows.map((row) => row.ip);
  });
  expect(stored).toEqual(written);
});
