import { existsSync } from 'node:fs';
import { adoptLedger, findAdoption, type Adoption } from '../../monitoring/sealer/adopt-ledger.js';
import { LEADER } from '../../monitoring/store/ledger-roles.js';
import { LEADER_LIMITS } from '../../monitoring/store/sessions/session-limits.js';
import type { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import { useSession } from '../../monitoring/store/sessions/use-session.js';
import type { SignedHistory } from '../../monitoring/sealer/stored-tree.js';
import { CheckpointRegister } from '../../monitoring/proof/signing/checkpoint-register.js';
import { encodeBase64 } from '../../monitoring/proof/log/notes/encoding.js';
import type { StatementSigner } from '../../monitoring/proof/log/notes/statement.js';
import {
  readActSigner,
  emptyToUndefined,
  getCheckpointMemoryPath,
  type CommandEnvironment,
} from '../connection/key-settings.js';
import { EXIT_CODES } from '../command-result.js';
import { defineCommand, type Outcome } from '../define-command.js';
import { flagOption, textOption, listOption, BY_OPTION } from '../options.js';
import { readPublishedNotes } from '../verify/published-notes.js';
import { hasCode } from '../../audit/nest-free.js';

const MAX_REASON_CHARACTERS = 1_000;

export const command = defineCommand({
  name: 'adopt',
  usage: ['--reason <text> [--yes] [options]'],
  about: [
    'After a restore from a backup, the database is older than the last signed checkpoint, so the application stops sealing. If you also restored the file of the last signed checkpoint (<key file>.last), the application continues and contradicts the published checkpoints. If this file is lost, the application seals further, but reports that nothing confirms the database.',
    'This command shows the largest checkpoint that contradicts the database. With --yes, it records a signed act (the event audit_ledger_adopted) that abandons this checkpoint. Every instance of the application then continues from the database’s state, and verify accepts the abandoned checkpoints. If the last signed checkpoint is lost, the act states that the database is the newest one.',
  ],
  options: {
    reason: textOption('<text>', 'the reason, which the event records; at most 1,000 characters'),
    checkpoint: listOption('<file>', 'a file with published checkpoints; default: AUDIT_CHECKPOINT_FILE'),
    yes: flagOption('sign the act; without --yes, the command changes nothing'),
    by: BY_OPTION,
  },
  connects: 'sealer',
  records: true,
  json: '"adopted", "signed": { "size", "root" }, "stored": { "size", "root" }, "eventId"',
  environment:
    'AUDIT_SIGNING_KEY_FILE, AUDIT_LEDGER_ORIGIN, AUDIT_CHECKPOINT_MEMORY, AUDIT_CHECKPOINT_FILE, with the application’s values.',
  examples: [`--reason 'restored the backup of Tuesday' --yes`],
  exitCodes: '0 when the state is adopted or needs no adoption, 1 when --yes is missing, 2 when the command failed.',
  run: async ({ options, environment, operator, sealer, refuse }) => {
    const reason = options.reason?.trim() ?? '';
    if (reason === '') refuse('--reason is missing');
    if (reason.length > MAX_REASON_CHARACTERS) refuse(`--reason has more than ${MAX_REASON_CHARACTERS} characters`);
    const url = await sealer();
    try {
      const lastSigned = new CheckpointRegister(getCheckpointMemoryPath(environment));
      const history = { ...(await readActSigner(environment)), lastSigned };
      const files = options.checkpoint.length > 0 ? options.checkpoint : publishedFile(environment);
      const published = await readPublishedNotes(files);
      const decision = { published, reason, actorId: operator, isDecided: options.yes };
      return await useSession(url, LEADER, LEADER_LIMITS, (session) => runAdoption(session, history, decision));
    } catch (error) {
      if (!hasCode(error, 'AUDIT_NOTHING_TO_ADOPT')) throw error;
      return { text: `${error.message}\n`, data: { adopted: false } };
    }
  },
});

interface Decision {
  readonly published: readonly string[];
  readonly reason: string;
  readonly actorId: string;
  readonly isDecided: boolean;
}

type SigningHistory = SignedHistory & StatementSigner;

async function runAdoption(
  session: LedgerSession,
  history: SigningHistory,
  { published, isDecided, ...request }: Decision,
): Promise<Outcome> {
  const adoption = await findAdoption(session, history, published);
  const shown = describeAdoption(adoption);
  const heads = { signed: toTreeHead(adoption.signed), stored: toTreeHead(adoption.stored) };
  if (!isDecided) {
    return {
      exitCode: EXIT_CODES.undecided,
      text: `${shown}\nNothing was changed. To adopt this state, run the command again with --yes.\n`,
      data: { adopted: false, ...heads },
    };
  }
  const { eventId, backupFile } = await adoptLedger(session, history, adoption, request);
  const kept = backupFile === undefined ? '' : ` The last signed checkpoint is stored in ${backupFile}.`;
  return {
    text: `${shown}\nAdopted. The event ${eventId} records the act.${kept}\n`,
    data: { adopted: true, ...heads, eventId },
  };
}

function toTreeHead({ size, rootHash }: Adoption['stored']): { readonly size: number; readonly root: string } {
  return { size, root: encodeBase64(rootHash) };
}

function describeAdoption({ signed, stored, keptSize, isFromKeyFile, seen }: Adoption): string {
  if (signed.size === keptSize) {
    const database = `the database  size ${stored.size}, root ${encodeBase64(stored.rootHash)}`;
    return `${seen}.\n\n${database}\n\nAn adoption states that this database is the newest one, and abandons no event.\n`;
  }
  const input =
    signed.size > stored.size && keptSize === stored.size
      ? `The ${signed.size - stored.size} events with index ${stored.size} to ${signed.size - 1} are abandoned.`
      : `The signed events with index ${keptSize} to ${signed.size - 1} may differ from the stored ones.`;
  return [
    `The ledger differs from the signed checkpoint: ${seen}.`,
    '',
    `${isFromKeyFile ? 'signed last ' : 'published   '}  size ${signed.size}, root ${encodeBase64(signed.rootHash)}`,
    `the database  size ${stored.size}, root ${encodeBase64(stored.rootHash)}`,
    '',
    `${input} Anyone with a checkpoint or a proof of these events can still prove that they existed.`,
    '',
  ].join('\n');
}

function publishedFile({ AUDIT_CHECKPOINT_FILE }: CommandEnvironment): readonly string[] {
  const file = emptyToUndefined(AUDIT_CHECKPOINT_FILE);
  return file !== undefined && existsSync(file) ? [file] : [];
}
