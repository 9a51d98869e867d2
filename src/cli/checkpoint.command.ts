import { AuditError, errorMessage } from '../audit/index.js';
import { verifyCheckpoint } from '../modules/monitoring/log/notes/checkpoint.js';
import { trustOf } from '../modules/monitoring/verify/judge-checkpoint.js';
import { readNewestNote, readStoredKeys, refuseWithoutLedger } from '../modules/monitoring/verify/read-heads.js';
import { VERIFIER } from '../modules/monitoring/store/ledger-roles.js';
import { LedgerSession } from '../modules/monitoring/store/ledger-session.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { ledgerUrlIn } from './ledger-url.js';
import { NO_LEDGER, refuseCall } from './refuse-call.js';
import { readVerifierKeys } from './verifier-keys.js';
import { parseCall } from './parse-call.js';

const HELP = `Usage: nestjs-audit-ledger checkpoint [--database-url <url>] [--schema <name>] [--verify] [--key <key>]…

Prints the newest signed checkpoint of the ledger, to be kept elsewhere: with it, nobody can cut the ledger's end off or
rewrite its history without being noticed.

  --database-url  the ledger; default: AUDIT_DATABASE_URL or DATABASE_URL, also from the file .env
  --schema        its database schema; default: as the connection finds it, or else audit
  --verify        only when a known key signed it
  --key           a verifier key, or a file with one a line; default: those that the database names
  --help          print this

Exit code: 0 when it is printed, 1 when its signature is wrong or by an unknown key, 2 when it cannot get a checkpoint.
`;

/** `nestjs-audit-ledger checkpoint`. Never rejects. */
export async function runCheckpoint(args: readonly string[]): Promise<CommandResult> {
  try {
    const { values } = parseCall('checkpoint', {
      args: [...args],
      options: {
        'database-url': { type: 'string' },
        schema: { type: 'string' },
        verify: { type: 'boolean', default: false },
        key: { type: 'string', multiple: true, default: [] },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { exitCode: EXIT_CODES.fine, output: HELP };
    const url = await ledgerUrlIn(values.schema, values['database-url']);
    if (url === undefined) return refuseCall('checkpoint', [NO_LEDGER]);
    const given = await readVerifierKeys(values.key);
    const { note, keys } = await readNewest(url, given);
    if (note === undefined) {
      return { exitCode: EXIT_CODES.notChecked, errors: 'The ledger has no checkpoint yet: nothing was sealed.\n' };
    }
    return values.verify ? verified(note, keys) : { exitCode: EXIT_CODES.fine, output: note };
  } catch (error) {
    return { exitCode: EXIT_CODES.notChecked, errors: `${errorMessage(error)}\n` };
  }
}

function verified(note: string, keys: readonly string[]): CommandResult {
  const trust = trustOf(keys);
  try {
    verifyCheckpoint(note, trust);
    return { exitCode: EXIT_CODES.fine, output: note };
  } catch (error) {
    if (!(error instanceof AuditError)) throw error;
    return { exitCode: EXIT_CODES.tampered, errors: `${error.message}\n` };
  }
}

async function readNewest(
  url: string,
  given: readonly string[],
): Promise<{ readonly note: string | undefined; readonly keys: readonly string[] }> {
  return LedgerSession.use(url, VERIFIER, {}, async (snapshot) => {
    await refuseWithoutLedger(snapshot);
    const note = await readNewestNote(snapshot);
    return { note, keys: given.length > 0 ? given : await readStoredKeys(snapshot) };
  });
}
