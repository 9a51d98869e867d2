import { parseArgs } from 'node:util';
import { errorMessage } from '../audit/index.js';
import { migrateLedger } from '../modules/monitoring/schema/index.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { ledgerUrl } from './ledger-url.js';
import { NO_LEDGER, refuseCall } from './refuse-call.js';

const HELP = `Usage: nestjs-audit-ledger migrate [--database-url <url>] [--schema <name>] [--dry-run]

Sets the ledger's tables up, or brings them up to date, beside whatever else the database holds. Each migration is a
transaction of its own; the table audit_migration keeps what ran; several at once do no harm.

  --database-url  the database, as the role that is to own the tables; default: AUDIT_DATABASE_URL or DATABASE_URL, also from
                  the file .env
  --schema        the database schema, which is made when it is missing; default: the current one of the connection
  --dry-run       print the statements that would run, try them, and undo them all
  --help          print this

Where TypeORM runs an application's migrations, give it AUDIT_MIGRATIONS of nestjs-audit-ledger/monitoring instead.
Exit code: 0 when the schema is up to date, 2 when it is not.
`;

/** `nestjs-audit-ledger migrate`. Never rejects. */
export async function runMigrate(args: readonly string[]): Promise<CommandResult> {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        'database-url': { type: 'string' },
        schema: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { exitCode: EXIT_CODES.fine, output: HELP };
    const connectionUrl = ledgerUrl(values['database-url']);
    if (connectionUrl === undefined) return refuseCall('migrate', [NO_LEDGER]);
    const { schema, 'dry-run': dryRun } = values;
    const { ran, statements } = await migrateLedger({
      connectionUrl,
      dryRun,
      ...(schema === undefined ? {} : { schema }),
    });
    if (ran.length === 0) return { exitCode: EXIT_CODES.fine, output: 'Nothing to do: the schema is up to date.\n' };
    const output = dryRun ? `${statements.map((text) => `${text.trim()};`).join('\n\n')}\n\n-- Undone: ` : 'Migrated: ';
    return { exitCode: EXIT_CODES.fine, output: `${output}${ran.join(', ')}\n` };
  } catch (error) {
    return { exitCode: EXIT_CODES.notChecked, errors: `${errorMessage(error)}\n` };
  }
}
