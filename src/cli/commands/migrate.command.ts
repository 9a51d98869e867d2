import { AUDIT_ROOMS, type AuditRoom } from '../../../migrations/audit-migrations.js';
import { roomsNamed } from '../../monitoring/store/schema/rooms-there.js';
import { migrateLedger, type MigratedLedger } from '../../monitoring/store/schema/migrate-ledger.js';
import { given } from '../connection/key-of-environment.js';
import { defineCommand } from '../define-command.js';
import { flag, text } from '../options.js';
import { ledgerUrl, NO_LEDGER, sequencerUrl } from '../connection/database-url.js';

const ONE_ROLE =
  'Warning: the application’s login owns the ledger. Anyone with this login can switch triggers off and change events; only verify ' +
  'detects this. Give --admin-url to have a separate owner.';

const ONE_LOGIN =
  'Warning: the application’s login adds events and also seals them. Anyone with this login can change waiting events, leaves and tiles; only ' +
  'verify detects this. Give --sequencer-url to have a separate login.';

export const command = defineCommand({
  name: 'migrate',
  usage: ['[<file>[#<export>]] [--admin-url <url>] [options]'],
  about: [
    'Sets up the ledger’s tables, or brings them up to date. Other tables of the database stay as they are. Each migration runs in its own transaction; the table audit_migration lists the completed ones. Several runs at once are safe.',
    'Without an administrator, the login that connects owns the tables. With an administrator, a role of its own, audit_owner_…, owns the ledger and cannot log in. The application’s login then only has the rights to write and read; the command creates this login if it is missing.',
    'The optional rooms (row changes, watch and JetStream) have their own tables. The command makes the tables of a room if the application of <file> imports it, or if --with names it, and updates existing ones. It reads the application’s modules in Nest’s preview mode, without starting the application.',
    'If TypeORM runs your application’s migrations, give TypeORM the result of auditMigrationsIn() of nestjs-audit-ledger/monitoring instead of running this command.',
  ],
  arguments: [
    [
      '[file]',
      'the built file of the root module, such as dist/app.module.js; #<export> names an export. The command also makes the tables of the rooms that this module imports',
    ],
  ],
  options: {
    adminUrl: text('<url>', 'a role that may create roles, for example a superuser; default: AUDIT_ADMIN_URL'),
    sequencerUrl: text(
      '<url>',
      'with an administrator: the ledger’s address with a separate login for sealing, retention and erasure. The command creates this login if it is missing. The application’s login may then only add and read events; default: AUDIT_SEQUENCER_URL',
    ),
    with: text('<rooms>', `also make the tables of these rooms: all, or any of ${AUDIT_ROOMS.join(',')}`),
    roles: flag(
      'with an administrator: create only the roles and the logins, before you restore a dump on another server',
    ),
    repair: flag('repair owners, grants, policies, triggers and functions, after a restore on another server'),
    dryRun: flag('run all statements, roll them back, and print them as a script for psql'),
  },
  connects: 'application',
  json: '"ran", "did", "statements", "rooms", "dryRun"',
  examples: [
    'dist/app.module.js',
    '--schema audit',
    '--with row-changes,watch',
    '--admin-url postgres://postgres@db.example.com/app --dry-run',
  ],
  exitCodes: '0 when the schema is up to date, 2 when it is not.',
  run: async ({ words: [target], options, connection, environment, progress, refuse }) => {
    const { repair, roles, dryRun, adminUrl = given(environment.AUDIT_ADMIN_URL) } = options;
    const hasAdmin = adminUrl !== undefined;
    if ((options.with ?? target) !== undefined && (repair || roles)) {
      refuse('<file> and --with cannot be combined with --repair or --roles');
    }
    const named = options.with === 'all' ? AUDIT_ROOMS : roomsNamed(options.with?.split(',') ?? []);
    const rooms = target === undefined ? named : [...new Set([...named, ...(await roomsOfApplication(target))])];
    if (roles && !hasAdmin) refuse('--roles needs --admin-url');
    if (options.sequencerUrl !== undefined && !hasAdmin) {
      refuse('--sequencer-url needs --admin-url');
    }
    const connectionUrl = ledgerUrl(connection) ?? refuse(NO_LEDGER);
    const sealer = hasAdmin ? (options.sequencerUrl ?? sequencerUrl()) : undefined;
    const { schema } = connection;
    const migrated = await migrateLedger({
      connectionUrl,
      repair,
      rolesOnly: roles,
      dryRun,
      with: rooms,
      ...(adminUrl === undefined ? {} : { adminUrl, sequencerUrl: sealer }),
      ...(schema === undefined ? {} : { schema }),
      onMigrated: (done, total) => progress.showParts(done, total, 'migrations'),
    });
    return {
      text: describe(migrated, { dryRun, repair, roles }),
      data: { ...migrated, dryRun },
      warnings: hasAdmin ? (sealer === undefined ? [ONE_LOGIN] : []) : [ONE_ROLE],
    };
  },
});

async function roomsOfApplication(target: string): Promise<readonly AuditRoom[]> {
  const { roomsOf, scanApplication } = await import('../scan-application.js');
  return roomsOf(await scanApplication(target));
}

type Wishes = Readonly<Record<'dryRun' | 'repair' | 'roles', boolean>>;

function describe(migrated: MigratedLedger, wishes: Wishes): string {
  const { rooms } = migrated;
  const lines = rooms.length > 0 ? rooms.join(', ') : `none; --with ${AUDIT_ROOMS.join(',')} makes their tables`;
  return `${whatHappened(migrated, wishes)}${wishes.roles ? '' : `${wishes.dryRun ? '-- ' : ''}Optional modules with tables: ${lines}.\n`}`;
}

function whatHappened({ ran, statements, did }: MigratedLedger, { dryRun, repair, roles }: Wishes): string {
  if (dryRun && statements.length > 0) return scriptOf(did, statements, ran);
  const lines = did.map((sentence) => `${sentence}\n`).join('');
  if (ran.length > 0) return `${lines}Migrated: ${ran.join(', ')}\n`;
  if (did.length > 0) return `${lines}${dryRun ? '-- Undone.\n' : ''}`;
  if (repair) return 'Nothing to repair.\n';
  return `Nothing to do: ${roles ? 'the roles exist' : 'the schema is up to date'}.\n`;
}

function scriptOf(did: readonly string[], statements: readonly string[], ran: readonly string[]): string {
  const lines = did.map((sentence) => `-- ${sentence}\n`).join('');
  const script = ['BEGIN', ...statements, 'COMMIT'].map((text) => `${text.trim().replace(/;$/, '')};`).join('\n\n');
  return `${lines}${script}\n\n-- Undone${ran.length === 0 ? '' : `: ${ran.join(', ')}`}. Nothing was changed.\n`;
}
