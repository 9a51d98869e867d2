import { AuditError } from '../audit/index.js';
import { verifyCheckpoint } from '../modules/monitoring/log/notes/checkpoint.js';
import { trustOf } from '../modules/monitoring/verify/judge-checkpoint.js';
import { readNewestNote, readStoredKeys, refuseWithoutLedger } from '../modules/monitoring/verify/read-heads.js';
import { VERIFIER } from '../modules/monitoring/store/ledger-roles.js';
import { LedgerSession } from '../modules/monitoring/store/ledger-session.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { ledgerUrlIn } from './ledger-url.js';
import { NO_LEDGER, refuseCall } from './refuse-call.js';
import { readVerifierKeys } from './verifier-keys.js';
import { errorSentence } from './file-sentence.js';
import { parseCall } from './parse-call.js';

const HELP = `Usage: nestjs-audit-ledger checkpoint [--database-url <url>] [--schema <name>] [--verify] [--key <key>]…

Prints the newest signed checkpoint of the ledger. Keep it elsewhere: with it, verify notices when somebody cuts off the ledger's
end or rewrites its history.

  --database-url  the ledger's database; default: AUDIT_DATABASE_URL or DATABASE_URL, in the environment or the file .env
  --schema        the ledger's database schema; default: the one that the connection finds, else audit
  --verify        print it only if a known key signed it
  --key           a verifier key, or a file with one on each line; default: the keys that the database names
  --help          print this

Examples:
  nestjs-audit-ledger checkpoint --database-url postgresql://app@db/app

Exit code: 0 when the checkpoint is printed, 1 when its signature is wrong or by an unknown key, 2 when the command failed.
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
    return { exitCode: EXIT_CODES.notChecked, errors: `${errorSentence(error)}\n` };
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
