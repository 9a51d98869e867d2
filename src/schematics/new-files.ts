import type { Application } from './find-application.js';

const LOAD_ENV = `
// Reads .env, like the command nestjs-audit-ledger. Variables that are already set have precedence.
if (existsSync('.env')) {
  const file = parseEnv(readFileSync('.env', 'utf8'));
  Object.assign(process.env, { ...file, ...process.env });
}
`;

/** Returns the text of the file with the options. @param ending the ending that the application uses in relative imports */
export function renderOptionsFile({ readsEnv, hasParseEnv }: Application, ending: string): string {
  const loads = !readsEnv && hasParseEnv;
  return `${loads ? "import { existsSync, readFileSync } from 'node:fs';\nimport { parseEnv } from 'node:util';\n" : ''}import type { AuditModuleOptions } from 'nestjs-audit-ledger';
import type { MonitoringOptions } from 'nestjs-audit-ledger/monitoring';
import { resolveAccess } from './resolve-access${ending}';
${loads ? LOAD_ENV : ''}
/** The options for recording events. All options: docs/reference/options.md in the repository of nestjs-audit-ledger. */
export function auditOptions(): AuditModuleOptions {
  return {
    // The folder for events while the database is down, and the key that signs what is recorded. Both are required in production.
    spillDir: process.env.AUDIT_SPILL_DIR,
    writerKey: process.env.AUDIT_WRITER_KEY,
  };
}

/** The options of the ledger: its address, its key, and who may read it. */
export function ledgerOptions(): MonitoringOptions {
  return {
    connectionUrl:
      process.env.AUDIT_DATABASE_URL || process.env.DATABASE_URL || '',
    sequencerUrl: process.env.AUDIT_SEQUENCER_URL,
    schema: 'audit',
    // Every proof depends on the key and the origin: choose both values before the first event that counts. The key file is required in
    // production.
    signingKeyFile: process.env.AUDIT_SIGNING_KEY_FILE,
    origin: process.env.AUDIT_LEDGER_ORIGIN,
    authorize: resolveAccess,
  };
}
`;
}

/** Returns the text of the file that exports pg's classes. */
export function renderPgFile({ modules }: Application): string {
  const imported = modules === 'CommonJS' ? '* as pg' : 'pg';
  return `import { existsSync } from 'node:fs';
import { auditedPg } from 'nestjs-audit-ledger';
import ${imported} from 'pg';

const keyFile = '.data/context.key';

/**
 * pg's classes, which send the actor of a request along with what it writes, so that row changes are recorded with this actor. Without a
 * key, they are pg's own classes. Make the key: npx nestjs-audit-ledger capture context-key add 2026 --key-file .data/context.key
 */
const { Client, Pool } = auditedPg(pg, {
  keyFile,
  enabled: existsSync(keyFile),
});
type Client = pg.Client;
type Pool = pg.Pool;

export { Client, Pool };
`;
}

export const ACCESS_FILE = `import type { LedgerAccess } from 'nestjs-audit-ledger/monitoring';

/**
 * Decides who may read the ledger over HTTP and in the viewer. Until you change this function, only requests from this computer may, with
 * NODE_ENV=development. Your global guards have accepted the request. Return for example { scope: 'all' } for an auditor, { scope: 'tenants',
 * tenantIds } for a customer's administrator, or { scope: 'subject', subjectId } for a person's own events.
 */
export function resolveAccess(request: { ip?: string }): LedgerAccess | false {
  const isOwn = /^(::1|(::ffff:)?127\\.)/.test(request.ip ?? '');
  return process.env.NODE_ENV === 'development' && isOwn
    ? { scope: 'all' }
    : false;
}
`;
