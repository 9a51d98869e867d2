import { migrateLedger, type MigratedLedger } from '../modules/monitoring/store/schema/migrate-ledger.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { ledgerUrl, sequencerUrl } from './ledger-url.js';
import { NO_LEDGER, refuseCall } from './refuse-call.js';
import { errorSentence } from './file-sentence.js';
import { parseCall } from './parse-call.js';

const HELP = `Usage: nestjs-audit-ledger migrate [--admin-url <url>] [--database-url <url>] [--sequencer-url <url>] [options]

Sets up the ledger's tables, or brings them up to date. Other tables of the database stay as they are. Each migration runs in its own
transaction; the table audit_migration lists those that ran. You may run the command several times at once.

  --admin-url     a role that may create roles, for example a superuser. The ledger then belongs to the role audit_owner, which cannot
                  log in. The login of --database-url gets the rights to write and read, never the owner's; the command creates
                  it if it is missing
  --database-url  the database, as the application's login; default: AUDIT_DATABASE_URL or DATABASE_URL, in the environment
                  or the file .env; else as psql finds it, by PGHOST, PGDATABASE and others. Without --admin-url, this login
                  owns the tables
  --sequencer-url with --admin-url, a login of its own for sealing, retention and erasure; the command creates it if it is
                  missing. The login of --database-url may then only add and read events; default: AUDIT_SEQUENCER_URL
  --schema        the database schema, created if it is missing; default: audit with --admin-url, else the connection's
                  current schema
  --roles         with --admin-url, create only the roles and the logins: before you restore a dump on another server
  --repair        restore owners, grants, policies, triggers and functions: after a restore on another server
  --dry-run       try all of it, roll it back, and print it as a script for psql
  --help          print this

If TypeORM runs your application's migrations, give it AUDIT_MIGRATIONS of nestjs-audit-ledger/monitoring instead.

Examples:
  nestjs-audit-ledger migrate --schema audit
  nestjs-audit-ledger migrate --admin-url postgresql://postgres@db/app --database-url postgresql://app@db/app --dry-run

Exit code: 0 when the schema is up to date, 2 when it is not.
`;

const ONE_ROLE =
  'Warning: the login of the application owns the ledger, so that anyone with this login can switch triggers off and change events: ' +
  'only verify then names that. Give --admin-url to keep the owner apart.';

const ONE_LOGIN =
  'Warning: the login of the application adds events and also seals them, so that anyone with this login can change the queue, leaves and ' +
  'tiles: only verify then names that. Give --sequencer-url to keep the two apart.';

/** `nestjs-audit-ledger migrate`. Never rejects. */
export async function runMigrate(args: readonly string[]): Promise<CommandResult> {
  try {
    const { values } = parseCall('migrate', {
      args: [...args],
      options: {
        'database-url': { type: 'string' },
        schema: { type: 'string' },
        'admin-url': { type: 'string' },
        'sequencer-url': { type: 'string' },
        roles: { type: 'boolean', default: false },
        repair: { type: 'boolean', default: false },
        'dry-run': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { exitCode: EXIT_CODES.fine, output: HELP };
    const connectionUrl = ledgerUrl(values['database-url']);
    if (connectionUrl === undefined) return refuseCall('migrate', [NO_LEDGER]);
    const { schema, repair, roles, 'dry-run': dryRun, 'admin-url': adminUrl } = values;
    if (roles && adminUrl === undefined) return refuseCall('migrate', ['--roles needs --admin-url']);
    if (values['sequencer-url'] !== undefined && adminUrl === undefined) {
      return refuseCall('migrate', ['--sequencer-url needs --admin-url']);
    }
    const sealer = values['sequencer-url'] ?? sequencerUrl();
    const migrated = await migrateLedger({
      connectionUrl,
      repair,
      rolesOnly: roles,
      dryRun,
      ...(adminUrl === undefined ? {} : { adminUrl, sequencerUrl: sealer }),
      ...(schema === undefined ? {} : { schema }),
    });
    return {
      exitCode: EXIT_CODES.fine,
      output: describe(migrated, { dryRun, repair, roles }),
      ...warn(adminUrl, sealer),
    };
  } catch (error) {
    return { exitCode: EXIT_CODES.notChecked, errors: `${errorSentence(error)}\n` };
  }
}

function warn(adminUrl: string | undefined, sealer: string | undefined): { errors?: string } {
  if (adminUrl === undefined) return { errors: `${ONE_ROLE}\n` };
  return sealer === undefined ? { errors: `${ONE_LOGIN}\n` } : {};
}

type Wishes = Readonly<Record<'dryRun' | 'repair' | 'roles', boolean>>;

function describe({ ran, statements, did }: MigratedLedger, { dryRun, repair, roles }: Wishes): string {
  if (dryRun && statements.length > 0) return scriptOf(did, statements, ran);
  const told = did.map((sentence) => `${sentence}\n`).join('');
  if (ran.length > 0) return `${told}Migrated: ${ran.join(', ')}\n`;
  if (did.length > 0) return `${told}${dryRun ? '-- Undone.\n' : ''}`;
  if (repair) return 'Nothing to repair.\n';
  return `Nothing to do: ${roles ? 'the roles are there' : 'the schema is up to date'}.\n`;
}

/** What psql can run. */
function scriptOf(did: readonly string[], statements: readonly string[], ran: readonly string[]): string {
  const told = did.map((sentence) => `-- ${sentence}\n`).join('');
  const script = ['BEGIN', ...statements, 'COMMIT'].map((text) => `${text.trim().replace(/;$/, '')};`).join('\n\n');
  return `${told}${script}\n\n-- Undone${ran.length === 0 ? '' : `: ${ran.join(', ')}`}. Nothing was changed.\n`;
}
