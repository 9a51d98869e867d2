import { parseArgs } from 'node:util';
import { errorMessage } from '../audit/index.js';
import {
  adoptLedger,
  findAdoption,
  NothingToAdoptError,
  type Adoption,
} from '../modules/monitoring/integrity/adoption/index.js';
import { LeaderSession, type SignedHistory } from '../modules/monitoring/integrity/sequencer/index.js';
import { LastSignedFile, readKeyFile } from '../modules/monitoring/integrity/signing/index.js';
import { explainLedgerError } from '../modules/monitoring/ledger/explain-ledger-error.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { currentOperator } from './current-operator.js';
import { keyOfEnvironment, type CommandEnvironment } from './key-of-environment.js';
import { sequencerUrlIn } from './ledger-url.js';
import { NO_LEDGER, refuseCall } from './refuse-call.js';

const HELP = `Usage: nestjs-audit-ledger adopt --reason TEXT [--yes] [--actor NAME] [options]

After a restore from a backup, the database ends before what was signed last, and the application seals nothing more. This
command shows what is given up; with --yes, it records the event audit_ledger_adopted, puts the last signed checkpoint aside,
and the application goes on from what the database has. Run it on each machine whose application refuses.

  --reason        why, for the event; at most 1,000 characters
  --yes           do it, not only show it
  --actor         who, for the event; default: the user and the machine
  --database-url  the ledger, as the login that seals it; default: AUDIT_SEQUENCER_URL, AUDIT_DATABASE_URL or DATABASE_URL, also
                  from the file .env
  --schema        its database schema; default: as the connection finds it
  --help          print this

Environment: AUDIT_SIGNING_KEY_FILE, AUDIT_LEDGER_ORIGIN, as the application has them.
Exit code: 0 when it was adopted or there is nothing to adopt, 1 when it was only shown, 2 when it could not be done.
`;

const MOST_REASON_CHARACTERS = 1_000;

/** `nestjs-audit-ledger adopt`. Never rejects. */
export async function runAdopt(args: readonly string[], environment: CommandEnvironment): Promise<CommandResult> {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        reason: { type: 'string' },
        actor: { type: 'string', default: currentOperator() },
        'database-url': { type: 'string' },
        schema: { type: 'string' },
        yes: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { exitCode: EXIT_CODES.fine, output: HELP };
    const reason = values.reason?.trim() ?? '';
    const url = sequencerUrlIn(values.schema, values['database-url']);
    if (reason === '') return refuseCall('adopt', ['--reason is missing']);
    if (reason.length > MOST_REASON_CHARACTERS) {
      return refuseCall('adopt', [`--reason has more than ${MOST_REASON_CHARACTERS} characters`]);
    }
    if (url === undefined) return refuseCall('adopt', [NO_LEDGER]);
    const history = await historyOf(environment);
    return await inSession(url, (session) =>
      adopt(session, history, { reason, actorId: values.actor, isDecided: values.yes }),
    );
  } catch (error) {
    if (error instanceof NothingToAdoptError) return { exitCode: EXIT_CODES.fine, output: `${error.message}\n` };
    return { exitCode: EXIT_CODES.notChecked, errors: `${errorMessage(error)}\n` };
  }
}

async function adopt(
  session: LeaderSession,
  history: SignedHistory,
  { isDecided, ...request }: { readonly reason: string; readonly actorId: string; readonly isDecided: boolean },
): Promise<CommandResult> {
  const adoption = await findAdoption(session, history);
  const shown = describeAdoption(adoption);
  if (!isDecided) {
    return {
      exitCode: EXIT_CODES.undecided,
      output: `${shown}\nNothing was changed. Run it again with --yes to adopt it.\n`,
    };
  }
  const { eventId, keptFile } = await adoptLedger(session, history, adoption, request);
  return {
    exitCode: EXIT_CODES.fine,
    output: `${shown}\nAdopted. The event ${eventId} says so, and what was signed last is kept in ${keptFile}.\n`,
  };
}

/** What is given up, for a person who decides. */
function describeAdoption({ signed, stored, seen }: Adoption): string {
  const lost = signed.size - stored.size;
  const given =
    lost > 0
      ? `The ${lost} events with index ${stored.size} to ${signed.size - 1} are given up.`
      : `Of the ${signed.size} events that were signed, any may be another one now.`;
  return [
    seen,
    '',
    `signed last   size ${signed.size}, root ${base64(signed.rootHash)}, at ${signed.at.toISOString()}`,
    `the database  size ${stored.size}, root ${base64(stored.rootHash)}`,
    '',
    `${given} Whoever has a checkpoint or a proof of them can show that they were there.`,
    '',
  ].join('\n');
}

async function historyOf(environment: CommandEnvironment): Promise<SignedHistory> {
  const { file, origin } = keyOfEnvironment(environment);
  const { verifiers } = await readKeyFile(file, origin);
  return { trust: { origin, keys: verifiers }, lastSigned: new LastSignedFile(`${file}.last`) };
}

async function inSession<Result>(url: string, work: (session: LeaderSession) => Promise<Result>): Promise<Result> {
  const session = await LeaderSession.open(url).catch((error: unknown) => {
    throw explainLedgerError(error);
  });
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

function base64(hash: Uint8Array): string {
  return Buffer.from(hash).toString('base64');
}
