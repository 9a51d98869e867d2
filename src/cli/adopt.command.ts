import { existsSync } from 'node:fs';
import { adoptLedger, findAdoption, type Adoption } from '../modules/monitoring/sequencer/adopt-ledger.js';
import { NothingToAdoptError } from '../modules/monitoring/sequencer/sequencer.error.js';
import { LEADER } from '../modules/monitoring/store/ledger-roles.js';
import { LEADER_LIMITS } from '../modules/monitoring/store/sessions/session-limits.js';
import { LedgerSession } from '../modules/monitoring/store/sessions/ledger-session.js';
import type { SignedHistory } from '../modules/monitoring/sequencer/stored-tree.js';
import { LastSignedFile } from '../modules/monitoring/signing/last-signed.js';
import { encodeBase64 } from '../modules/monitoring/log/notes/encoding.js';
import type { StatementSigner } from '../modules/monitoring/log/notes/statement.js';
import { actSigner, given, keyOfEnvironment, type CommandEnvironment } from './key-of-environment.js';
import { EXIT_CODES } from './command-result.js';
import { defineCommand, type Outcome } from './define-command.js';
import { flag, text, texts, byOption } from './options.js';
import { readPublishedNotes } from './published-notes.js';

const MOST_REASON_CHARACTERS = 1_000;

export const command = defineCommand({
  name: 'adopt',
  usage: ['--reason <text> [--yes] [options]'],
  about: [
    'A restore from a backup takes the database back to before the last signed checkpoint, so the application stops sealing. If you also restored the old file beside the key, the application continues and contradicts the published checkpoints.',
    'This command shows the largest checkpoint, signed last or published, that the database does not continue. With --yes, you give that checkpoint up by an act that the ledger’s key signs (the event audit_ledger_adopted). The application then continues from the database’s state, on every machine, and verify accepts the checkpoints that you gave up.',
  ],
  options: {
    reason: text('<text>', 'the reason, for the event; at most 1,000 characters'),
    checkpoint: texts('<file>', 'a file of published checkpoints; default: AUDIT_CHECKPOINT_FILE'),
    yes: flag('sign the act; without it, the command only shows what it would give up'),
    by: byOption(),
  },
  connects: 'sealer',
  json: '"adopted", "signed": { "size", "root" }, "stored": { "size", "root" }, "eventId"',
  environment: 'AUDIT_SIGNING_KEY_FILE, AUDIT_LEDGER_ORIGIN, AUDIT_CHECKPOINT_FILE, with the application’s values.',
  examples: [`--reason 'restored the backup of Tuesday' --yes`],
  exitCodes: '0 when the state was adopted or needs no adoption, 1 when it was only shown, 2 when the command failed.',
  run: async ({ options, environment, operator, sealer, refuse }) => {
    const reason = options.reason?.trim() ?? '';
    if (reason === '') refuse('--reason is missing');
    if (reason.length > MOST_REASON_CHARACTERS) refuse(`--reason has more than ${MOST_REASON_CHARACTERS} characters`);
    const url = await sealer();
    try {
      const lastSigned = new LastSignedFile(keyOfEnvironment(environment).file);
      const history = { ...(await actSigner(environment)), lastSigned };
      const files = options.checkpoint.length > 0 ? options.checkpoint : publishedFile(environment);
      const published = await readPublishedNotes(files);
      const decision = { published, reason, actorId: operator, isDecided: options.yes };
      return await LedgerSession.use(url, LEADER, LEADER_LIMITS, (session) => adopt(session, history, decision));
    } catch (error) {
      if (!(error instanceof NothingToAdoptError)) throw error;
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

async function adopt(
  session: LedgerSession,
  history: SigningHistory,
  { published, isDecided, ...request }: Decision,
): Promise<Outcome> {
  const adoption = await findAdoption(session, history, published);
  const shown = describeAdoption(adoption);
  const heads = { signed: headOf(adoption.signed), stored: headOf(adoption.stored) };
  if (!isDecided) {
    return {
      exitCode: EXIT_CODES.undecided,
      text: `${shown}\nNothing was changed. Run it again with --yes to adopt it.\n`,
      data: { adopted: false, ...heads },
    };
  }
  const { eventId, keptFile } = await adoptLedger(session, history, adoption, request);
  const kept = keptFile === undefined ? '' : `, and what was signed last is kept in ${keptFile}`;
  return {
    text: `${shown}\nAdopted. The act of the event ${eventId} records it${kept}.\n`,
    data: { adopted: true, ...heads, eventId },
  };
}

function headOf({ size, rootHash }: Adoption['stored']): { readonly size: number; readonly root: string } {
  return { size, root: encodeBase64(rootHash) };
}

/** Describes what is given up, for the person who decides. */
function describeAdoption({ signed, stored, keptSize, isOfKeyFile, seen }: Adoption): string {
  const given =
    signed.size > stored.size && keptSize === stored.size
      ? `The ${signed.size - stored.size} events with index ${stored.size} to ${signed.size - 1} are given up.`
      : `Of the events with index ${keptSize} to ${signed.size - 1} that were signed, any may be another one now.`;
  return [
    `The ledger is not what was signed: ${seen}.`,
    '',
    `${isOfKeyFile ? 'signed last ' : 'published   '}  size ${signed.size}, root ${encodeBase64(signed.rootHash)}`,
    `the database  size ${stored.size}, root ${encodeBase64(stored.rootHash)}`,
    '',
    `${given} Anyone who has a checkpoint or a proof of them can show that they were there.`,
    '',
  ].join('\n');
}

/** Returns the file to which the application appends published checkpoints, if there is one. */
function publishedFile({ AUDIT_CHECKPOINT_FILE }: CommandEnvironment): readonly string[] {
  const file = given(AUDIT_CHECKPOINT_FILE);
  return file !== undefined && existsSync(file) ? [file] : [];
}
