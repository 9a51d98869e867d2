import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { AuditContext, auditedPg } from '../../src/audit/index.js';
import { type LedgerEvent } from '../../src/monitoring/index.js';
import { LedgerProvider } from '../../src/monitoring/ledger.provider.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { reconcileLedger } from '../../src/rooms/row-changes/reconcile/reconcile-ledger.js';
import { countUnderWay, transactionsUnderWay } from '../../src/monitoring/keep/lifecycle/erasure/reasons-to-wait.js';
import { timeOfId } from '../../src/monitoring/store/id-time.js';
import { storeContextKey } from '../support/context-scene.js';
import { ageLedger } from '../support/log-scene.js';
import { eventually, runSql, withClient, kept, testDatabase } from '../support/index.js';
import { arePreparedTransactionsOff } from '../support/prepared-transactions.js';
import { parsePrometheusText } from '../support/prometheus-text.js';
import { captureTables, startRowChanges } from '../support/row-changes-scene.js';

const HOURS = 5;
const isOff = await arePreparedTransactionsOff();

let seen = 0;

const database = await testDatabase();
const scene = await kept(startRowChanges(database));
const key = randomBytes(32).toString('hex');
await storeContextKey(database, 'prepared', key);
const pool = await kept(new (auditedPg(pg, { key }).Pool)({ connectionString: database.url, max: 1 }));
await database.sql('CREATE TABLE rate (id int PRIMARY KEY, n int)');
await captureTables(database.url, { 'public.rate': {} });
await database.sql('INSERT INTO rate VALUES (1, 0), (2, 0)');

(isOff ? describe.skip : describe)('a prepared transaction', () => {
  beforeEach(async () => {
    seen = (await scene.events()).length;
  });
  afterEach(async () => {
    expect(await reconcileLedger({ database: database.url })).toMatchObject({ verdict: 'complete', findings: [] });
    expect(await verifyLedger({ database: database.url })).toMatchObject({ findings: [] });
  });

  it('becomes events when it is committed, by whom it was made, and delays no other change', async () => {
    await as('ann', () => prepare('one', ['UPDATE rate SET n = 1 WHERE id = 1']));
    await pool.query('UPDATE rate SET n = 20 WHERE id = 2'); // on the same connection, in no scope
    await as('bob', () => pool.query('UPDATE rate SET n = 21 WHERE id = 2'));
    expect(await told()).toEqual([
      ['2', 20, 'app', true],
      ['2', 21, 'bob', false],
    ]);
    await as('eve', () => pool.query(`COMMIT PREPARED 'one'`));
    expect((await told()).slice(2)).toEqual([['1', 1, 'ann', false]]);
    await as('bob', () => pool.query('UPDATE rate SET n = 2 WHERE id = 1'));
    expect((await told()).slice(3)).toEqual([['1', 2, 'bob', false]]);
  });

  it('leaves nothing when it is rolled back', async () => {
    await as('ann', () => prepare('two', ['UPDATE rate SET n = 9', 'SAVEPOINT s', 'DELETE FROM rate']));
    await run(`ROLLBACK PREPARED 'two'`);
    await run('UPDATE rate SET n = n + 1 WHERE id = 1');
    expect(await told()).toEqual([['1', 3, 'app', true]]);
  });

  it('lets a later change of its row wait, so that both come in order', async () => {
    await as('ann', () => prepare('three', ['UPDATE rate SET n = 100 WHERE id = 1']));
    await withClient(database.url, async (client) => {
      const later = client.query('UPDATE rate SET n = n + 1 WHERE id = 1');
      await eventually(async () => {
        const waits = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
        return (await database.superuserSql(waits)).length > 0;
      });
      await run(`COMMIT PREPARED 'three'`);
      await later;
    });
    expect(await told()).toEqual([
      ['1', 100, 'ann', false],
      ['1', 101, 'app', true],
    ]);
  });

  it('is waited for by an erasure that begins right after it', async () => {
    await prepare('five', ['UPDATE rate SET n = 5 WHERE id = 1']);
    const { horizon } = await transactionsUnderWay({ rows: (text, values) => database.sql(text, values) });
    const [prepared] = await run(`SELECT transaction::text AS id FROM pg_prepared_xacts WHERE gid = 'five'`);
    await run(`ROLLBACK PREPARED 'five'`);
    expect(Number(horizon)).toBeGreaterThan(Number(prepared?.id));
  });

  it('holds up the erasures of its own database alone', async () => {
    const neighbour = new URL('/postgres', database.superuserUrl).href;
    await runSql(neighbour, `BEGIN; SELECT pg_current_xact_id(); PREPARE TRANSACTION 'of a neighbour'`);
    try {
      await prepare('four', ['UPDATE rate SET n = 4 WHERE id = 1']);
      const [begun] = await run('SELECT pg_current_xact_id()::text AS horizon');
      const underWay = () =>
        countUnderWay(
          { rows: (text, values) => database.sql(text, values) },
          { horizon: String(begun?.horizon), transactions: [] },
        );
      await eventually(async () => (await underWay()) === 1); // those of the application end
      await run(`ROLLBACK PREPARED 'four'`);
      await eventually(async () => (await underWay()) === 0);
    } finally {
      await runSql(neighbour, `ROLLBACK PREPARED 'of a neighbour'`);
    }
  });

  it(`that is committed ${HOURS} hours later gets an id of now and alters no sealed past; the wait is a metric`, async () => {
    await ageLedger(database);
    await withClient(database.superuserUrl, async (client) => {
      await client.query('BEGIN');
      await client.query('UPDATE rate SET n = 7 WHERE id = 1');
      const shift = `interval '${HOURS} hours'`;
      await client.query(
        `UPDATE audit_row_change SET begun_at = begun_at - ${shift}, changed_at = changed_at - ${shift}`,
      );
      await client.query(`PREPARE TRANSACTION 'late'`);
    });
    await as('bob', () => pool.query('UPDATE rate SET n = 22 WHERE id = 2'));
    const [before] = await news();
    expect(await waitingSeconds()).toBeLessThan(HOURS * 3_600);
    await refuseRowChanges();
    await database.superuserSql(`COMMIT PREPARED 'late'`);
    await eventually(async () => (await waitingSeconds()) >= HOURS * 3_600);
    const { problem } = await scene.app.get(LedgerProvider).check();
    expect(problem).toContain('Cannot move row changes into the ledger in time');
    await database.superuserSql('LOCK TABLE audit_event; DROP TRIGGER a_refuse ON audit_event; DROP FUNCTION refuse()');
    const late = (await news())[1];
    expect(late).toMatchObject({ type: 'row_changed_externally', changes: { after: { n: 7 } } });
    expect(Date.now() - Date.parse(late?.occurredAt ?? '')).toBeGreaterThanOrEqual(HOURS * 3_600_000);
    expect(String(late?.id) > String(before?.id)).toBe(true);
    expect(Date.now() - timeOfId(String(late?.id)).getTime()).toBeLessThan(3_600_000);
    await eventually(async () => (await waitingSeconds()) === 0);
  });
});

const run = (statement: string) => database.sql(statement);
const news = async (): Promise<readonly LedgerEvent[]> => (await scene.events()).slice(seen);
const as = (id: string, work: () => Promise<unknown>) => AuditContext.run({ actor: { type: 'user', id } }, work);
const told = async () =>
  (await news()).map(({ resource, changes, actor, details }) => [
    resource?.id,
    (changes?.after as { n?: number } | undefined)?.n,
    actor.id,
    details.unattributed ?? false,
  ]);

async function prepare(id: string, statements: readonly string[]): Promise<void> {
  const client = await pool.connect();
  try {
    for (const statement of ['BEGIN', ...statements, `PREPARE TRANSACTION '${id}'`]) await client.query(statement);
  } finally {
    client.release();
  }
}

async function waitingSeconds(): Promise<number> {
  const response = await fetch(`${await scene.app.getUrl()}/metrics`);
  const metric = parsePrometheusText(await response.text()).get('audit_row_changes_waiting_seconds');
  return Number(metric?.samples[0]?.value);
}

const refuseRowChanges = () =>
  database.superuserSql(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not now'; END $$;
     CREATE TRIGGER a_refuse BEFORE INSERT ON audit_event FOR EACH ROW WHEN (NEW.category = 'data_change') EXECUTE FUNCTION refuse()`);
