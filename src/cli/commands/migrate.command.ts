import { AUDIT_EXTENSIONS, type AuditExtension } from '../../../migrations/audit-migrations.js';
import { toExtensions } from '../../monitoring/store/schema/installed-extensions.js';
import { migrateLedger, type MigratedLedger } from '../../monitoring/store/schema/migrate-ledger.js';
import { emptyToUndefined } from '../connection/key-settings.js';
import { defineCommand } from '../define-command.js';
import { flagOption, textOption } from '../options.js';
import { getLedgerUrl, NO_LEDGER, getSequencerUrl } from '../connection/database-url.js';

const OWNER_LOGIN_WARNING =
  'Warning: the application’s login owns the ledger. Anyone with this login can switch triggers off and change events; only verify ' +
  'detects this. Give --admin-url to have a separate owner.';

const SHARED_LOGIN_WARNING =
  'Warning: the application’s login adds events and also seals them. Anyone with this login can change waiting events, leaves and tiles; only ' +
  'verify detects this. Give --sequencer-url to have a separate login.';

export const command = defineCommand({
  name: 'migrate',
  usage: ['[<file>[#<export>]] [--admin-url <url>] [options]'],
  about: [
    'Sets up the ledger’s tables, or brings them up to date. Other tables of the database stay as they are. Each migration runs in its own transaction; the table audit_migration lists the completed ones. Several runs at once are safe.',
    'Without an administrator, the login that connects owns the tables. With an administrator, a role of its own, audit_owner_…, owns the ledger and cannot log in. The application’s login then only has the rights to write and read; the command creates this login if it is missing.',
    'The optional extensions (row changes and JetStream) have their own tables. The command makes the tables of an extension if the application of <file> imports it, or if --with names it, and updates existing ones. It reads the application’s modules in Nest’s preview mode, without starting the application.',
    'If TypeORM runs your application’s migrations, give TypeORM the result of createAuditMigrations() of nestjs-audit-ledger/monitoring instead of running this command.',
  ],
  arguments: [
    [
      '[file]',
      'the built file of the root module, such as dist/app.module.js; #<export> names an export. The command also makes the tables of the extensions that this module imports',
    ],
  ],
  options: {
    adminUrl: textOption('<url>', 'a role that may create roles, for example a superuser; default: AUDIT_ADMIN_URL'),
    sequencerUrl: textOption(
      '<url>',
      'with an administrator: the ledger’s address with a separate login for sealing, retention and erasure. The command creates this login if it is missing. The application’s login may then only add and read events; default: AUDIT_SEQUENCER_URL',
    ),
    with: textOption(
      '<extensions>',
      `also make the tables of these extensions: all, or any of ${AUDIT_EXTENSIONS.join(',')}`,
    ),
    roles: flagOption(
      'with an administrator: create only the roles and the logins, before you restore a dump on another server',
    ),
    repair: flagOption('repair owners, grants, policies, triggers and functions, after a restore on another server'),
    dryRun: flagOption('run all statements, roll them back, and print them as a script for psql'),
  },
  connects: 'application',
  json: '"ran", "did", "statements", "extensions", "dryRun"',
  examples: [
    'dist/app.module.js',
    '--schema audit',
    '--with row-changes,jetstream',
    '--admin-url postgres://postgres@db.example.com/app --dry-run',
  ],
  exitCodes: '0 when the schema is up to date, 2 when it is not.',
  run: async ({ words: [target], options, connection, environment, progress, refuse }) => {
    const { repair, roles, dryRun, adminUrl = emptyToUndefined(environment.AUDIT_ADMIN_URL) } = options;
    const hasAdmin = adminUrl !== undefined;
    if ((options.with ?? target) !== undefined && (repair || roles)) {
      refuse('<file> and --with cannot be combined with --repair or --roles');
    }
    const named = options.with === 'all' ? AUDIT_EXTENSIONS : toExtensions(options.with?.split(',') ?? []);
    const extensions =
      target === undefined ? named : [...new Set([...named, ...(await listApplicationExtensions(target))])];
    if (roles && !hasAdmin) refuse('--roles needs --admin-url');
    if (options.sequencerUrl !== undefined && !hasAdmin) {
      refuse('--sequencer-url needs --admin-url');
    }
    const connectionUrl = getLedgerUrl(connection) ?? refuse(NO_LEDGER);
    const sealer = hasAdmin ? (options.sequencerUrl ?? getSequencerUrl()) : undefined;
    const { schema } = connection;
    const migrated = await migrateLedger({
      connectionUrl,
      repair,
      rolesOnly: roles,
      dryRun,
      with: extensions,
      ...(adminUrl === undefined ? {} : { adminUrl, sequencerUrl: sealer }),
      ...(schema === undefined ? {} : { schema }),
      onMigrated: (done, total) => progress.showParts(done, total, 'migrations'),
    });
    return {
      text: describe(migrated, { dryRun, repair, roles }),
      data: { ...migrated, dryRun },
      warnings: hasAdmin ? (sealer === undefined ? [SHARED_LOGIN_WARNING] : []) : [OWNER_LOGIN_WARNING],
    };
  },
});

async function listApplicationExtensions(target: string): Promise<readonly AuditExtension[]> {
  const { listExtensions, scanApplication } = await import('../scan-application.js');
  return listExtensions(await scanApplication(target));
}

type MigrateOptions = Readonly<Record<'dryRun' | 'repair' | 'roles', boolean>>;

function describe(migrated: MigratedLedger, request: MigrateOptions): string {
  const { extensions } = migrated;
  const lines =
    extensions.length > 0 ? extensions.join(', ') : `none; --with ${AUDIT_EXTENSIONS.join(',')} makes their tables`;
  return `${summarizeMigration(migrated, request)}${request.roles ? '' : `${request.dryRun ? '-- ' : ''}Optional modules with tables: ${lines}.\n`}`;
}

function summarizeMigration(
  { ran, statements, did }: MigratedLedger,
  { dryRun, repair, roles }: MigrateOptions,
): string {
  if (dryRun && statements.length > 0) return formatScript(did, statements, ran);
  const lines = did.map((message) => `${message}\n`).join('');
  if (ran.length > 0) return `${lines}Migrated: ${ran.join(', ')}\n`;
  if (did.length > 0) return `${lines}${dryRun ? '-- Undone.\n' : ''}`;
  if (repair) return 'Nothing to repair.\n';
  return `Nothing to do: ${roles ? 'the roles exist' : 'the schema is up to date'}.\n`;
}

function formatScript(did: readonly string[], statements: readonly string[], ran: readonly string[]): string {
  const lines = did.map((message) => `-- ${message}\n`).join('');
  const script = ['BEGIN', ...statements, 'COMMIT'].map((text) => `${text.trim().replace(/;$/, '')};`).join('\n\n');
  return `${lines}${script}\n\n-- Undone${ran.length === 0 ? '' : `: ${ran.join(', ')}`}. Nothing was changed.\n`;
}
