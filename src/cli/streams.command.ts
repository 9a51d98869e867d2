import {
  pauseStream,
  removeStream,
  settleParked,
  type StreamOperator,
} from '../modules/monitoring/streams/change-stream.js';
import { replayStream } from '../modules/monitoring/streams/manage/replay-stream.js';
import { resumeFrom } from '../modules/monitoring/streams/manage/resume-from.js';
import { SecretsKey } from '../modules/monitoring/streams/manage/secrets-key.js';
import type { StreamMaker } from '../modules/monitoring/streams/manage/stored-streams.js';
import { testStream } from '../modules/monitoring/streams/manage/test-stream.js';
import { STREAM_REPORTS, streamReportOfRow, type StreamReport } from '../modules/monitoring/streams/stream-report.js';
import { LEADER_LIMITS } from '../modules/monitoring/store/session-limits.js';
import { SEQUENCER } from '../modules/monitoring/store/ledger-roles.js';
import { LedgerSession } from '../modules/monitoring/store/ledger-session.js';
import { actSigner } from './act-signer.js';
import { CallError } from './call.error.js';
import { EXIT_CODES } from './command-result.js';
import { currentOperator } from './current-operator.js';
import { defineCommand, type Outcome } from './define-command.js';
import { parseJsonObject } from './parse-json-object.js';
import { readInput } from './read-input.js';
import { wrapIndented } from './fit-table.js';
import type { CommandEnvironment } from './key-of-environment.js';
import { flag, text, texts } from './option-definitions.js';

const PARKED = `
  SELECT index, event_id AS id, reason, retry_at IS NOT NULL AS "isRetried",
         to_char(parked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "parkedAt"
    FROM audit_stream_parked WHERE stream = $1 ORDER BY index`;

const LATE_SECONDS = '300';

interface StreamsCall {
  readonly session: LedgerSession;
  readonly stream: string;
  readonly reason: string | undefined;
  readonly by: string;
  readonly index: readonly string[];
  readonly seconds: string;
  readonly environment: CommandEnvironment;
  readonly width: number;
  readonly options: GivenOptions;
}

interface GivenOptions {
  readonly file: string | undefined;
  readonly paused: boolean;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly secretFile: string | undefined;
  readonly graceDays: string | undefined;
}

/** `nestjs-audit-ledger streams`. */
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
  options: {
    seconds: text('<most>', `for lag: how long an event may wait before the exit code is 1; default: ${LATE_SECONDS}`),
    index: texts('<place>', 'the place of a parked event'),
    file: text('<file>', 'for add: the options of the stream as JSON; - is the standard input'),
    paused: flag('for add: add it as paused, so that you can test it first'),
    from: text('<place>', 'for resume and replay: a place, or an RFC 3339 time'),
    to: text('<place>', 'for replay: the last place, or an RFC 3339 time'),
    secretFile: text('<file>', 'for rotate-secret: the file with the new secret; - is the standard input'),
    graceDays: text('<days>', 'for rotate-secret: for how long both secrets sign; default: 7'),
    reason: text('<text>', 'the reason, for the event'),
    by: text('<name>', 'who does this; default: your user name and this machine'),
  },
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
  run: async ({ options, words: [action = '', stream], environment, width, sealer, refuse }) => {
    const isAboutAll = ['list', 'lag', 'add'].includes(action);
    const work = Object.hasOwn(WORKS, action) ? WORKS[action] : undefined;
    if (!work || isAboutAll !== (stream === undefined)) {
      return refuse(
        'it takes list, lag, add, or one of parked, pause, resume, test, replay, rotate-secret, retry, drop, remove with a stream',
      );
    }
    const { seconds = LATE_SECONDS, by = currentOperator(), reason, index } = options;
    if (!(Number(seconds) >= 0)) refuse(`--seconds is ${seconds}, not a number of seconds`);
    const url = await sealer();
    return LedgerSession.use(url, { ...SEQUENCER, name: 'streams' }, LEADER_LIMITS, (session) =>
      work({ ...{ session, stream: stream ?? '', reason, by, index, seconds, environment, width }, options }),
    );
  },
});

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

function changing(change: typeof pauseStream, told: string): Work {
  return async (call) => {
    const { session, stream } = call;
    await change(session, stream, await operatorOf(call));
    return { exitCode: EXIT_CODES.fine, text: `The stream ${stream} ${told}.\n`, data: { stream } };
  };
}

async function resume(call: StreamsCall): Promise<Outcome> {
  const { session, stream, options } = call;
  await resumeFrom(session, stream, await operatorOf(call), placeOrTime('--from', options.from));
  return { exitCode: EXIT_CODES.fine, text: `The stream ${stream} is sent again.\n`, data: { stream } };
}

async function add(call: StreamsCall): Promise<Outcome> {
  const { file, paused } = call.options;
  if (file === undefined) throw CallError.create('streams', ['add takes --file with the options of the stream']);
  const given = parseJsonObject(await readInput(file));
  if (typeof given === 'string') throw CallError.create('streams', [`--file ${file}: ${given}`]);
  const { addStream } = await import('../modules/monitoring/streams/manage/stored-streams.js'); // it loads the filters
  const { name } = await addStream(call.session, given, await makerOf(call), paused);
  return {
    exitCode: EXIT_CODES.fine,
    text: `The stream ${name} is added${paused ? ', paused' : ''}.\n`,
    data: { stream: name },
  };
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
    exitCode: EXIT_CODES.fine,
    text: `The replay ${begun.replay} sends the places from ${begun.first} to ${begun.last}.\n`,
    data: begun,
  };
}

async function rotate(call: StreamsCall): Promise<Outcome> {
  const { secretFile, graceDays } = call.options;
  if (secretFile === undefined) throw CallError.create('streams', ['rotate-secret takes --secret-file']);
  const secret = (await readInput(secretFile)).trim();
  const { GRACE_DAYS, rotateSecret } = await import('../modules/monitoring/streams/manage/rotate-secret.js');
  const days = Number(graceDays ?? GRACE_DAYS);
  const oldSecretUntil = await rotateSecret(call.session, call.stream, secret, days, await makerOf(call));
  const text = `Both secrets sign until ${oldSecretUntil.toISOString()}.\n`;
  return { exitCode: EXIT_CODES.fine, text, data: { oldSecretUntil } };
}

async function makerOf(call: StreamsCall): Promise<StreamMaker> {
  return { ...(await operatorOf(call)), key: SecretsKey.parse(call.environment.AUDIT_STREAM_SECRETS_KEY) };
}

function placeOrTime(option: string, given: string | undefined): number | Date | undefined {
  if (given === undefined) return undefined;
  if (/^\d{1,15}$/.test(given)) return Number(given);
  if (!Number.isNaN(Date.parse(given))) return new Date(given);
  throw CallError.create('streams', [`${option} ${given} is neither a place nor an RFC 3339 time`]);
}

function settling(settle: 'retried' | 'dropped', told: string): Work {
  return async (call) => {
    const { session, stream, index } = call;
    const wanted = index.length === 0 ? undefined : index.map(placeOf);
    const places = await settleParked(session, stream, settle, await operatorOf(call), wanted);
    const text = places.length === 0 ? 'No such event is parked.\n' : `The events at ${places.join(', ')} ${told}.\n`;
    return { exitCode: EXIT_CODES.fine, text, data: { places } };
  };
}

async function operatorOf({ by, reason, environment }: StreamsCall): Promise<StreamOperator> {
  return { by, reason, signer: await actSigner(environment) };
}

function placeOf(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw CallError.create('streams', [`--index ${text} is not a place: give a whole number`]);
}

async function parked({ session, stream, width }: StreamsCall): Promise<Outcome> {
  const rows = await session.rows(PARKED, [stream]);
  const lines = rows.map(({ index, id, reason, parkedAt, isRetried }) => {
    const state = isRetried === true ? 'is sent again' : 'parked';
    return `${String(index)}  ${String(id)}  ${state} since ${String(parkedAt)}: ${String(reason)}`;
  });
  return {
    exitCode: EXIT_CODES.fine,
    text: linesOf(lines, width) || 'Nothing is parked.\n',
    data: { parked: rows.map(({ index, ...row }) => ({ index: Number(index), ...row })) },
  };
}

function showing(what: 'list' | 'lag'): Work {
  return async ({ session, seconds, width }) => {
    const reports = (await session.rows(STREAM_REPORTS)).map(streamReportOfRow);
    const isLate = ({ state, lagSeconds }: StreamReport): boolean => state === 'active' && lagSeconds > Number(seconds);
    return {
      exitCode: what === 'lag' && reports.some(isLate) ? EXIT_CODES.missing : EXIT_CODES.fine,
      text:
        linesOf(reports.map(what === 'list' ? describeStream : describeLag), width) || 'The ledger has no stream.\n',
      data: { streams: reports },
    };
  };
}

function linesOf(lines: readonly string[], width: number): string {
  return lines.map((line) => `${wrapIndented(line, width)}\n`).join('');
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
