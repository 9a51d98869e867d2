import {
  acknowledgeLosses,
  adoptSpill,
  dropDeadLetters,
  listSpill,
  replayDeadLetters,
  SpillRequestError,
} from '../audit/index.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { describeSpill } from './describe-spill.js';
import { errorSentence } from './file-sentence.js';
import { parseCall } from './parse-call.js';

const HELP = `Usage: nestjs-audit-ledger spill list [--dir <dir>] [--json]
       nestjs-audit-ledger spill replay <id>…|--all [--dir <dir>]
       nestjs-audit-ledger spill drop <id>…|--all --reason <text> [--dir <dir>]
       nestjs-audit-ledger spill acknowledge [--dir <dir>]
       nestjs-audit-ledger spill adopt <folder> [--dir <dir>]

Works on the spill: the folder with the events that audit providers could not store. The application may be running.

  list        show for each provider the waiting events, and the dead letters: events that the provider refuses
  replay      put dead letters back in the queue: the application replays them now, or at its next start
  drop        drop dead letters; an event for the same provider records that, with the reason
  acknowledge remove the records of lost events that an event audit_events_lost reports: /health no longer shows them

  adopt       move the content of a dead instance's spill <folder> into the application's, which replays it; refused while
              that instance may be alive

  <id>        the id of a dead letter, from list
  --all       every dead letter
  --reason    why you drop them
  --dir       the folder; default: AUDIT_SPILL_DIR, in the environment or the file .env, else .data/spill
              (its key: AUDIT_SPILL_KEY, else the key file beside the folder)
  --json      print { "bytes", "corruptLines", "backends": [{ "backend", "waitingEvents", "waitingBytes",
              "oldestOccurredAt", "deadLetters": [{ "backend", "at", "error", "event" }] }] }
  --help      print this

Examples:
  nestjs-audit-ledger spill list --dir /var/lib/app/spill
  nestjs-audit-ledger spill drop --all --reason 'a test of March'

Exit code: 0 when it is done, 2 when the command failed and changed nothing.
`;

const DEFAULT_FOLDER = '.data/spill';

/** `nestjs-audit-ledger spill`: what a spill folder keeps, and what becomes of its dead letters. Never rejects. */
export async function runSpill(args: readonly string[]): Promise<CommandResult> {
  try {
    const { values, positionals } = parseCall('spill', {
      args: [...args],
      allowPositionals: true,
      options: {
        dir: { type: 'string' },
        json: { type: 'boolean' },
        all: { type: 'boolean' },
        reason: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { exitCode: EXIT_CODES.fine, output: HELP };
    const [action, ...ids] = positionals;
    const { folder: usual, keys } = readEnvironment();
    const folder = values.dir ?? usual;
    if (action === 'list' && ids.length === 0) return fine(await list(folder, keys, values.json === true));
    if (action === 'replay') {
      const replayed = await replayDeadLetters(folder, named(ids, values.all), keys);
      return fine(`Put back ${replayed} dead letter(s). The application replays them, now or at its next start.\n`);
    }
    if (action === 'drop') {
      if (values.reason === undefined) throw SpillRequestError.noReason();
      const dropped = await dropDeadLetters(folder, named(ids, values.all), values.reason, keys);
      return fine(`Dropped ${dropped} dead letter(s). The event about it waits to be replayed.\n`);
    }
    if (action === 'adopt' && ids[0] !== undefined && ids.length === 1) return fine(await adopt(ids[0], folder, keys));
    if (action === 'acknowledge' && ids.length === 0) return await acknowledge(folder, keys);
    return { exitCode: EXIT_CODES.notChecked, errors: HELP };
  } catch (error) {
    return { exitCode: EXIT_CODES.notChecked, errors: `${errorSentence(error)}\n` };
  }
}

function fine(output: string): CommandResult {
  return { exitCode: EXIT_CODES.fine, output };
}

async function list(folder: string, keys: readonly string[], asJson: boolean): Promise<string> {
  const listing = await listSpill(folder, keys);
  return asJson ? `${JSON.stringify(listing, undefined, 2)}\n` : describeSpill(folder, listing);
}

async function acknowledge(folder: string, keys: readonly string[]): Promise<CommandResult> {
  const { acknowledged, unreported } = await acknowledgeLosses(folder, keys);
  const count = (losses: typeof acknowledged): number => losses.reduce((sum, { events }) => sum + events, 0);
  if (unreported.length > 0) {
    const errors = `No event of the ledger tells yet of ${count(unreported)} lost event(s). Start the application, and try again.\n`;
    return { exitCode: EXIT_CODES.notChecked, errors };
  }
  return fine(`Acknowledged ${count(acknowledged)} lost event(s).\n`);
}

async function adopt(source: string, folder: string, keys: readonly string[]): Promise<string> {
  const { waitingEvents, deadLetters, corruptLines, files } = await adoptSpill(source, folder, keys);
  if (files === 0) return `Nothing to adopt: the spill ${source} is empty.\n`;
  return (
    `Adopted ${waitingEvents} event(s) that wait, ${deadLetters} dead letter(s) and ${corruptLines} line(s) that cannot be read from ` +
    `${source} into ${folder}. The application replays the events, now or at its next start.\n`
  );
}

function named(ids: readonly string[], all: boolean | undefined): readonly string[] | 'all' {
  if (ids.length > 0 === (all === true)) throw SpillRequestError.nothingNamed();
  return all === true ? 'all' : ids;
}

/** As the application finds it. */
function readEnvironment(): { readonly folder: string; readonly keys: readonly string[] } {
  const { AUDIT_SPILL_DIR: folder = '', AUDIT_SPILL_KEY: keys = '' } = process.env;
  return { folder: folder === '' ? DEFAULT_FOLDER : folder, keys: keys.split(',').flatMap((key) => key.trim() || []) };
}
