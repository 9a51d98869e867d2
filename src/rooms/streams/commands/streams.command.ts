import { pauseStream, removeStream, replayStream, resumeStream, settleParked } from '../change-stream.js';
import { useStreamsSession, type StreamOperator } from '../stream-acts.js';
import { defineCommand, type Outcome, type Call } from '../../../cli/define-command.js';
import { STREAM_REPORTS, streamReportOfRow } from '../stream-report.js';
import type { StreamReport } from '../stream.dto.js';
import { EXIT_CODES } from '../../../cli/command-result.js';
import { timeText } from '../../../monitoring/store/ledger-row.js';
import type { LedgerSession } from '../../../monitoring/store/sessions/ledger-session.js';
import { actSigner } from '../../../cli/connection/key-of-environment.js';
import { text, texts, BY } from '../../../cli/options.js';
import { commandErrors } from '../../../cli/cli.errors.js';

const LATE_SECONDS = 300;

const STREAMS_OPTIONS = {
  seconds: text('<most>', `for lag: the maximum lag; above it, the exit code is 1; default: ${LATE_SECONDS}`),
  index: texts('<index>', 'for retry and drop: the index of a parked event'),
  from: text('<index>', 'for resume and replay: the first index, or an RFC 3339 time'),
  to: text('<index>', 'for replay: the last index, or an RFC 3339 time'),
  reason: text('<text>', 'the reason, which the event records'),
  by: BY,
} as const;

const PARKED = `
  SELECT index, event_id AS id, reason, retry_at IS NOT NULL AS "isRetried",
         ${timeText('parked_at')} AS "parkedAt"
    FROM audit_stream_parked WHERE stream = $1 ORDER BY index`;

const WORKS: Readonly<Record<string, Work | undefined>> = {
  list: showing('list'),
  lag: showing('lag'),
  parked,
  pause: changing(pauseStream, 'is paused'),
  remove: changing(removeStream, 'is removed'),
  resume,
  replay,
  retry: settling('retried', 'are retried'),
  drop: settling('dropped', 'are dropped'),
};

export const command = defineCommand({
  name: 'streams',
  usage: [
    'list [options]',
    'lag [--seconds <most>] [options]',
    'parked <stream> [options]',
    'pause|remove <stream> [options]',
    'resume|replay <stream> [--from <index>] …',
    'retry|drop <stream> [--index <index>]…',
  ],
  about: ['Shows and changes the application’s streams. An event with a signed act records each change.'],
  arguments: [
    ['<action>', 'one of the actions below'],
    ['[stream]', 'the name of the stream'],
  ],
  actions: {
    list: 'show each stream with its state, destination, cursor and last error',
    lag: 'show the lag of each stream: the number of unsent events, and the wait of the oldest one',
    parked: 'show the events that the destination refused, with its answers',
    pause: 'pause a stream; retention may then retire events that it has not sent',
    resume: 'resume a paused or stopped stream at its cursor or at --from',
    replay: 'send a range again, beside the live stream; list shows its progress',
    remove: 'remove a stream that no instance has in its options any more',
    retry: 'retry parked events; default: all of the stream',
    drop: 'drop parked events; the stream sends a signed gap record for each',
  },
  options: STREAMS_OPTIONS,
  connects: 'sealer',
  json: 'for list and lag "streams"; for parked "parked"; for retry and drop "places"; for replay "replay", "first", "last"; for other actions "stream"',
  environment: 'to change a stream: AUDIT_SIGNING_KEY_FILE and AUDIT_LEDGER_ORIGIN, with the application’s values.',
  examples: [
    'list',
    'lag --seconds 60',
    'pause siem --reason maintenance',
    'replay siem --from 2026-11-01 --to 2026-11-02',
  ],
  exitCodes:
    '0 when the command succeeded; 1 when an active stream lags for more than --seconds; 2 when the command failed.',
  run: async (call) => {
    const [action = '', stream = ''] = call.words;
    const isAboutAll = ['list', 'lag'].includes(action);
    const work = Object.hasOwn(WORKS, action) ? WORKS[action] : undefined;
    if (!work || isAboutAll !== (stream === '')) {
      return call.refuse(
        'the action must be list or lag, or one of parked, pause, resume, replay, retry, drop, remove with a stream',
      );
    }
    const url = await call.sealer();
    return useStreamsSession(url, (session) => work({ ...call, session, stream }));
  },
});

interface StreamsCall extends Call<typeof STREAMS_OPTIONS> {
  readonly session: LedgerSession;
  readonly stream: string;
}

type Work = (call: StreamsCall) => Promise<Outcome>;

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

function changing(change: typeof pauseStream, done: string): Work {
  return async (call) => {
    const { session, stream } = call;
    await change(session, stream, await operatorOf(call));
    return { text: `The stream ${stream} ${done}.\n`, data: { stream } };
  };
}

async function resume(call: StreamsCall): Promise<Outcome> {
  const { session, stream, options } = call;
  await resumeStream(session, stream, await operatorOf(call), indexOrTime('--from', options.from));
  return { text: `The stream ${stream} is resumed.\n`, data: { stream } };
}

async function replay(call: StreamsCall): Promise<Outcome> {
  const { from, to } = call.options;
  const range = { from: indexOrTime('--from', from), to: indexOrTime('--to', to) };
  const begun = await replayStream(call.session, call.stream, range, await operatorOf(call));
  return {
    text: `The replay ${begun.replay} sends the events with index ${begun.first} to ${begun.last}.\n`,
    data: begun,
  };
}

function settling(settle: 'retried' | 'dropped', done: string): Work {
  return async (call) => {
    const { session, stream, options, refuse } = call;
    const places = options.index.map((text) =>
      /^\d{1,15}$/.test(text) ? Number(text) : refuse(`--index ${text} is not a whole number`),
    );
    const wanted = places.length === 0 ? undefined : places;
    const settled = await settleParked(session, stream, settle, await operatorOf(call), wanted);
    const text =
      settled.length === 0 ? 'No such event is parked.\n' : `The events with index ${settled.join(', ')} ${done}.\n`;
    return { text, data: { places: settled } };
  };
}

async function operatorOf({ operator, options, environment }: StreamsCall): Promise<StreamOperator> {
  return { actor: { type: 'admin', name: operator }, reason: options.reason, signer: await actSigner(environment) };
}

/** Reads the value of an option that is an index or a time. @throws `AUDIT_REQUEST_INVALID` */
function indexOrTime(option: string, given: string | undefined): number | Date | undefined {
  if (given === undefined) return undefined;
  if (/^\d{1,15}$/.test(given)) return Number(given);
  if (!Number.isNaN(Date.parse(given))) return new Date(given);
  throw commandErrors.AUDIT_REQUEST_INVALID.ofCommand('streams', [
    `${option} ${given} is neither an index nor an RFC 3339 time`,
  ]);
}
