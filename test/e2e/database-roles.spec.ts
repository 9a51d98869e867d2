import { kept, testDatabase } from '../support/kept.js';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { AUDIT_ROOMS } from '../../migrations/audit-migrations.js';
import { readConfig } from '../../src/shop/config/index.js';
import { openDatabase } from '../../src/shop/database/index.js';
import { addressWith } from '../../src/monitoring/store/sessions/ledger-address.js';
import { withSuffix } from '../../migrations/audit-ownership.js';
import { migrateLedger } from '../../src/monitoring/index.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { ApiClient } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { KeptSession } from '../support/kept-session.js';
import { ADMIN, startReferenceApp } from '../support/reference-app.js';
import { makeLedgerRoles } from '../support/make-ledger-roles.js';
import { runSql } from '../support/sql.js';
import { settled } from '../support/settled.js';

const suffix = randomBytes(6).toString('hex');
const [OWNER, LOGIN, SEQUENCER, APPLICATION] = ['owner', 'login', 'sequencer', 'application'].map(
  (name) => `ledger_${name}_${suffix}`,
) as [string, string, string, string]; // one of each

const log: string[] = [];

function as(role: string): string {
  const url = new URL(database.url);
  url.username = role;
  url.password = 'secret';
  return url.href;
}

/** The roles follow docs/guides/deploy.md. */
const database = await testDatabase({ empty: true, schemas: [], roles: [OWNER, LOGIN, SEQUENCER, APPLICATION] });
await runSql(database.superuserUrl, `CREATE ROLE ${OWNER} LOGIN PASSWORD 'secret'`);
const ledgersSuffix = await makeLedgerRoles(database.superuserUrl, as(OWNER), 'audit');
for (const statement of [
  `CREATE ROLE ${LOGIN} LOGIN PASSWORD 'secret'`,
  `GRANT audit_writer, audit_reader TO ${LOGIN}`,
  `CREATE ROLE ${SEQUENCER} LOGIN PASSWORD 'secret'`,
  `GRANT audit_sequencer, audit_reader, audit_keeper TO ${SEQUENCER}`,
  `CREATE ROLE ${APPLICATION} LOGIN PASSWORD 'secret'`,
  `GRANT audit_writer TO ${APPLICATION}`,
  `GRANT CREATE ON SCHEMA public TO ${APPLICATION}`,
  `CREATE SCHEMA audit AUTHORIZATION ${OWNER}`,
  `ALTER ROLE ${OWNER} SET search_path = audit`,
  `ALTER ROLE ${LOGIN} SET search_path = audit`,
  `ALTER ROLE ${SEQUENCER} SET search_path = audit`,
]) {
  await runSql(database.superuserUrl, withSuffix(statement, ledgersSuffix));
}
await migrateLedger({ connectionUrl: as(OWNER), with: AUDIT_ROOMS });
const environment = {
  DATABASE_URL: as(APPLICATION),
  AUDIT_DATABASE_URL: as(LOGIN),
  AUDIT_SEQUENCER_URL: as(SEQUENCER),
};
const opened = await openDatabase(readConfig(environment), (message) => log.push(message));
const app = await kept(startReferenceApp(opened.url, environment));
const admin = new ApiClient(app.url);
expect(await admin.logIn(ADMIN.email, ADMIN.password)).toBe(200);

describe('an application whose role is neither the ledger owner nor more than a writer and a reader', () => {
  it('starts, and leaves the migration of the ledger to its owner', async () => {
    const [row] = await runSql(
      database.superuserUrl,
      `SELECT array_agg(DISTINCT pg_get_userbyid(relowner)::text) AS owners FROM pg_class WHERE relname ~ '^audit_' AND relkind IN ('r', 'p')`,
    );
    expect(row?.owners).toEqual([OWNER]);
    expect(log.join()).not.toMatch(/Cannot/);
  });

  it('records, seals, reads and proves', async () => {
    await settled({ sql: (text) => runSql(as(OWNER), text) });
    const [event] = await admin.events('type=user_login_success');
    const shown = () => admin.send<{ index?: number }>('GET', `/audit/events/${String(event?.id)}`);
    await eventually(async () => (await shown()).body.index !== undefined);
    const checkpoint = await fetch(`${app.url}/audit/checkpoint`, {
      headers: { authorization: `Bearer ${String(admin.token)}` },
    });
    expect(checkpoint.status).toBe(200);
    const health = await admin.send<{ details: { audit: object } }>('GET', '/health');
    expect(health.body.details.audit).toMatchObject({ state: 'sound' });
  });

  it('commits an event with its own transaction', async () => {
    const [row] = await runSql(
      as(APPLICATION),
      `SELECT audit.audit_try_accept(1::smallint, '', NULL, '{}', 100, NULL) AS refusal`,
    );
    expect(row).toEqual({ refusal: expect.stringContaining('23514') }); // it may call the function, and the inbox checks the row
    expect(app.logged()).not.toContain('Cannot record events within');
  });

  it('lets commands place holds by the login that seals, and not by the one that adds events', () => {
    const list = (addresses: Readonly<Record<string, string>>) =>
      spawnSync(process.execPath, [resolve('dist/src/cli/main.js'), 'hold', 'list'], {
        cwd: tmpdir(),
        env: { PATH: process.env.PATH, ...addresses },
        encoding: 'utf8',
      });
    const both = list({ AUDIT_DATABASE_URL: as(LOGIN), AUDIT_SEQUENCER_URL: as(SEQUENCER) });
    expect([both.status, both.stderr]).toEqual([0, '']);
    const one = list({ AUDIT_DATABASE_URL: as(LOGIN) });
    expect([one.status, one.stderr]).toEqual([
      2,
      expect.stringContaining('permission denied to set role "audit_keeper_'),
    ]);
  });

  it('verifies', async () => {
    await eventually(async () => (await verifyLedger({ database: as(LOGIN) })).waiting === 0);
    expect(await verifyLedger({ database: as(LOGIN) })).toMatchObject({ verdict: 'sound', findings: [] });
  });

  const sessions = [LOGIN, APPLICATION].map((role) => new KeptSession(addressWith(as(role), { search_path: 'audit' })));
  afterAll(() => Promise.all(sessions.map((session) => session.release())));
  const partition = `audit_event_${new Date().toISOString().slice(0, 7).replace('-', '_')}`;
  /** writer-rights tries each change of each table as such a login. */
  it.each([
    `SET audit.act = 'erase'; UPDATE audit_event SET actor_name = NULL`,
    `SET audit.act = 'retire'; DELETE FROM audit_event`,
    `TRUNCATE ${partition}`,
    `SELECT * FROM ${partition}`,
    `INSERT INTO ${partition} (id) SELECT id FROM audit_event LIMIT 1`,
    `ALTER TABLE audit_event DETACH PARTITION ${partition}`,
    `ALTER TABLE audit_event DISABLE TRIGGER ALL`,
    `DROP POLICY audit_event_read ON audit_event`,
    `SET session_replication_role = replica`,
    `SET ROLE audit_writer; INSERT INTO audit_event DEFAULT VALUES`,
    `SET ROLE ${OWNER}`,
  ])('may not %s', async (statement) => {
    for (const session of sessions)
      await expect(session.run(statement)).rejects.toThrow(/permission denied|must be (able|owner)|append-only/);
  });

  it('shows an event to nobody who names no access', async () => {
    const count = async (role: string, settings: Readonly<Record<string, string>> = {}) =>
      Number((await runSql(addressWith(as(role), settings), 'SELECT count(*) FROM audit.audit_event'))[0]?.count);
    expect(await count(LOGIN)).toBe(0);
    expect(await count(LOGIN, { 'audit.reads': 'all' })).toBeGreaterThan(0);
    expect(await count(LOGIN, { 'audit.reads': 'tenants', 'audit.reads_of': '{"nobody"}' })).toBe(0);
    expect(await count(LOGIN, { 'audit.reads': 'subject', 'audit.reads_of': 'nobody' })).toBe(0);
    await expect(count(APPLICATION, { 'audit.reads': 'all' })).rejects.toThrow('permission denied');
  });
});
