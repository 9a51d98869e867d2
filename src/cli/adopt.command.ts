import { existsSync } from 'node:fs';
import { adoptLedger } from '../modules/monitoring/sequencer/adoption/adopt-ledger.js';
import { NothingToAdoptError } from '../modules/monitoring/sequencer/adoption/adoption.error.js';
import { findAdoption, type Adoption } from '../modules/monitoring/sequencer/adoption/find-adoption.js';
import { LEADER } from '../modules/monitoring/store/ledger-roles.js';
import { LEADER_LIMITS } from '../modules/monitoring/store/session-limits.js';
import { LedgerSession } from '../modules/monitoring/store/ledger-session.js';
import type { SignedHistory } from '../modules/monitoring/sequencer/stored-tree.js';
import { LastSignedFile } from '../modules/monitoring/signing/last-signed.js';
import type { ActSigner } from '../modules/monitoring/acts/store-act.js';
import { actSigner } from './act-signer.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { currentOperator } from './current-operator.js';
import { given, keyOfEnvironment, type CommandEnvironment } from './key-of-environment.js';
import { sequencerUrlIn } from './ledger-url.js';
import { readPublishedNotes } from './published-notes.js';
import { NO_LEDGER, refuseCall } from './refuse-call.js';
import { errorSentence } from './file-sentence.js';
import { parseCall } from './parse-call.js';

const HELP = `Usage: nestjs-audit-ledger adopt --reason TEXT [--yes] [--actor NAME] [options]

A restore from a backup takes the database back to before the last signed checkpoint, so the application stops sealing. If you also
restored the old file beside the key, the application continues and contradicts the published checkpoints. This command shows the
largest checkpoint, signed last or published, that the database does not continue. With --yes, you give that checkpoint up by an act
that the ledger's key signs (the event audit_ledger_adopted). The application then continues from the database's state, on every
machine, and verify accepts the checkpoints that you gave up.

  --reason        the reason, for the event; at most 1,000 characters
  --checkpoint    a file of published checkpoints; default: AUDIT_CHECKPOINT_FILE; repeatable
  --yes           sign the act; without it, the command only shows what it would give up
  --actor         who does this, for the event; default: your user name and this machine
  --database-url  the ledger's database, as the login that seals it; default: AUDIT_SEQUENCER_URL,
                  AUDIT_DATABASE_URL or DATABASE_URL, in the environment or the file .env
  --schema        the ledger's database schema; default: the one that the connection finds, else audit
  --help          print this

Environment: AUDIT_SIGNING_KEY_FILE, AUDIT_LEDGER_ORIGIN, AUDIT_CHECKPOINT_FILE, with the application's values.

Examples:
  nestjs-audit-ledger adopt --reason 'restored the backup of Tuesday' --yes

Exit code: 0 when the state was adopted or needs no adoption, 1 when it was only shown, 2 when the command failed.
`;

const MOST_REASON_CHARACTERS = 1_000;

/** `nestjs-audit-ledger adopt`. Never rejects. */
export async function runAdopt(args: readonly string[], environment: CommandEnvironment): Promise<CommandResult> {
  try {
    const { values } = parseCall('adopt', {
      args: [...args],
      options: {
        reason: { type: 'string' },
        actor: { type: 'string', default: currentOperator() },
        'database-url': { type: 'string' },
        schema: { type: 'string' },
        checkpoint: { type: 'string', multiple: true, default: [] },
        yes: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { exitCode: EXIT_CODES.fine, output: HELP };
    const reason = values.reason?.trim() ?? '';
    const url = await sequencerUrlIn(values.schema, values['database-url']);
    if (reason === '') return refuseCall('adopt', ['--reason is missing']);
    if (reason.length > MOST_REASON_CHARACTERS) {
      return refuseCall('adopt', [`--reason has more than ${MOST_REASON_CHARACTERS} characters`]);
    }
    if (url === undefined) return refuseCall('adopt', [NO_LEDGER]);
    const history = await historyOf(environment);
    const published = await readPublishedNotes(
      values.checkpoint.length > 0 ? values.checkpoint : publishedFile(environment),
    );
    return await LedgerSession.use(url, LEADER, LEADER_LIMITS, (session) =>
      adopt(session, history, { published, reason, actorId: values.actor, isDecided: values.yes }),
    );
  } catch (error) {
    if (error instanceof NothingToAdoptError) return { exitCode: EXIT_CODES.fine, output: `${error.message}\n` };
    return { exitCode: EXIT_CODES.notChecked, errors: `${errorSentence(error)}\n` };
  }
}

interface Decision {
  readonly published: readonly string[];
  readonly reason: string;
  readonly actorId: string;
  readonly isDecided: boolean;
}

type SigningHistory = SignedHistory & ActSigner;

async function adopt(
  session: LedgerSession,
  history: SigningHistory,
  { published, isDecided, ...request }: Decision,
): Promise<CommandResult> {
  const adoption = await findAdoption(session, history, published);
  const shown = describeAdoption(adoption);
  if (!isDecided) {
    return {
      exitCode: EXIT_CODES.undecided,
      output: `${shown}\nNothing was changed. Run it again with --yes to adopt it.\n`,
    };
  }
  const { eventId, keptFile } = await adoptLedger(session, history, adoption, request);
  const kept = keptFile === undefined ? '' : `, and what was signed last is kept in ${keptFile}`;
  return {
    exitCode: EXIT_CODES.fine,
    output: `${shown}\nAdopted. The act of the event ${eventId} records it${kept}.\n`,
  };
}

/** What is given up, for a person who decides. */
function describeAdoption({ signed, stored, keptSize, isOfKeyFile, seen }: Adoption): string {
  const given =
    signed.size > stored.size && keptSize === stored.size
      ? `The ${signed.size - stored.size} events with index ${stored.size} to ${signed.size - 1} are given up.`
      : `Of the events with index ${keptSize} to ${signed.size - 1} that were signed, any may be another one now.`;
  return [
    `The ledger is not what was signed: ${seen}.`,
    '',
    `${isOfKeyFile ? 'signed last ' : 'published   '}  size ${signed.size}, root ${base64(signed.rootHash)}`,
    `the database  size ${stored.size}, root ${base64(stored.rootHash)}`,
    '',
    `${given} Anyone who has a checkpoint or a proof of them can show that they were there.`,
    '',
  ].join('\n');
}

/** The file that the application appends published checkpoints to, if there is one. */
function publishedFile({ AUDIT_CHECKPOINT_FILE }: CommandEnvironment): readonly string[] {
  const file = given(AUDIT_CHECKPOINT_FILE);
  return file !== undefined && existsSync(file) ? [file] : [];
}

async function historyOf(environment: CommandEnvironment): Promise<SigningHistory> {
  const { file } = keyOfEnvironment(environment);
  return { ...(await actSigner(environment)), lastSigned: new LastSignedFile(file) };
}

function base64(hash: Uint8Array): string {
  return Buffer.from(hash).toString('base64');
}
