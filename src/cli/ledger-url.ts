import { existsSync } from 'node:fs';
import { LedgerUnavailableError } from '../modules/monitoring/errors/ledger-unavailable.error.js';
import { addressInSchema } from '../modules/monitoring/ledger/ledger-address.js';

/** Where the ledger is, in a schema of its own if one is named: {@link ledgerUrl}. */
export function ledgerUrlIn(schema: string | undefined, given: string | undefined): string | undefined {
  const url = ledgerUrl(given);
  return url === undefined || schema === undefined ? url : addressInSchema(url, schema);
}

/**
 * Where the ledger is: as it was given, or as the application finds it, also by the file `.env`; which is loaded in any case,
 * for the other variables that the application has.
 *
 * @throws LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`) for what is no PostgreSQL URL, which is not repeated: it may hold a password
 */
export function ledgerUrl(given: string | undefined): string | undefined {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const { AUDIT_DATABASE_URL: own = '', DATABASE_URL: shared = '' } = process.env;
  const url = given ?? (own === '' ? shared : own);
  if (given === undefined && url === '') return undefined;
  if (/^postgres(ql)?:\/\//i.test(url) && URL.canParse(url)) return url;
  throw LedgerUnavailableError.create(
    'its address is no PostgreSQL URL',
    'Write it as postgresql://<user>:<password>@<host>:<port>/<database>, with what is special in a password percent-encoded',
  );
}
