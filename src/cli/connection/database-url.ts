import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  addressInSchema,
  addressLike,
  isPostgresUrl,
  isSchemaName,
} from '../../monitoring/store/sessions/ledger-address.js';
import { addressOfDataSource } from './address-of-data-source.js';
import { addressOfParts, hasParts, partsProblems } from './address-of-parts.js';
import type { ConnectionOptions } from '../options.js';
import { listOf } from './key-of-environment.js';
import { addPassword } from './password-of.js';
import { addTls } from './tls-of.js';
import { MIGRATOR } from '../../monitoring/store/ledger-roles.js';
import { checkWriter } from '../../monitoring/inbox/append-own-event.js';
import { WRITER_KEYS } from '../../monitoring/store/sessions/ledger-client.js';
import { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import { LOOK_LIMITS } from '../../monitoring/store/sessions/session-limits.js';
import { schemaApart } from '../../monitoring/store/schema/run-next-migration.js';
import { ledgerErrors } from '../../monitoring/errors/ledger.errors.js';
import { commandErrors } from '../cli.errors.js';
import { hasCode } from '../../audit/nest-free.js';

/** The problem to report if {@link ledgerUrl} finds no address. */
export const NO_LEDGER =
  'no ledger is named: give --database-url, --host and --database, or --data-source; or set AUDIT_DATABASE_URL, DATABASE_URL, ' +
  'or PGHOST and PGDATABASE, in the environment or in .env';

/**
 * Returns the ledger's address with a schema: the given schema, else the schema in which the connection finds the ledger.
 *
 * @throws `AUDIT_LEDGER_ADDRESS_INVALID`, `AUDIT_CALL_INVALID`
 */
export async function ledgerUrlIn(connection: ConnectionOptions): Promise<string | undefined> {
  return inSchema(await ledgerUrl(connection), connection);
}

/**
 * Returns the address for the login that seals, retires and erases. Prefers an address in the options, then `AUDIT_SEQUENCER_URL`, then the
 * result of {@link ledgerUrlIn}.
 *
 * @throws `AUDIT_LEDGER_ADDRESS_INVALID`, `AUDIT_CALL_INVALID`
 */
export async function sequencerUrlIn(connection: ConnectionOptions): Promise<string | undefined> {
  const sealer = isNamed(connection) ? undefined : await sequencerUrl(connection);
  return inSchema(sealer ?? (await ledgerUrl(connection)), connection);
}

async function inSchema(url: string | undefined, { schema }: ConnectionOptions): Promise<string | undefined> {
  if (schema !== undefined && !isSchemaName(schema)) throw ledgerErrors.AUDIT_LEDGER_ADDRESS_INVALID.noSchema();
  if (url === undefined) return url;
  return schema === undefined ? addressOfLedger(url) : addressInSchema(url, schema);
}

/**
 * Returns the address in `AUDIT_SEQUENCER_URL`, else the address in the embedded server's file, if any.
 *
 * @throws `AUDIT_LEDGER_ADDRESS_INVALID`
 */
export async function sequencerUrl(connection: ConnectionOptions = {}): Promise<string | undefined> {
  const { AUDIT_SEQUENCER_URL: url = '' } = process.env;
  if (url === '') {
    const own = isEmbedded() ? embeddedUrl('sequencer.url') : undefined;
    return own === undefined ? undefined : addTls(own, connection);
  }
  if (!isPostgresUrl(url)) throw ledgerErrors.AUDIT_LEDGER_ADDRESS_INVALID.noAddress('AUDIT_SEQUENCER_URL');
  const ledger = await ledgerUrl({});
  return secured(ledger === undefined ? url : addressLike(url, ledger), connection);
}

/**
 * Returns the address for reads: the replica in `given`, else the primary. Without `given`, `AUDIT_READ_URL` names the replica, unless an
 * option names the ledger.
 *
 * @param given the option `--read-url`
 * @param ledger the primary's address, with its schema
 * @throws `AUDIT_LEDGER_ADDRESS_INVALID`
 */
export async function readUrl(
  given: string | undefined,
  connection: ConnectionOptions,
  ledger: string,
): Promise<string> {
  const { AUDIT_READ_URL: own = '' } = process.env;
  const url = given ?? (isNamed(connection) || own === '' ? undefined : own);
  if (url === undefined) return ledger;
  if (!isPostgresUrl(url))
    throw ledgerErrors.AUDIT_LEDGER_ADDRESS_INVALID.noAddress(given === undefined ? 'AUDIT_READ_URL' : '--read-url');
  return secured(addressLike(url, ledger), connection);
}

/**
 * Returns the ledger's address: from the options, else from `AUDIT_DATABASE_URL`, `DATABASE_URL`, or psql's `PGHOST` and `PGDATABASE`.
 *
 * @throws `AUDIT_LEDGER_ADDRESS_INVALID` for an invalid or empty address; `AUDIT_CALL_INVALID` for
 *   contradictory options
 */
export async function ledgerUrl(connection: ConnectionOptions): Promise<string | undefined> {
  const { AUDIT_DATABASE_URL: own = '', DATABASE_URL: shared = '' } = process.env;
  const { databaseUrl, dataSource } = connection;
  const problems = partsProblems(connection);
  if (problems.length > 0) throw commandErrors.AUDIT_CALL_INVALID.connection(problems);
  if (dataSource !== undefined) return addressOfDataSource(dataSource);
  if (hasParts(connection)) return secured(addressOfParts(connection), connection);
  const url = databaseUrl ?? (own === '' ? shared : own);
  if (databaseUrl === undefined && url === '') {
    const { PGHOST, PGDATABASE } = process.env;
    if (PGHOST && PGDATABASE) return secured(addressOfParts({}), connection);
    const embedded = embeddedUrl('ledger.url');
    return embedded === undefined ? undefined : addTls(embedded, connection);
  }
  if (isPostgresUrl(url)) return secured(url, connection);
  const source = own === '' ? 'DATABASE_URL' : 'AUDIT_DATABASE_URL';
  throw ledgerErrors.AUDIT_LEDGER_ADDRESS_INVALID.noAddress(databaseUrl === undefined ? source : '--database-url');
}

/** Completes an address with the TLS settings and the password that the PostgreSQL client does not find itself. */
export async function secured(url: string, connection: ConnectionOptions): Promise<string> {
  return addPassword(addTls(url, connection), connection.passwordFile);
}

function isNamed(connection: ConnectionOptions): boolean {
  return connection.databaseUrl !== undefined || connection.dataSource !== undefined || hasParts(connection);
}

function isEmbedded(): boolean {
  const { AUDIT_DATABASE_URL: own = '', DATABASE_URL: shared = '', PGHOST, PGDATABASE } = process.env;
  return own === '' && shared === '' && !(PGHOST && PGDATABASE);
}

function embeddedUrl(file: string): string | undefined {
  const { EMBEDDED_PG_DIR: dir = '' } = process.env;
  const path = join(dir === '' ? '.data/pg' : dir, file);
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
}

async function addressOfLedger(connectionUrl: string): Promise<string> {
  try {
    const schema = await LedgerSession.use(connectionUrl, MIGRATOR, LOOK_LIMITS, schemaApart);
    return schema === undefined ? connectionUrl : addressInSchema(connectionUrl, schema);
  } catch {
    return connectionUrl;
  }
}

/**
 * Returns the address of an application's ledger: from the options, else from the application's `connectionUrl`, else from the environment.
 * The data source has the lowest priority, because it may use another database than the ledger.
 */
export async function addressOfApplication(
  { dataSource, ...connection }: ConnectionOptions,
  options: { readonly connectionUrl?: string | undefined } | undefined,
): Promise<string | undefined> {
  if (!isNamed(connection) && options?.connectionUrl !== undefined) return options.connectionUrl;
  const url = await ledgerUrlIn(connection);
  return url ?? (dataSource === undefined ? url : ledgerUrlIn({ dataSource, schema: connection.schema }));
}

/** @param keys what the process records is signed with the first of these keys, which commas separate */
export function signRowsAt(url: string, keys: string | undefined): void {
  if (keys !== undefined) WRITER_KEYS.set(url, listOf(keys));
}

/**
 * Checks that the leader will believe what the process records. The command itself reports an unreachable ledger.
 *
 * @throws `AUDIT_WRITER_UNKNOWN`
 */
export async function checkRowsAt(url: string): Promise<void> {
  await LedgerSession.use(url, MIGRATOR, LOOK_LIMITS, checkWriter).catch((error: unknown) => {
    if (hasCode(error, 'AUDIT_WRITER_UNKNOWN')) throw error;
  });
}
