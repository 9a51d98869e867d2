import {
  pauseStream,
  removeStream,
  resumeStream,
  settleParked,
  type StreamOperator,
} from '../modules/monitoring/streams/change-stream.js';
import { STREAM_REPORTS, streamReportOfRow, type StreamReport } from '../modules/monitoring/streams/stream-report.js';
import { LEADER_LIMITS } from '../modules/monitoring/store/session-limits.js';
import { SEQUENCER } from '../modules/monitoring/store/ledger-roles.js';
import { LedgerSession } from '../modules/monitoring/store/ledger-session.js';
import { actSigner } from './act-signer.js';
import { CallError } from './call.error.js';
import { EXIT_CODES } from './command-result.js';
import { currentOperator } from './current-operator.js';
import { defineCommand, type Outcome } from './define-command.js';
import { wrapIndented } from './fit-table.js';
import type { CommandEnvironment } from './key-of-environment.js';
import { text, texts } from './option-definitions.js';

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
}

/** `nestjs-audit-ledger streams`. */
export const command = defineCommand({
  name: 'streams',
  usage: [
    'list [options]',
    'lag [--seconds <most>] [options]',
    'parked <stream> [options]',
    'pause|resume|remove <stream> [options]',
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
    resume: 'send it again from where it is, also after its destination wanted no more',
    retry: 'send parked events again; default: all of the stream',
    drop: 'forget parked events: the stream has a signed gap in their place',
    remove: 'forget a stream that no instance has in its options',
  },
  options: {
    seconds: text('<most>', `for lag: how long an event may wait before the exit code is 1; default: ${LATE_SECONDS}`),
    index: texts('<place>', 'the place of a parked event'),
    reason: text('<text>', 'the reason, for the event'),
    by: text('<name>', 'who does this; default: your user name and this machine'),
  },
  connects: 'sealer',
  json: 'for list and lag "streams"; for parked "parked"; for retry and drop "places"; else "stream"',
  environment: 'to change a stream, AUDIT_SIGNING_KEY_FILE and AUDIT_LEDGER_ORIGIN, with the application’s values.',
  examples: ['list', 'lag --seconds 60'],
  exitCodes:
    '0 when it is done; 1 when lag finds an active stream that is later than --seconds; 2 when the command failed.',
  run: async ({ options, words: [action = '', stream], environment, width, sealer, refuse }) => {
    const isAboutAll = action === 'list' || action === 'lag';
    const work = Object.hasOwn(WORKS, action) ? WORKS[action] : undefined;
    if (!work || isAboutAll !== (stream === undefined)) {
      return refuse('it takes list, lag, or one of parked, pause, resume, retry, drop, remove with a stream');
    }
    const { seconds = LATE_SECONDS, by = currentOperator(), reason, index } = options;
    if (!(Number(seconds) >= 0)) refuse(`--seconds is ${seconds}, not a number of seconds`);
    const url = await sealer();
    return LedgerSession.use(url, { ...SEQUENCER, name: 'streams' }, LEADER_LIMITS, (session) =>
      work({ session, stream: stream ?? '', reason, by, index, seconds, environment, width }),
    );
  },
});

type Work = (call: StreamsCall) => Promise<Outcome>;

const WORKS: Readonly<Record<string, Work | undefined>> = {
  list: showing('list'),
  lag: showing('lag'),
  parked,
  pause: changing(pauseStream, 'is paused'),
  resume: changing(resumeStream, 'is sent again'),
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
