import { retryParked } from '../modules/monitoring/row-changes/parked-changes.js';
import { SEQUENCER } from '../modules/monitoring/store/ledger-roles.js';
import { LedgerSession } from '../modules/monitoring/store/ledger-session.js';
import { limitsWithin } from '../modules/monitoring/store/session-limits.js';
import { commandError } from './command-error.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { sequencerUrlIn } from './ledger-url.js';
import { parseCall } from './parse-call.js';
import { NO_LEDGER, refuseCall } from './refuse-call.js';

const HELP = `Usage: nestjs-audit-ledger capture retry [--database-url <url>] [--schema <schema>]

Moves parked row changes back to the outbox. A running application then tries to store them again, each row's changes in order. Run it
after you corrected what the application's log says of them.

  --database-url  the ledger's database, as the login that seals it; default: AUDIT_SEQUENCER_URL,
                  AUDIT_DATABASE_URL or DATABASE_URL, in the environment or the file .env
  --schema        its database schema; default: as the connection finds it, or else audit
  --help          print this

Exit code: 0 when they are in the outbox, 2 when the command failed.
`;

const LIMITS = limitsWithin(60_000);

/** `nestjs-audit-ledger capture retry`. Never rejects. */
export async function runCaptureRetry(args: readonly string[]): Promise<CommandResult> {
  try {
    const { values } = parseCall('capture retry', {
      args: [...args],
      options: {
        'database-url': { type: 'string' },
        schema: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { exitCode: EXIT_CODES.fine, output: HELP };
    const url = await sequencerUrlIn(values.schema, values['database-url']);
    if (url === undefined) return refuseCall('capture retry', [NO_LEDGER]);
    const changes = await LedgerSession.use(url, { ...SEQUENCER, name: 'capture retry' }, LIMITS, retryParked);
    const output =
      changes === 0
        ? 'Nothing is parked.\n'
        : `Moved ${changes} parked row ${changes === 1 ? 'change' : 'changes'} back to the outbox.\n`;
    return { exitCode: EXIT_CODES.fine, output };
  } catch (error) {
    return { exitCode: EXIT_CODES.notChecked, errors: `${commandError(error)}\n` };
  }
}
