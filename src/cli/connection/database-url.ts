import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  addressInSchema,
  addressLike,
  isPostgresUrl,
  isSchemaName,
} from '../../monitoring/store/sessions/ledger-address.js';
import type { ConnectionOptions } from '../options.js';
import type { CommandEnvironment } from './key-settings.js';
import { readInboxKeys, readWriterKeys } from './writer-keys.js';
import { MIGRATOR } from '../../monitoring/store/ledger-roles.js';
import { checkWriter } from '../../monitoring/inbox/known-writers.js';
import { WRITERS } from '../../monitoring/store/sessions/ledger-client.js';
import { useSession } from '../../monitoring/store/sessions/use-session.js';
import { PROBE_LIMITS } from '../../monitoring/store/sessions/session-limits.js';
import { findSeparateSchema } from '../../monitoring/store/schema/run-next-migration.js';
import { ledgerErrors } from '../../monitoring/errors/ledger.errors.js';
import { hasCode } from '../../audit/nest-free.js';

/** The problem to report if {@link getLedgerUrl} finds no address. */
export const NO_LEDGER =
  'no ledger is named: give --database-url, or set AUDIT_DATABASE_URL, DATABASE_URL, or PGHOST and PGDATABASE, in the environment or in .env';

/**
 * Returns the ledger's address with a schema: the given schema, else the schema in which the connection finds the ledger.
 *
 * @throws `AUDIT_LEDGER_ADDRESS_INVALID`
 */
export async function resolveLedgerUrl(connection: ConnectionOptions): Promise<string | undefined> {
  return addSchema(getLedgerUrl(connection), connection);
}

/**
 * Returns the address for the login that seals, retires and erases. Prefers an address in the options, then `AUDIT_SEQUENCER_URL`, then the
 * result of {@link resolveLedgerUrl}.
 *
 * @throws `AUDIT_LEDGER_ADDRESS_INVALID`
 */
export async function resolveSequencerUrl(connection: ConnectionOptions): Promise<string | undefined> {
  const sealer = connection.databaseUrl === undefined ? getSequencerUrl() : undefined;
  return addSchema(sealer ?? getLedgerUrl(connection), connection);
}

async function addSchema(url: string | undefined, { schema }: ConnectionOptions): Promise<string | undefined> {
  if (schema !== undefined && !isSchemaName(schema)) throw ledgerErrors.AUDIT_LEDGER_ADDRESS_INVALID.noSchema();
  if (url === undefined) return url;
  return schema === undefined ? describeLedgerAddress(url) : addressInSchema(url, schema);
}

/**
 * Returns the address in `AUDIT_SEQUENCER_URL`, else the address in the embedded server's file, if any.
 *
 * @throws `AUDIT_LEDGER_ADDRESS_INVALID`
 */
export function getSequencerUrl(): string | undefined {
  const { AUDIT_SEQUENCER_URL: url = '' } = process.env;
  if (url === '') return isEmbedded() ? getEmbeddedUrl('sequencer.url') : undefined;
  if (!isPostgresUrl(url)) throw ledgerErrors.AUDIT_LEDGER_ADDRESS_INVALID.noAddress('AUDIT_SEQUENCER_URL');
  const ledger = getLedgerUrl({});
  return ledger === undefined ? url : addressLike(url, ledger);
}

/**
 * Returns the address for reads: the replica in `input`, else the primary. Without `input`, `AUDIT_READ_URL` names the replica, unless an
 * option names the ledger.
 *
 * @param input the option `--read-url`
 * @param ledger the primary's address, with its schema
 * @throws `AUDIT_LEDGER_ADDRESS_INVALID`
 */
export function readUrl(input: string | undefined, { databaseUrl }: ConnectionOptions, ledger: string): string {
  const { AUDIT_READ_URL: own = '' } = process.env;
  const url = input ?? (databaseUrl !== undefined || own === '' ? undefined : own);
  if (url === undefined) return ledger;
  if (!isPostgresUrl(url))
    throw ledgerErrors.AUDIT_LEDGER_ADDRESS_INVALID.noAddress(input === undefined ? 'AUDIT_READ_URL' : '--read-url');
  return addressLike(url, ledger);
}

/**
 * Returns the ledger's address: from the option, else from `AUDIT_DATABASE_URL`, `DATABASE_URL`, or psql's `PGHOST` and `PGDATABASE`. The
 * client pg itself reads psql's other variables and `~/.pgpass`.
 *
 * @throws `AUDIT_LEDGER_ADDRESS_INVALID`
 */
export function getLedgerUrl({ databaseUrl }: ConnectionOptions): string | undefined {
  const { AUDIT_DATABASE_URL: own = '', DATABASE_URL: shared = '' } = process.env;
  const url = databaseUrl ?? (own === '' ? shared : own);
  if (databaseUrl === undefined && url === '') return getUrlFromVariables() ?? getEmbeddedUrl('ledger.url');
  if (isPostgresUrl(url)) return url;
  const source = own === '' ? 'DATABASE_URL' : 'AUDIT_DATABASE_URL';
  throw ledgerErrors.AUDIT_LEDGER_ADDRESS_INVALID.noAddress(databaseUrl === undefined ? source : '--database-url');
}

function getUrlFromVariables(): string | undefined {
  const { PGHOST, PGPORT = '', PGUSER = '', PGDATABASE } = process.env;
  if (!PGHOST || !PGDATABASE) return undefined;
  const url = new URL('postgres://localhost');
  url.searchParams.set('host', PGHOST); // a host name, or the folder of a Unix socket
  return Object.assign(url, {
    ...{ username: encodeURIComponent(PGUSER), port: PGPORT, pathname: encodeURIComponent(PGDATABASE) },
  }).href;
}

function isEmbedded(): boolean {
  const { AUDIT_DATABASE_URL: own = '', DATABASE_URL: shared = '', PGHOST, PGDATABASE } = process.env;
  return own === '' && shared === '' && !(PGHOST && PGDATABASE);
}

function getEmbeddedUrl(file: string): string | undefined {
  const { EMBEDDED_PG_DIR: dir = '' } = process.env;
  const path = join(dir === '' ? '.data/pg' : dir, file);
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
}

async function describeLedgerAddress(connectionUrl: string): Promise<string> {
  try {
    const schema = await useSession(connectionUrl, MIGRATOR, PROBE_LIMITS, findSeparateSchema);
    return schema === undefined ? connectionUrl : addressInSchema(connectionUrl, schema);
  } catch {
    return connectionUrl;
  }
}

/** Returns the address of an application's ledger: from the options, else from the application's `connectionUrl`, else from the environment. */
export async function resolveApplicationUrl(
  connection: ConnectionOptions,
  options: { readonly connectionUrl?: string | undefined } | undefined,
): Promise<string | undefined> {
  return (connection.databaseUrl === undefined ? options?.connectionUrl : undefined) ?? resolveLedgerUrl(connection);
}

/** Lets the process sign what it records with the application's key, if there is one. */
export function configureRowSigning(url: string, environment: CommandEnvironment): void {
  if (readWriterKeys(environment).problem === undefined) WRITERS.set(url, readInboxKeys(environment));
}

/**
 * Checks that the ledger accepts what the process records. The command itself reports an unreachable ledger.
 *
 * @throws `AUDIT_WRITER_UNKNOWN`
 */
export async function configureRowChecks(url: string): Promise<void> {
  await useSession(url, MIGRATOR, PROBE_LIMITS, checkWriter).catch((error: unknown) => {
    if (hasCode(error, 'AUDIT_WRITER_UNKNOWN')) throw error;
  });
}
