import {
  adoptSpill,
  dropDeadLetters,
  listSpill,
  replayDeadLetters,
  type SpilledBackend,
  type SpillListing,
  auditErrors,
  type WriterKeys,
} from '../../audit/nest-free.js';
import { defineCommand, type Outcome } from '../define-command.js';
import { emptyToUndefined } from '../connection/key-settings.js';
import { readWriterKeys } from '../connection/writer-keys.js';
import { flagOption, textOption } from '../options.js';

const DEFAULT_FOLDER = '.data/spill';

export const command = defineCommand({
  name: 'spill',
  usage: [
    'list [--dir <dir>] [--json]',
    'replay <id>…|--all [--dir <dir>]',
    'drop <id>…|--all --reason <text> [--dir <dir>]',
    'adopt <folder> [--dir <dir>]',
  ],
  about: [
    'Shows and changes the spill: the folder with the events that audit providers could not store. You can run the command while the application runs.',
  ],
  arguments: [
    ['<action>', 'what to do'],
    ['[ids...]', 'the ids of dead letters, as list prints them; for adopt: the spill folder of the ended instance'],
  ],
  actions: {
    list: 'show the waiting events of each provider, and its dead letters: the events that the provider refuses',
    replay: 'put dead letters back in the queue: the application replays them now, or at its next start',
    drop: 'drop dead letters; an event for the same provider records the reason',
    adopt:
      'move a dead instance’s spill into the application’s, which replays it; refused while that instance may be alive',
  },
  options: {
    all: flagOption('every dead letter'),
    reason: textOption('<text>', 'for drop: the reason, which the event records'),
    dir: textOption(
      '<dir>',
      'the folder; default: AUDIT_SPILL_DIR, in the environment or the file .env, else .data/spill',
    ),
  },
  json: 'for list "bytes", "corruptLines", "backends": [{ "backend", "waitingEvents", "waitingBytes", "oldestOccurredAt", "deadLetters": [{ "backend", "at", "error", "event" }] }]; for other actions the count "replayed", "dropped", or "adopted"',
  environment: 'AUDIT_WRITER_KEY, the key that signs the lines; default: the key file .data/writer.key.',
  examples: ['list --dir /var/lib/app/spill', `drop --all --reason 'a test of March'`],
  exitCodes: '0 when the command succeeded, 2 when it failed and changed nothing.',
  run: async ({ options, words: [action = '', ...ids], refuse }) => {
    const folder = options.dir ?? emptyToUndefined(process.env.AUDIT_SPILL_DIR) ?? DEFAULT_FOLDER;
    const keys = readWriterKeys(process.env);
    if (action === 'list' && ids.length === 0) {
      const listing = await listSpill(folder, keys);
      return { text: describeSpill(folder, listing), data: listing };
    }
    if (action === 'replay') {
      const replayed = await replayDeadLetters(folder, resolveDeadLetterIds(ids, options.all), keys);
      const text = `Put back ${replayed} dead letter(s). The application replays them, now or at its next start.\n`;
      return { text, data: { replayed } };
    }
    if (action === 'drop') {
      if (options.reason === undefined) throw auditErrors.AUDIT_REQUEST_INVALID.noReason();
      const dropped = await dropDeadLetters(folder, resolveDeadLetterIds(ids, options.all), options.reason, keys);
      const text = `Dropped ${dropped} dead letter(s). The spill contains an event that records this action.\n`;
      return { text, data: { dropped } };
    }
    if (action === 'adopt' && ids[0] !== undefined && ids.length === 1) return adoptSpillFolder(ids[0], folder, keys);
    return refuse('the action must be list, replay or drop, or adopt with one folder');
  },
});

async function adoptSpillFolder(source: string, folder: string, keys: WriterKeys): Promise<Outcome> {
  const adopted = await adoptSpill(source, folder, keys);
  const { waitingEvents, deadLetters, corruptLines, files } = adopted;
  if (files === 0) return { text: `Nothing to adopt: the spill ${source} is empty.\n`, data: { adopted } };
  const text =
    `Adopted ${waitingEvents} waiting event(s), ${deadLetters} dead letter(s) and ${corruptLines} unreadable line(s) from ` +
    `${source} into ${folder}. The application replays the events, now or at its next start.\n`;
  return { text, data: { adopted } };
}

function resolveDeadLetterIds(ids: readonly string[], all: boolean | undefined): readonly string[] | 'all' {
  if (ids.length > 0 === (all === true)) throw auditErrors.AUDIT_REQUEST_INVALID.nothingNamed();
  return all === true ? 'all' : ids;
}

function describeSpill(folder: string, { bytes, corruptLines, backends }: SpillListing): readonly string[] {
  const head = `Spill ${folder}: ${bytes} bytes, ${corruptLines} unreadable line(s)`;
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
