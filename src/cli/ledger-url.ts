import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LedgerAddressError } from '../modules/monitoring/errors/ledger-address.error.js';
import {
  addressInSchema,
  addressLike,
  isPostgresUrl,
  isSchemaName,
} from '../modules/monitoring/store/ledger-address.js';
import { addressOfLedger } from './find-schema.js';

/**
 * Where the ledger is, in the schema that is named, or else that it is found in: {@link ledgerUrl}, {@link addressOfLedger}.
 *
 * @throws LedgerAddressError (`AUDIT_LEDGER_ADDRESS_INVALID`)
 */
export async function ledgerUrlIn(schema: string | undefined, given: string | undefined): Promise<string | undefined> {
  const url = ledgerUrl(given);
  if (schema !== undefined && !isSchemaName(schema)) throw LedgerAddressError.noSchema();
  if (url === undefined) return url;
  return schema === undefined ? addressOfLedger(url) : addressInSchema(url, schema);
}

/**
 * The same as the login that seals, retires and erases: as it was given, or by `AUDIT_SEQUENCER_URL`; else {@link ledgerUrlIn}.
 *
 * @throws LedgerAddressError (`AUDIT_LEDGER_ADDRESS_INVALID`)
 */
export async function sequencerUrlIn(
  schema: string | undefined,
  given: string | undefined,
): Promise<string | undefined> {
  return ledgerUrlIn(schema, given ?? sequencerUrl());
}

/**
 * What `AUDIT_SEQUENCER_URL` says, if anything.
 *
 * @throws LedgerAddressError (`AUDIT_LEDGER_ADDRESS_INVALID`)
 */
export function sequencerUrl(): string | undefined {
  const { AUDIT_SEQUENCER_URL: url = '' } = process.env;
  if (url === '') return isEmbedded() ? embeddedUrl('sequencer.url') : undefined;
  if (!isPostgresUrl(url)) throw LedgerAddressError.noAddress('AUDIT_SEQUENCER_URL');
  const ledger = ledgerUrl(undefined);
  return ledger === undefined ? url : addressLike(url, ledger);
}

/**
 * Where the ledger is: as it was given, or as the application finds it; else as psql finds it, by `PGHOST` and `PGDATABASE`.
 *
 * @throws LedgerAddressError (`AUDIT_LEDGER_ADDRESS_INVALID`), also for an empty one that was given: the client would go to a
 * server of its own choice
 */
export function ledgerUrl(given: string | undefined): string | undefined {
  const { AUDIT_DATABASE_URL: own = '', DATABASE_URL: shared = '' } = process.env;
  const url = given ?? (own === '' ? shared : own);
  if (given === undefined && url === '') return urlOfVariables(process.env) ?? embeddedUrl('ledger.url');
  if (isPostgresUrl(url)) return url;
  const source = own === '' ? 'DATABASE_URL' : 'AUDIT_DATABASE_URL';
  throw LedgerAddressError.noAddress(given === undefined ? source : '--database-url');
}

/** Whether nothing else says where the ledger is. */
function isEmbedded(): boolean {
  const { AUDIT_DATABASE_URL: own = '', DATABASE_URL: shared = '' } = process.env;
  return own === '' && shared === '' && urlOfVariables(process.env) === undefined;
}

/** Where the embedded server of the reference application noted its ledger, in a checkout. */
function embeddedUrl(file: string): string | undefined {
  const { EMBEDDED_PG_DIR: dir = '' } = process.env;
  const path = join(dir === '' ? '.data/pg' : dir, file);
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
}

/** By libpq's variables, where they name a host and a database. The client reads the others, such as `PGPASSWORD` and `PGSSLMODE`, by itself. */
function urlOfVariables({ PGHOST, PGPORT, PGUSER, PGDATABASE }: NodeJS.ProcessEnv): string | undefined {
  if (!PGHOST || !PGDATABASE) return undefined;
  const url = new URL('postgres://localhost');
  url.searchParams.set('host', PGHOST); // an address, or the folder of a socket
  url.username = encodeURIComponent(PGUSER ?? '');
  url.port = PGPORT ?? '';
  url.pathname = PGDATABASE;
  return url.href;
}
