import { pauseStream, removeStream, replayStream, resumeStream, testStream } from '../modules/streams/change-stream.js';
import { settleParked } from '../modules/streams/parked-events.js';
import { useStreamsSession } from '../modules/streams/followed-streams.js';
import { defineCommand, type Outcome, type Call } from './define-command.js';
import { STREAM_REPORTS, streamReportOfRow } from '../modules/streams/stream-report.js';
import type { StreamReport } from '../modules/streams/stream.dto.js';
import { EXIT_CODES } from './command-result.js';
import { parseJsonObject } from './parse-json-object.js';
import { readInput } from './read-input.js';
import type { StreamOperator } from '../modules/streams/register-stream.js';
import { parseSecretsKeys } from '../modules/streams/manage/secrets-key.js';
import type { StreamMaker } from '../modules/streams/manage/stored-streams.js';
import { timeText } from '../modules/monitoring/store/ledger-row.js';
import type { LedgerSession } from '../modules/monitoring/store/sessions/ledger-session.js';
import { actSigner } from './key-of-environment.js';
import { CallError } from './call.error.js';
import { flag, text, texts, byOption } from './options.js';

/** How many seconds an event may wait, unless the call says otherwise. */
const LATE_SECONDS = 300;

const OPTIONS = {
  seconds: text('<most>', `for lag: how long an event may wait before the exit code is 1; default: ${LATE_SECONDS}`),
  index: texts('<place>', 'the place of a parked event'),
  file: text('<file>', 'for add: the options of the stream as JSON; - is the standard input'),
  paused: flag('for add: add it as paused, so that you can test it first'),
  from: text('<place>', 'for resume and replay: a place, or an RFC 3339 time'),
  to: text('<place>', 'for replay: the last place, or an RFC 3339 time'),
  secretFile: text('<file>', 'for rotate-secret: the file with the new secret; - is the standard input'),
  graceDays: text('<days>', 'for rotate-secret: for how long both secrets sign; default: 7'),
  reason: text('<text>', 'the reason, for the event'),
  by: byOption(),
} as const;

export const command = defineCommand({
  name: 'streams',
  usage: [
    'list [options]',
    'lag [--seconds <most>] [options]',
    'parked <stream> [options]',
    'add --file <file> [--paused] [options]',
    'pause|remove|test <stream> [options]',
    'resume|replay <stream> [--from <place>] …',
    'rotate-secret <stream> --secret-file <file>',
    'retry|drop <stream> [--index <place>]…',
  ],
  about: [
    'Shows and changes the streams that the application sends. Each change is an event, with an act that the ledger’s key signs.',
  ],
  arguments: [
    ['<action>', 'one of those below'],
    ['[stream]', 'the name of the stream'],
  ],
  actions: {
    list: 'show each stream: its state, its destination, how far it is, and its last error',
    lag: 'show how many sealed events each stream has not sent, and for how long the oldest waits',
    parked: 'show the events that the destination refused, and its answers',
    pause: 'let a stream rest; retention does not keep events for it meanwhile',
    add: 'make a stream of a file with its options as JSON; the application sends it within seconds',
    resume: 'send it again from where it is or from a place, also after its destination wanted no more',
    test: 'have the application send a signed test event, and show what the destination answered',
    replay: 'send a range again, beside the live stream; list shows how far it is',
    'rotate-secret': 'sign with a new secret of a webhook, and for some days with the older one, too',
    retry: 'send parked events again; default: all of the stream',
    drop: 'forget parked events: the stream has a signed gap in their place',
    remove: 'forget a stream that no instance has in its options',
  },
  options: OPTIONS,
  connects: 'sealer',
  json: 'for list and lag "streams"; for parked "parked"; for retry and drop "places"; for test "answer"; for replay "replay", "first", "last"; for rotate-secret "oldSecretUntil"; else "stream"',
  environment:
    'to change a stream, AUDIT_SIGNING_KEY_FILE and AUDIT_LEDGER_ORIGIN, and to add one or rotate its secret, AUDIT_STREAM_SECRETS_KEY, with the application’s values.',
  examples: [
    'list',
    'lag --seconds 60',
    'add --file siem.json --paused',
    'test siem',
    'replay siem --from 2026-11-01 --to 2026-11-02',
  ],
  exitCodes:
    '0 when it is done; 1 when lag finds an active stream that is later than --seconds; 2 when the command failed.',
  run: async (call) => {
    const [action = '', stream = ''] = call.words;
    const isAboutAll = ['list', 'lag', 'add'].includes(action);
    const work = Object.hasOwn(WORKS, action) ? WORKS[action] : undefined;
    if (!work || isAboutAll !== (stream === '')) {
      return call.refuse(
        'it takes list, lag, add, or one of parked, pause, resume, test, replay, rotate-secret, retry, drop, remove with a stream',
      );
    }
    const url = await call.sealer();
    return useStreamsSession(url, (session) => work({ ...call, session, stream }));
  },
});

/** A call of `streams` with a session in the ledger. */
interface StreamsCall extends Call<typeof OPTIONS> {
  readonly session: LedgerSession;
  readonly stream: string;
}

/** The work of an action. */
type Work = (call: StreamsCall) => Promise<Outcome>;

const WORKS: Readonly<Record<string, Work | undefined>> = {
  list: showing('list'),
  lag: showing('lag'),
  parked,
  pause: changing(pauseStream, 'is paused'),
  resume,
  add,
  test,
  replay,
  'rotate-secret': rotate,
  remove: changing(removeStream, 'is removed'),
  retry: settling('retried', 'are sent again'),
  drop: settling('dropped', 'are dropped'),
};

const PARKED = `
  SELECT index, event_id AS id, reason, retry_at IS NOT NULL AS "isRetried",
         ${timeText('parked_at')} AS "parkedAt"
    FROM audit_stream_parked WHERE stream = $1 ORDER BY index`;

async function parked({ session, stream }: StreamsCall): Promise<Outcome> {
  const rows = await session.rows(PARKED, [stream]);
  const lines = rows.map(({ index, id, reason, parkedAt, isRetried }) => {
    const state = isRetried === true ? 'is sent again' : 'parked';
    return `${String(index)}  ${String(id)}  ${state} since ${String(parkedAt)}: ${String(reason)}`;
  });
  return {
    text: lines.length > 0 ? lines : ['Nothing is parked.'],
    data: { parked: rows.map(({ index, ...row }) => ({ index: Number(index), ...row })) },
  };
}

/** Makes `streams list` and `streams lag`. */
function showing(what: 'list' | 'lag'): Work {
  return async ({ session, count }) => {
    const seconds = count('seconds') ?? LATE_SECONDS;
    const reports = (await session.rows(STREAM_REPORTS)).map(streamReportOfRow);
    const isLate = ({ state, lagSeconds }: StreamReport): boolean => state === 'active' && lagSeconds > seconds;
    const lines = reports.map(what === 'list' ? describeStream : describeLag);
    return {
      exitCode: what === 'lag' && reports.some(isLate) ? EXIT_CODES.missing : EXIT_CODES.fine,
      text: lines.length > 0 ? lines : ['The ledger has no stream.'],
      data: { streams: reports },
    };
  };
}

function describeStream(report: StreamReport): string {
  const { name, state, reason, destination, acknowledgement, position, lagEvents, sentEvents, parked, lastError } =
    report;
  const why = reason === null ? '' : ` (${reason})`;
  const failed = lastError === null ? '' : `, last error: ${lastError}`;
  const counts = `at ${position}, ${lagEvents} behind, ${sentEvents} sent, ${parked} parked`;
  return `${name}  ${state}${why}  ${destination}, acknowledged when ${acknowledgement}  ${counts}${failed}`;
}

function describeLag({ name, state, lagEvents, lagSeconds }: StreamReport): string {
  return `${name}  ${state}  ${lagEvents} events, ${Math.round(lagSeconds)} s`;
}

/** Makes `streams pause` and `streams remove`. */
function changing(change: typeof pauseStream, told: string): Work {
  return async (call) => {
    const { session, stream } = call;
    await change(session, stream, await operatorOf(call));
    return { text: `The stream ${stream} ${told}.\n`, data: { stream } };
  };
}

async function resume(call: StreamsCall): Promise<Outcome> {
  const { session, stream, options } = call;
  await resumeStream(session, stream, await operatorOf(call), placeOrTime('--from', options.from));
  return { text: `The stream ${stream} is sent again.\n`, data: { stream } };
}

async function test(call: StreamsCall): Promise<Outcome> {
  const answer = await testStream(call.session, call.stream, await operatorOf(call));
  const { outcome, reason } = answer;
  return {
    exitCode: outcome === 'accepted' ? EXIT_CODES.fine : EXIT_CODES.missing,
    text: `The destination of ${call.stream}: ${outcome}${reason === undefined ? '' : ` (${reason})`}.\n`,
    data: { answer },
  };
}

async function replay(call: StreamsCall): Promise<Outcome> {
  const { from, to } = call.options;
  const range = { from: placeOrTime('--from', from), to: placeOrTime('--to', to) };
  const begun = await replayStream(call.session, call.stream, range, await operatorOf(call));
  return {
    text: `The replay ${begun.replay} sends the places from ${begun.first} to ${begun.last}.\n`,
    data: begun,
  };
}

/** Makes `streams retry` and `streams drop`. */
function settling(settle: 'retried' | 'dropped', told: string): Work {
  return async (call) => {
    const { session, stream, options, refuse } = call;
    const places = options.index.map((text) =>
      /^\d{1,15}$/.test(text) ? Number(text) : refuse(`--index ${text} is not a place: give a whole number`),
    );
    const wanted = places.length === 0 ? undefined : places;
    const settled = await settleParked(session, stream, settle, await operatorOf(call), wanted);
    const text = settled.length === 0 ? 'No such event is parked.\n' : `The events at ${settled.join(', ')} ${told}.\n`;
    return { text, data: { places: settled } };
  };
}

async function add(call: StreamsCall): Promise<Outcome> {
  const { file, paused } = call.options;
  if (file === undefined) return call.refuse('add takes --file with the options of the stream');
  const given = parseJsonObject(await readInput(file));
  if (typeof given === 'string') return call.refuse(`--file ${file}: ${given}`);
  const { addStream } = await import('../modules/streams/manage/stored-streams.js'); // it loads the filters
  const { name } = await addStream(call.session, given, await makerOf(call), paused);
  return {
    text: `The stream ${name} is added${paused ? ', paused' : ''}.\n`,
    data: { stream: name },
  };
}

async function rotate(call: StreamsCall): Promise<Outcome> {
  const { secretFile, graceDays } = call.options;
  if (secretFile === undefined) return call.refuse('rotate-secret takes --secret-file');
  const secret = (await readInput(secretFile)).trim();
  const { GRACE_DAYS, rotateSecret } = await import('../modules/streams/manage/rotate-secret.js');
  const days = Number(graceDays ?? GRACE_DAYS);
  const oldSecretUntil = await rotateSecret(call.session, call.stream, secret, days, await makerOf(call));
  const text = `Both secrets sign until ${oldSecretUntil.toISOString()}.\n`;
  return { text, data: { oldSecretUntil } };
}

/** Returns the person who runs the command, with the signer of the act. */
async function operatorOf({ operator, options, environment }: StreamsCall): Promise<StreamOperator> {
  return { actor: { type: 'admin', name: operator }, reason: options.reason, signer: await actSigner(environment) };
}

/** Returns {@link operatorOf} with the keys that encrypt secrets. */
async function makerOf(call: StreamsCall): Promise<StreamMaker> {
  return { ...(await operatorOf(call)), keys: parseSecretsKeys(call.environment.AUDIT_STREAM_SECRETS_KEY) };
}

/** Reads a place or a time. @throws CallError for anything else */
export function placeOrTime(option: string, given: string | undefined): number | Date | undefined {
  if (given === undefined) return undefined;
  if (/^\d{1,15}$/.test(given)) return Number(given);
  if (!Number.isNaN(Date.parse(given))) return new Date(given);
  throw CallError.create('streams', [`${option} ${given} is neither a place nor an RFC 3339 time`]);
}
