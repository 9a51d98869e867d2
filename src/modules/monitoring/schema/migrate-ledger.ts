import pg from 'pg';
import type { MigrationRunner } from '../../../../migrations/audit-migration.types.js';
import { LedgerAddressError } from '../errors/ledger-address.error.js';
import { explainLedgerError } from '../ledger/explain-ledger-error.js';
import { isPostgresUrl } from '../ledger/ledger-address.js';
import { runNextMigration } from './run-next-migration.js';

/** Where the ledger is to be, and what to do. */
export interface MigrateLedgerOptions {
  /** A PostgreSQL connection URL, of the role that is to own the ledger's tables. */
  readonly connectionUrl: string;
  /** The database schema; made when it is missing. @defaultValue the first one of the connection's search path */
  readonly schema?: string;
  /** Whether all is undone again, so that only what would happen is told. @defaultValue false */
  readonly dryRun?: boolean;
}

/** What {@link migrateLedger} did. */
export interface MigratedLedger {
  /** The names of the migrations that ran, oldest first. None: the schema was up to date. */
  readonly ran: readonly string[];
  /** Every statement of theirs, in order. */
  readonly statements: readonly string[];
}

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Brings the ledger's tables and functions up to date, beside whatever else the database holds, each migration in a
 * transaction of its own. Any number of processes may do so at once: one runs a migration, the others wait. The table
 * `audit_migration` keeps what ran. With TypeORM, run {@link AUDIT_MIGRATIONS} by its data source instead, not both.
 *
 * @throws LedgerAddressError (`AUDIT_LEDGER_ADDRESS_INVALID`), SchemaUnusableError (`AUDIT_SCHEMA_UNUSABLE`),
 * LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`)
 */
export async function migrateLedger(options: MigrateLedgerOptions): Promise<MigratedLedger> {
  const { connectionUrl, schema, dryRun = false } = options;
  if (!isPostgresUrl(connectionUrl)) throw LedgerAddressError.noAddress('connectionUrl');
  const client = await connect(connectionUrl);
  const statements: string[] = [];
  const runner: MigrationRunner = {
    async query(text, values) {
      return (await client.query<Record<string, unknown>>(text, values)).rows;
    },
  };
  const next = async (): Promise<string | undefined> => runNextMigration(runner, schema, statements);
  try {
    const ran = dryRun
      ? await inTransaction(client, 'ROLLBACK', () => all(next))
      : await all(() => inTransaction(client, 'COMMIT', next));
    return { ran, statements };
  } finally {
    await client.end();
  }
}

async function connect(connectionUrl: string): Promise<pg.Client> {
  try {
    const client = new pg.Client({
      connectionString: connectionUrl,
      application_name: 'nestjs-audit-ledger migrate',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    client.on('error', ignore); // the statement under way rejects with it
    await client.connect();
    return client;
  } catch (error) {
    throw explainLedgerError(error);
  }
}

async function all(next: () => Promise<string | undefined>): Promise<readonly string[]> {
  const ran: string[] = [];
  for (let name = await next(); name !== undefined; name = await next()) ran.push(name);
  return ran;
}

async function inTransaction<Result>(
  client: pg.Client,
  end: 'COMMIT' | 'ROLLBACK',
  work: () => Promise<Result>,
): Promise<Result> {
  await client.query('BEGIN');
  try {
    const result = await work();
    await client.query(end);
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(ignore);
    throw error;
  }
}

function ignore(): void {
  // What is lost with the connection was never committed.
}
