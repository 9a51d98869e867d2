import type { Application } from './find-application.js';

const LOAD_ENV = `
// Reads .env, as the command nestjs-audit-ledger does. Variables that are already set win.
if (existsSync('.env')) {
  const file = parseEnv(readFileSync('.env', 'utf8'));
  Object.assign(process.env, { ...file, ...process.env });
}
`;

/** Returns the file with the options. @param ending the ending of the application's relative imports */
export function optionsFile({ readsEnv, knowsParseEnv }: Application, ending: string): string {
  const loads = !readsEnv && knowsParseEnv;
  return `${loads ? "import { existsSync, readFileSync } from 'node:fs';\nimport { parseEnv } from 'node:util';\n" : ''}import type { AuditModuleOptions } from 'nestjs-audit-ledger';
import type { MonitoringOptions } from 'nestjs-audit-ledger/monitoring';
import { accessOf } from './access-of${ending}';
${loads ? LOAD_ENV : ''}
/** How events are recorded. All options: docs/reference/options.md in the repository of nestjs-audit-ledger. */
export function auditOptions(): AuditModuleOptions {
  return {
    // Where events wait while the database is down. Both are required in production.
    spillDir: process.env.AUDIT_SPILL_DIR,
    spillKey: process.env.AUDIT_SPILL_KEY,
  };
}

/** Where the ledger is, how it is signed, and who may read it. */
export function ledgerOptions(): MonitoringOptions {
  return {
    connectionUrl:
      process.env.AUDIT_DATABASE_URL || process.env.DATABASE_URL || '',
    sequencerUrl: process.env.AUDIT_SEQUENCER_URL,
    schema: 'audit',
    // Both are part of every proof: choose them before the first event that counts. The file is required in production.
    signingKeyFile: process.env.AUDIT_SIGNING_KEY_FILE,
    origin: process.env.AUDIT_LEDGER_ORIGIN,
    authorize: accessOf,
  };
}
`;
}

export const ACCESS_FILE = `import type { LedgerAccess } from 'nestjs-audit-ledger/monitoring';

/**
 * Who may see what of the ledger over HTTP: nobody, until you change this. Take the request as parameter, and return for example
 * { scope: 'all' } for an auditor, { scope: 'tenants', tenantIds } for a customer's administrator, or
 * { scope: 'subject', subjectId } for a person who reads about themselves. The request has been through your global guards.
 */
export function accessOf(): LedgerAccess | false {
  return false;
}
`;
