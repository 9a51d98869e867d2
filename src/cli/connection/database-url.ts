import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  addressInSchema,
  addressLike,
  isPostgresUrl,
  isSchemaName,
} from '../../monitoring/store/sessions/ledger-address.js';
import type { ConnectionOptions } from '../options.js';
import type { CommandEnvironment } from './key-of-environment.js';
import { inboxKeysOf, writerKeysOf } from './writer-keys-of.js';
import { MIGRATOR } from '../../monitoring/store/ledger-roles.js';
import { checkWriter } from '../../monitoring/inbox/known-writers.js';
import { WRITERS } from '../../monitoring/store/sessions/ledger-client.js';
import { useSession } from '../../monitoring/store/sessions/use-session.js';
import { LOOK_LIMITS } from '../../monitoring/store/sessions/session-limits.js';
import { schemaApart } from '../../monitoring/store/schema/run-next-migration.js';
import { ledgerErrors } from '../../monitoring/errors/ledger.errors.js';
import { hasCode } from '../../audit/nest-free.js';

/** The problem to report if {@link ledgerUrl} finds no address. */
export const NO_LEDGER =
  'no ledger is named: give --database-url, or set AUDIT_DATABASE_URL, DATABASE_URL, or PGHOST and PGDATABASE, in the environment or in .env';

/**
 * Returns the ledger's address with a schema: the given schema, else the schema in which the connection finds the ledger.
 *
 * @throws `AUDIT_LEDGER_ADDRESS_INVALID`
 */
export async function ledgerUrlIn(connection: ConnectionOptions): Promise<string | undefined> {
  return inSchema(ledgerUrl(connection), connection);
}

/**
 * Returns the address for the login that seals, retires and erases. Prefers an address in the options, then `AUDIT_SEQUENCER_URL`, then the
 * result of {@link ledgerUrlIn}.
 *
 * @throws `AUDIT_LEDGER_ADDRESS_INVALID`
 */
export async function sequencerUrlIn(connection: ConnectionOptions): Promise<string | undefined> {
  const sealer = connection.databaseUrl === undefined ? sequencerUrl() : undefined;
  return inSchema(sealer ?? ledgerUrl(connection), connection);
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
export function sequencerUrl(): string | undefined {
  const { AUDIT_SEQUENCER_URL: url = '' } = process.env;
  if (url === '') return isEmbedded() ? embeddedUrl('sequencer.url') : undefined;
  if (!isPostgresUrl(url)) throw ledgerErrors.AUDIT_LEDGER_ADDRESS_INVALID.noAddress('AUDIT_SEQUENCER_URL');
  const ledger = ledgerUrl({});
  return ledger === undefined ? url : addressLike(url, ledger);
}

/**
 * Returns the address for reads: the replica in `given`, else the primary. Without `given`, `AUDIT_READ_URL` names the replica, unless an
 * option names the ledger.
 *
 * @param given the option `--read-url`
 * @param ledger the primary's address, with its schema
 * @throws `AUDIT_LEDGER_ADDRESS_INVALID`
 */
export function readUrl(given: string | undefined, { databaseUrl }: ConnectionOptions, ledger: string): string {
  const { AUDIT_READ_URL: own = '' } = process.env;
  const url = given ?? (databaseUrl !== undefined || own === '' ? undefined : own);
  if (url === undefined) return ledger;
  if (!isPostgresUrl(url))
    throw ledgerErrors.AUDIT_LEDGER_ADDRESS_INVALID.noAddress(given === undefined ? 'AUDIT_READ_URL' : '--read-url');
  return addressLike(url, ledger);
}

/**
 * Returns the ledger's address: from the option, else from `AUDIT_DATABASE_URL`, `DATABASE_URL`, or psql's `PGHOST` and `PGDATABASE`. The
 * client pg itself reads psql's other variables and `~/.pgpass`.
 *
 * @throws `AUDIT_LEDGER_ADDRESS_INVALID`
 */
export function ledgerUrl({ databaseUrl }: ConnectionOptions): string | undefined {
  const { AUDIT_DATABASE_URL: own = '', DATABASE_URL: shared = '' } = process.env;
  const url = databaseUrl ?? (own === '' ? shared : own);
  if (databaseUrl === undefined && url === '') return addressOfVariables() ?? embeddedUrl('ledger.url');
  if (isPostgresUrl(url)) return url;
  const source = own === '' ? 'DATABASE_URL' : 'AUDIT_DATABASE_URL';
  throw ledgerErrors.AUDIT_LEDGER_ADDRESS_INVALID.noAddress(databaseUrl === undefined ? source : '--database-url');
}

function addressOfVariables(): string | undefined {
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

function embeddedUrl(file: string): string | undefined {
  const { EMBEDDED_PG_DIR: dir = '' } = process.env;
  const path = join(dir === '' ? '.data/pg' : dir, file);
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
}

async function addressOfLedger(connectionUrl: string): Promise<string> {
  try {
    const schema = await useSession(connectionUrl, MIGRATOR, LOOK_LIMITS, schemaApart);
    return schema === undefined ? connectionUrl : addressInSchema(connectionUrl, schema);
  } catch {
    return connectionUrl;
  }
}

/** Returns the address of an application's ledger: from the options, else from the application's `connectionUrl`, else from the environment. */
export async function addressOfApplication(
  connection: ConnectionOptions,
  options: { readonly connectionUrl?: string | undefined } | undefined,
): Promise<string | undefined> {
  return (connection.databaseUrl === undefined ? options?.connectionUrl : undefined) ?? ledgerUrlIn(connection);
}

/** Lets the process sign what it records with the application's key, if there is one. */
export function signRowsAt(url: string, environment: CommandEnvironment): void {
  if (writerKeysOf(environment).problem === undefined) WRITERS.set(url, inboxKeysOf(environment));
}

/**
 * Checks that the ledger accepts what the process records. The command itself reports an unreachable ledger.
 *
 * @throws `AUDIT_WRITER_UNKNOWN`
 */
export async function checkRowsAt(url: string): Promise<void> {
  await useSession(url, MIGRATOR, LOOK_LIMITS, checkWriter).catch((error: unknown) => {
    if (hasCode(error, 'AUDIT_WRITER_UNKNOWN')) throw error;
  });
}
