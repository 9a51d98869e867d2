import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { migrateLedger } from '../../src/monitoring/index.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { findUnprotected } from '../../src/monitoring/store/schema/check-protection.js';
import { addressInSchema } from '../../src/monitoring/store/sessions/ledger-address.js';
import { TestSession } from '../support/ledger-sessions.js';
import { createTestDatabase, runSql, testDatabase, type TestDatabase } from '../support/index.js';

interface Ledger {
  readonly name: string;
  readonly logins: readonly string[];
  readonly schema: string;
  readonly url: (login: string) => string;
}

const names = ['a', 'b', 'c'].map((name) => `neighbour_${name}_${randomBytes(6).toString('hex')}`);
const roles = names.flatMap((name) => [name, `${name}_sequencer`]);

async function migrated(name: string, database: TestDatabase, schema: string): Promise<Ledger> {
  const logins = [name, `${name}_sequencer`];
  const url = (login: string) =>
    addressInSchema(Object.assign(new URL(database.url), { username: login, password: 'secret' }).href, schema);
  const [connectionUrl = '', sequencerUrl] = logins.map(url);
  await migrateLedger({ connectionUrl, sequencerUrl, adminUrl: database.superuserUrl, schema });
  return { name, logins, schema, url };
}

const [nameA = '', nameB = '', nameC = ''] = names;
const other = await testDatabase({ empty: true, schemas: [], roles });
const database = await testDatabase({ empty: true, schemas: [] });
const here = await migrated(nameA, database, 'audit');
const there = await migrated(nameB, other, 'audit');
const sibling = await migrated(nameC, database, 'another ledger');

const READS_ALL = `SET audit.reads = 'all'`;
const ERASE = `SELECT audit_erase(ARRAY[gen_random_uuid()])`;
const ACTS = [
  ['reads events', `${READS_ALL}; SELECT FROM audit_event`],
  ['erases', ERASE],
  ['adds to the inbox', 'INSERT INTO audit_inbox (version, seed, mac, body) VALUES (1, NULL, NULL, NULL)'],
  ['seals', 'DELETE FROM audit_inbox'],
] as const;

/** No right, no such table or function for this login, or a role of another spec that is gone. */
const REFUSED = ['42501', '42P01', '42883', '22023'];

const LEDGER_ROLES = `SELECT rolname::text AS role FROM pg_roles WHERE rolname LIKE 'audit\\_%' ORDER BY 1`;

describe.each([
  ['another database', here, there],
  ['another schema of the database', sibling, here],
])('a login of a ledger, in the ledger of %s', (_, own, foreign) => {
  it.each(own.logins.map((_login, nth) => [nth === 0 ? 'that adds events' : 'that seals', nth] as const))(
    '%s may do nothing there, with any role of any ledger',
    async (_which, nth) => {
      const session = new TestSession(foreign.url(own.logins[nth] ?? ''));
      const all = await runSql(database.superuserUrl, LEDGER_ROLES);
      expect(all.length).toBeGreaterThan(0);
      const done: string[] = [];
      for (const become of ['', ...all.map(({ role }) => `SET ROLE ${String(role)}; `)]) {
        for (const [what, statement] of ACTS) {
          const code = await session.run(become + statement).then(
            () => 'done',
            (error: unknown) => String((error as { code?: unknown }).code), // the client's
          );
          if (!REFUSED.includes(code)) done.push(`${become}${what}: ${code}`);
        }
      }
      await session.release();
      expect(done).toEqual([]);
    },
  );
});

it('each login works in its own ledger, which verifies without a word about the others', async () => {
  for (const ledger of [here, there, sibling]) {
    const [writer = '', sequencer = ''] = ledger.logins.map(ledger.url);
    expect(await runSql(writer, `SELECT audit_try_accept(1::smallint, '', NULL, '{}', 100, NULL) AS refusal`)).toEqual([
      { refusal: expect.stringContaining('23514') }, // it may call the function, and the inbox checks the row
    ]);
    await runSql(sequencer, 'DELETE FROM audit_inbox');
    expect(await verifyLedger({ database: writer })).toMatchObject({ verdict: 'sound' });
    const unprotected = (await findUnprotected(writer)).join();
    for (const { logins } of [here, there, sibling]) expect(unprotected).not.toContain(logins[0]);
  }
});

it('a copy of a ledger shares the roles of the original until migrate --repair, which gives it roles of its own', async () => {
  const copy = await createTestDatabase({ copyFrom: database, empty: true, schemas: [] });
  const login = here.logins[0] ?? '';
  const inCopy = (name: string) => Object.assign(new URL(here.url(name)), { pathname: `/${copy.name}` }).href;
  const read = `SELECT set_config('audit.reads', 'all', false); SELECT FROM audit_event`;
  try {
    await runSql(inCopy(login), read);
    const [connectionUrl, sequencerUrl] = there.logins.map(inCopy);
    const { did } = await migrateLedger({
      ...{ connectionUrl: connectionUrl ?? '', sequencerUrl, adminUrl: copy.superuserUrl },
      ...{ schema: 'audit', repair: true },
    });
    expect(did.filter((message) => /^Not|^Cannot/.test(message))).toEqual([]);
    await expect(runSql(inCopy(login), read)).rejects.toThrow('relation "audit_event" does not exist');
    await runSql(inCopy(there.name), read);
    await runSql(here.url(login), read);
  } finally {
    await copy.drop();
  }
});
