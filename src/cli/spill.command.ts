import {
  acknowledgeLosses,
  adoptSpill,
  dropDeadLetters,
  listSpill,
  replayDeadLetters,
  type SpilledBackend,
  type SpillListing,
  SpillRequestError,
} from '../audit/plain.js';
import { defineCommand, type Outcome } from './define-command.js';
import { given, listOf } from './key-of-environment.js';
import { flag, text } from './options.js';

const DEFAULT_FOLDER = '.data/spill';

export const command = defineCommand({
  name: 'spill',
  usage: [
    'list [--dir <dir>] [--json]',
    'replay <id>…|--all [--dir <dir>]',
    'drop <id>…|--all --reason <text> [--dir <dir>]',
    'acknowledge [--dir <dir>]',
    'adopt <folder> [--dir <dir>]',
  ],
  about: [
    'Works on the spill: the folder with the events that audit providers could not store. The application may be running.',
  ],
  arguments: [
    ['<action>', 'what to do'],
    ['[ids...]', 'the ids of dead letters, from list; for adopt the folder'],
  ],
  actions: {
    list: 'show for each provider the waiting events, and the dead letters: events that the provider refuses',
    replay: 'put dead letters back in the queue: the application replays them now, or at its next start',
    drop: 'drop dead letters; an event for the same provider records that, with the reason',
    acknowledge:
      'remove the records of lost events that an event audit_events_lost reports: /health no longer shows them',
    adopt:
      'move the content of a dead instance’s spill into the application’s, which replays it; refused while that instance may be alive',
  },
  options: {
    all: flag('every dead letter'),
    reason: text('<text>', 'why you drop them'),
    dir: text('<dir>', 'the folder; default: AUDIT_SPILL_DIR, in the environment or the file .env, else .data/spill'),
  },
  json: 'for list "bytes", "corruptLines", "backends": [{ "backend", "waitingEvents", "waitingBytes", "oldestOccurredAt", "deadLetters": [{ "backend", "at", "error", "event" }] }]; else the counts "replayed", "dropped", "acknowledged", or "adopted"',
  environment: 'AUDIT_SPILL_KEY is the key of the folder; without it, the key file beside the folder.',
  examples: ['list --dir /var/lib/app/spill', `drop --all --reason 'a test of March'`],
  exitCodes: '0 when it is done, 2 when the command failed and changed nothing.',
  run: async ({ options, words: [action = '', ...ids], refuse }) => {
    const folder = options.dir ?? given(process.env.AUDIT_SPILL_DIR) ?? DEFAULT_FOLDER;
    const keys = listOf(process.env.AUDIT_SPILL_KEY);
    if (action === 'list' && ids.length === 0) {
      const listing = await listSpill(folder, keys);
      return fine(describeSpill(folder, listing), listing);
    }
    if (action === 'replay') {
      const replayed = await replayDeadLetters(folder, named(ids, options.all), keys);
      const text = `Put back ${replayed} dead letter(s). The application replays them, now or at its next start.\n`;
      return fine(text, { replayed });
    }
    if (action === 'drop') {
      if (options.reason === undefined) throw SpillRequestError.noReason();
      const dropped = await dropDeadLetters(folder, named(ids, options.all), options.reason, keys);
      return fine(`Dropped ${dropped} dead letter(s). The event about it waits to be replayed.\n`, { dropped });
    }
    if (action === 'adopt' && ids[0] !== undefined && ids.length === 1) return adopt(ids[0], folder, keys);
    if (action === 'acknowledge' && ids.length === 0) return acknowledge(folder, keys);
    return refuse('it takes list, replay, drop or acknowledge, or adopt with one folder');
  },
});

function fine(text: NonNullable<Outcome['text']>, data: object): Outcome {
  return { text, data };
}

async function acknowledge(folder: string, keys: readonly string[]): Promise<Outcome> {
  const { acknowledged, unreported } = await acknowledgeLosses(folder, keys);
  const count = (losses: typeof acknowledged): number => losses.reduce((sum, { events }) => sum + events, 0);
  if (unreported.length > 0) {
    const error = `No event of the ledger tells yet of ${count(unreported)} lost event(s). Start the application, and try again.`;
    return { error };
  }
  return fine(`Acknowledged ${count(acknowledged)} lost event(s).\n`, { acknowledged: count(acknowledged) });
}

async function adopt(source: string, folder: string, keys: readonly string[]): Promise<Outcome> {
  const adopted = await adoptSpill(source, folder, keys);
  const { waitingEvents, deadLetters, corruptLines, files } = adopted;
  if (files === 0) return fine(`Nothing to adopt: the spill ${source} is empty.\n`, { adopted });
  const text =
    `Adopted ${waitingEvents} event(s) that wait, ${deadLetters} dead letter(s) and ${corruptLines} line(s) that cannot be read from ` +
    `${source} into ${folder}. The application replays the events, now or at its next start.\n`;
  return fine(text, { adopted });
}

function named(ids: readonly string[], all: boolean | undefined): readonly string[] | 'all' {
  if (ids.length > 0 === (all === true)) throw SpillRequestError.nothingNamed();
  return all === true ? 'all' : ids;
}

function describeSpill(folder: string, { bytes, corruptLines, backends }: SpillListing): readonly string[] {
  const head = `Spill ${folder}: ${bytes} bytes, ${corruptLines} line(s) that cannot be read`;
  return [head, ...(backends.length === 0 ? ['Nothing waits.'] : backends.flatMap(describeBackend))];
}

function describeBackend(spilled: SpilledBackend): readonly string[] {
  const { backend, waitingEvents, waitingBytes, oldestOccurredAt, deadLetters } = spilled;
  const since = oldestOccurredAt === undefined ? '' : `, the oldest of ${oldestOccurredAt}`;
  return [
    `${backend}: ${waitingEvents} event(s) waiting in ${waitingBytes} bytes${since}; ${deadLetters.length} dead letter(s)`,
    ...deadLetters.map(({ event, error }) => `  ${event.id}  ${event.type}  ${event.occurredAt}  ${error}`),
  ];
}
