import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import pg from 'pg';
import { uuidv7 } from 'uuidv7';
import { CLASSIFIED_COLUMNS, PERSONAL_COLUMNS } from '../../src/monitoring/store/event-columns.js';
import type { AuditEvent } from '../../src/audit/index.js';
import { addSealedEventsAt as addEvents } from './retention-scene.js';
import { withRoles } from './sql.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';

export type Row = Readonly<Record<string, unknown>>;

export const DAY_MS = 86_400_000;
export const ACCEPTED = '2026-01-10T12:00:00.000Z';
export const RULES = { days: 30 };
const ROOT_OF_ZEROS = Buffer.alloc(32);

/** The statement's first parameter must be an `eventRow`. */
export const EVENT = 'jsonb_populate_record(NULL::audit_event, $1::jsonb)';
export const eventRow = (fields: Row = {}): string =>
  JSON.stringify({ category: 'order', type: 'order_created', tenant_id: 'acme', metadata: {}, ...fields });

export const at = (time: string, offsetMs: number): string => new Date(Date.parse(time) + offsetMs).toISOString();
export const dueAt = (days: number, offsetMs = 0): string => at(ACCEPTED, days * DAY_MS + offsetMs);

export type SqlScene = ReturnType<typeof useSqlScene>;

/** Each test runs in a transaction that rolls back. */
export function useSqlScene() {
  let database: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase();
    client = new pg.Client({ connectionString: database.superuserUrl });
    await client.connect();
    for (const month of ['2026-01-01', '2026-02-01']) await query('SELECT audit_event_make_partition($1)', [month]);
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });
  beforeEach(() => query('BEGIN'));
  afterEach(() => query('ROLLBACK'));

  const query = async (text: string, values: readonly unknown[] = []) =>
    client.query<Row>(await withRoles(client, text), [...values]);

  async function rows(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return (await query(text, values)).rows;
  }

  async function one(text: string, values: readonly unknown[] = []): Promise<unknown> {
    const [row = {}] = await rows(text, values);
    return Object.values(row)[0];
  }

  /** A savepoint keeps earlier changes of the transaction after the failure. */
  async function failure(text: string, values: readonly unknown[] = []): Promise<string> {
    await query('SAVEPOINT tried');
    try {
      await query(text, values);
      return 'it did not fail';
    } catch (error) {
      return error instanceof pg.DatabaseError ? `${error.code}: ${error.message}` : String(error);
    } finally {
      await query('ROLLBACK TO SAVEPOINT tried');
    }
  }

  async function hold(columns: Row): Promise<string> {
    const id = uuidv7();
    const given = Object.entries({ id, placed_by: 'counsel', reason: 'lawsuit', ...columns });
    const names = given.map(([name]) => name).join(', ');
    const places = given.map((_, nth) => `$${nth + 1}`).join(', ');
    await query(
      `INSERT INTO audit_legal_hold (${names}) VALUES (${places})`,
      given.map(([, value]) => value),
    );
    return id;
  }

  const cover = (size: number) =>
    query('INSERT INTO audit_checkpoint (size, root, note) VALUES ($1, $2, $3)', [size, ROOT_OF_ZEROS, 'note']);

  async function seal(signed?: number): Promise<void> {
    await query(`
      INSERT INTO audit_leaf (index, event_id, leaf_hash)
      SELECT (SELECT count(*) FROM audit_leaf) + row_number() OVER (ORDER BY id) - 1, id, leaf_hash FROM audit_event
       WHERE id NOT IN (SELECT event_id FROM audit_leaf)`);
    const size = signed ?? Number(await one('SELECT count(*) FROM audit_leaf'));
    if (size > 0) await cover(size);
    await query('UPDATE audit_head SET size = (SELECT count(*) FROM audit_leaf), signed = $1', [size]);
  }

  /** A placed hold takes RowExclusiveLock, which waits for ShareLock. */
  async function locksOfHolds(): Promise<unknown[]> {
    const modes = await rows(`
      SELECT mode FROM pg_locks
       WHERE relation = 'audit_legal_hold'::regclass AND pid = pg_backend_pid() AND mode <> 'AccessShareLock'`);
    return modes.map(({ mode }) => mode);
  }

  async function readPersonalColumns(eventId: unknown): Promise<readonly string[]> {
    const marked = Number(await one('SELECT coalesce(personal_columns, 0) FROM audit_event WHERE id = $1', [eventId]));
    const columns = CLASSIFIED_COLUMNS.filter(({ bit }) => (marked & bit) !== 0);
    return ['personal', 'personal_salt', ...[...PERSONAL_COLUMNS, ...columns].map(({ name }) => name)];
  }

  return {
    query,
    rows,
    one,
    failure,
    readPersonalColumns,
    hold,
    cover,
    seal,
    locksOfHolds,
    addEventsAt: (time: string, count: number, fields: Partial<AuditEvent> = {}) =>
      addEvents(client, time, count, fields),
    storedIds: async (): Promise<unknown[]> =>
      (await rows('SELECT id FROM audit_event ORDER BY id')).map(({ id }) => id),
  };
}
