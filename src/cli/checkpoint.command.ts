import { AuditError } from '../audit/plain.js';
import { verifyCheckpoint } from '../modules/monitoring/log/notes/checkpoint.js';
import { trustOf } from '../modules/monitoring/verify/judge-checkpoint.js';
import { readNewestNote, readStoredKeys, refuseWithoutLedger } from '../modules/monitoring/verify/read-heads.js';
import { VERIFIER } from '../modules/monitoring/store/ledger-roles.js';
import { LedgerSession } from '../modules/monitoring/store/sessions/ledger-session.js';
import { EXIT_CODES } from './command-result.js';
import { defineCommand } from './define-command.js';
import { flag, texts } from './option-definitions.js';
import { readVerifierKeys } from './verifier-keys.js';

/** `nestjs-audit-ledger checkpoint`. */
export const command = defineCommand({
  name: 'checkpoint',
  usage: ['[--verify] [--key <key>]… [options]'],
  about: [
    'Prints the newest signed checkpoint of the ledger. Keep it elsewhere: with it, verify notices when somebody cuts off the ledger’s end or rewrites its history.',
  ],
  options: {
    verify: flag('print it only if a known key signed it'),
    key: texts('<key>', 'a verifier key, or a file with one on each line; default: the keys that the database names'),
  },
  connects: 'application',
  json: '"checkpoint"',
  examples: ['--database-url postgresql://app@db/app'],
  exitCodes:
    '0 when the checkpoint is printed, 1 when its signature is wrong or by an unknown key, 2 when the command failed.',
  run: async ({ options: { key, verify }, ledger }) => {
    const given = await readVerifierKeys(key);
    const { note, keys } = await readNewest(await ledger(), given);
    if (note === undefined) {
      return { error: 'The ledger has no checkpoint yet: nothing was sealed.' };
    }
    const refuted = verify ? refutation(note, keys) : undefined;
    if (refuted) return { exitCode: EXIT_CODES.tampered, error: refuted };
    return { text: note, data: { checkpoint: note } };
  },
});

/** Returns why a checkpoint cannot be trusted, if so. */
function refutation(note: string, keys: readonly string[]): AuditError | undefined {
  const trust = trustOf(keys);
  try {
    verifyCheckpoint(note, trust);
    return undefined;
  } catch (error) {
    if (!(error instanceof AuditError)) throw error;
    return error;
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
