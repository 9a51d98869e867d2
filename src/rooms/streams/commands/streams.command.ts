import { pauseStream, removeStream, replayStream, resumeStream, testStream, settleParked } from '../change-stream.js';
import { useStreamsSession, type StreamOperator } from '../stream-acts.js';
import { defineCommand, type Outcome, type Call } from '../../../cli/define-command.js';
import { STREAM_REPORTS, streamReportOfRow } from '../stream-report.js';
import type { StreamReport, DryRun } from '../stream.dto.js';
import { EXIT_CODES } from '../../../cli/command-result.js';
import { readJsonOption } from '../../../cli/parse-json-object.js';
import { readInput } from '../../../cli/read-input.js';
import { parseSecretsKeys } from '../manage/secrets-key.js';
import type { StreamMaker } from '../manage/stored-streams.js';
import { timeText } from '../../../monitoring/store/ledger-row.js';
import type { LedgerSession } from '../../../monitoring/store/sessions/ledger-session.js';
import { actSigner, keyOfEnvironment } from '../../../cli/connection/key-of-environment.js';
import { flag, text, texts, BY } from '../../../cli/options.js';
import { commandErrors } from '../../../cli/cli.errors.js';
import { ownPackage } from '../../../audit/nest-free.js';
import { recordRead, withReader } from '../../../cli/connection/use-ledger.js';
import { storedCatalogue } from '../../../monitoring/store/own-types.js';

const LATE_SECONDS = 300;

const STREAMS_OPTIONS = {
  seconds: text('<most>', `for lag: the maximum lag; above it, the exit code is 1; default: ${LATE_SECONDS}`),
  index: texts('<index>', 'for retry and drop: the index of a parked event'),
  file: text('<file>', 'for add and dry-run: the options of the stream as JSON; - is the standard input'),
  paused: flag('for add: add the stream as paused, so that you can test it first'),
  from: text('<index>', 'for resume, replay and dry-run: the first index, or an RFC 3339 time'),
  to: text('<index>', 'for replay and dry-run: the last index, or an RFC 3339 time'),
  last: text('<n>', 'for dry-run: the number of newest events, 1 to 100; default: 10'),
  event: texts('<id>', 'for dry-run: instead of a range: the id of an event'),
  secretFile: text('<file>', 'for rotate-secret: the file with the new secret; - is the standard input'),
  graceDays: text('<days>', 'for rotate-secret: the days for which both secrets sign; default: 7'),
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
  resume,
  add,
  test,
  replay,
  'rotate-secret': rotate,
  remove: changing(removeStream, 'is removed'),
  retry: settling('retried', 'are retried'),
  drop: settling('dropped', 'are dropped'),
};

export const command = defineCommand({
  name: 'streams',
  usage: [
    'list [options]',
    'lag [--seconds <most>] [options]',
    'parked <stream> [options]',
    'add --file <file> [--paused] [options]',
    'dry-run --file <file> [--last <n>] [options]',
    'pause|remove|test <stream> [options]',
    'resume|replay <stream> [--from <index>] …',
    'rotate-secret <stream> --secret-file <file>',
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
    add: 'add a stream with the options of a JSON file; the application starts it within seconds',
    'dry-run':
      'show the exact requests, messages or lines that a stream with the options of --file would send, without secrets, and the events that are excluded or too large; sends nothing, and is recorded as a read',
    resume: 'resume a paused or stopped stream at its cursor or at --from',
    test: 'let the application send a signed test event, and show the destination’s answer',
    replay: 'send a range again, beside the live stream; list shows its progress',
    'rotate-secret': 'set a new secret for a webhook; for some days, both secrets sign',
    retry: 'retry parked events; default: all of the stream',
    drop: 'drop parked events; the stream sends a signed gap record for each',
    remove: 'remove a stream that no instance has in its options',
  },
  options: STREAMS_OPTIONS,
  connects: 'sealer',
  records: (action) => action === 'dry-run',
  json: 'for list and lag "streams"; for parked "parked"; for retry and drop "places"; for test "answer"; for replay "replay", "first", "last"; for rotate-secret "oldSecretUntil"; for dry-run "destination", "places", "events", "messages", "refused", "leftOut"; for other actions "stream"',
  environment:
    'to change a stream: AUDIT_SIGNING_KEY_FILE and AUDIT_LEDGER_ORIGIN, and for add and rotate-secret also AUDIT_STREAM_SECRETS_KEY; for dry-run AUDIT_LEDGER_ORIGIN; with the application’s values.',
  examples: [
    'list',
    'lag --seconds 60',
    'add --file siem.json --paused',
    'dry-run --file siem.json --last 3',
    'test siem',
    'replay siem --from 2026-11-01 --to 2026-11-02',
  ],
  exitCodes:
    '0 when the command succeeded; 1 when an active stream lags for more than --seconds; 2 when the command failed.',
  run: async (call) => {
    const [action = '', stream = ''] = call.words;
    if (action === 'dry-run' && stream === '') return previewStream(call);
    const isAboutAll = ['list', 'lag', 'add'].includes(action);
    const work = Object.hasOwn(WORKS, action) ? WORKS[action] : undefined;
    if (!work || isAboutAll !== (stream === '')) {
      return call.refuse(
        'the action must be list, lag, add, dry-run, or one of parked, pause, resume, test, replay, rotate-secret, retry, drop, remove with a stream',
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

async function add(call: StreamsCall): Promise<Outcome> {
  const { file, paused } = call.options;
  if (file === undefined) return call.refuse('add needs --file with the options of the stream');
  const given = await readJsonOption('--file', file, call.refuse);
  const { addStream } = await import('../manage/stored-streams.js'); // on demand, because this file loads the filters
  const { name } = await addStream(call.session, given, await makerOf(call), paused);
  return {
    text: `The stream ${name} is added${paused ? ', paused' : ''}.\n`,
    data: { stream: name },
  };
}

async function rotate(call: StreamsCall): Promise<Outcome> {
  const { secretFile, graceDays } = call.options;
  if (secretFile === undefined) return call.refuse('rotate-secret needs --secret-file');
  const secret = (await readInput(secretFile)).trim();
  const { GRACE_DAYS, rotateSecret } = await import('../manage/rotate-secret.js');
  const days = Number(graceDays ?? GRACE_DAYS);
  const oldSecretUntil = await rotateSecret(call.session, call.stream, secret, days, await makerOf(call));
  const text = `Both secrets sign until ${oldSecretUntil.toISOString()}.\n`;
  return { text, data: { oldSecretUntil } };
}

async function operatorOf({ operator, options, environment }: StreamsCall): Promise<StreamOperator> {
  return { actor: { type: 'admin', name: operator }, reason: options.reason, signer: await actSigner(environment) };
}

async function makerOf(call: StreamsCall): Promise<StreamMaker> {
  return { ...(await operatorOf(call)), keys: parseSecretsKeys(call.environment.AUDIT_STREAM_SECRETS_KEY) };
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

const ALL = { scope: 'all' } as const;

/** Returns the messages that a stream with the options of a file would send, and sends nothing. Records the read. */
async function previewStream({
  options,
  environment,
  operator,
  ledger,
  refuse,
}: Call<typeof STREAMS_OPTIONS>): Promise<Outcome> {
  const { file, last, event } = options;
  if (file === undefined) return refuse('it needs --file with the options of the stream');
  const given = await readJsonOption('--file', file, refuse);
  const { dryRun } = await import('../manage/dry-run.js'); // on demand, because this file loads the destinations
  const { checked } = await import('../manage/stored-streams.js');
  const stream = checked({ name: 'dry-run', ...given });
  const connectionUrl = await ledger();
  return withReader(connectionUrl, async (reader) => {
    const source = { origin: keyOfEnvironment(environment).origin, version: ownPackage()?.version ?? '0' };
    const wanted = {
      ...(last !== undefined && { last: Number(last) }),
      ...{ from: indexOrTime('--from', options.from), to: indexOrTime('--to', options.to) },
      ...(event.length > 0 && { eventIds: event }),
    };
    const found = await dryRun({ reader, catalogue: await storedCatalogue(reader), source }, stream, wanted, ALL);
    const shown = found.events + found.leftOut.length;
    const more = { stream: stream.name, destination: stream.destination.type };
    await recordRead(connectionUrl, operator, { access: ALL, filters: { ...stream.filter }, shown, more });
    return { text: describe(found), data: found };
  });
}

function describe({ messages, refused, leftOut, events, destination }: DryRun): string {
  return [
    ...messages.flatMap(({ to, headers, body }) => [
      to,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      '',
      body,
      '',
    ]),
    ...(refused ? [`too large: ${refused.events.join(', ')}: ${refused.reason}`] : []),
    ...leftOut.map(({ index, id, type, because }) => `left out: ${index}  ${id}  ${type}: ${because.join(', ')}`),
    `${destination}: ${events} events in ${messages.length} messages; nothing was sent`,
    '',
  ].join('\n');
}
