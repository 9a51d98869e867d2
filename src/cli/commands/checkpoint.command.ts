import { AuditError } from '../../audit/nest-free.js';
import { verifyCheckpoint } from '../../monitoring/proof/log/notes/checkpoint.js';
import { buildTrust } from '../../monitoring/proof/verify/judge-checkpoint.js';
import { readNewestNote, readStoredKeys, assertLedgerExists } from '../../monitoring/proof/verify/read-heads.js';
import { VERIFIER } from '../../monitoring/store/ledger-roles.js';
import { useSession } from '../../monitoring/store/sessions/use-session.js';
import { EXIT_CODES } from '../command-result.js';
import { defineCommand } from '../define-command.js';
import { flagOption, keyOption, DATABASE_KEYS_HELP } from '../options.js';
import { readVerifierKeys } from '../verify/verifier-keys.js';

export const command = defineCommand({
  name: 'checkpoint',
  usage: ['[--verify] [--key <key>]… [options]'],
  about: [
    'Prints the newest signed checkpoint of the ledger. Store it outside the database: with it, verify detects a truncated or rewritten ledger.',
  ],
  options: {
    verify: flagOption('print it only if a known key signed it'),
    key: keyOption(DATABASE_KEYS_HELP),
  },
  connects: 'application',
  json: '"checkpoint"',
  examples: ['--database-url postgresql://app@db/app'],
  exitCodes:
    '0 when the checkpoint is printed, 1 when its signature is invalid or its key unknown, 2 when the command failed.',
  run: async ({ options: { key, verify }, ledger }) => {
    const input = await readVerifierKeys(key);
    const { note, keys } = await useSession(await ledger(), VERIFIER, {}, async (snapshot) => {
      await assertLedgerExists(snapshot);
      const newest = await readNewestNote(snapshot);
      return { note: newest, keys: input.length > 0 ? input : await readStoredKeys(snapshot) };
    });
    if (note === undefined) return { error: 'The ledger has no checkpoint yet: nothing was sealed.' };
    const trust = verify ? buildTrust(keys) : undefined;
    try {
      if (trust) verifyCheckpoint(note, trust);
      return { text: note, data: { checkpoint: note } };
    } catch (error) {
      if (!(error instanceof AuditError)) throw error;
      return { exitCode: EXIT_CODES.tampered, error };
    }
  },
});
