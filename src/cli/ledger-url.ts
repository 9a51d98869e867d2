import { existsSync } from 'node:fs';
import { addressInSchema } from '../modules/monitoring/ledger/ledger-address.js';

/** Where the ledger is, in a schema of its own if one is named: {@link ledgerUrl}. */
export function ledgerUrlIn(schema: string | undefined, given: string | undefined): string | undefined {
  const url = ledgerUrl(given);
  return url === undefined || schema === undefined ? url : addressInSchema(url, schema);
}

/**
 * Where the ledger is: as it was given, or as the application finds it, also by the file `.env`; which is loaded in any case,
 * for the other variables that the application has.
 */
export function ledgerUrl(given: string | undefined): string | undefined {
  if (existsSync('.env')) process.loadEnvFile('.env');
  if (given !== undefined) return given;
  const { AUDIT_DATABASE_URL: own = '', DATABASE_URL: shared = '' } = process.env;
  const url = own === '' ? shared : own;
  return url === '' ? undefined : url;
}
