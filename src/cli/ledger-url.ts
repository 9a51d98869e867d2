import { existsSync } from 'node:fs';

/** Where the ledger is: as it was given, or as the application finds it, also by the file `.env`. */
export function ledgerUrl(given: string | undefined): string | undefined {
  if (given !== undefined) return given;
  if (existsSync('.env')) process.loadEnvFile('.env');
  const { AUDIT_DATABASE_URL: own = '', DATABASE_URL: shared = '' } = process.env;
  const url = own === '' ? shared : own;
  return url === '' ? undefined : url;
}
