import {
  pauseConsumer,
  replayConsumer,
  resumeConsumer,
  settleParked,
  useConsumersSession,
  type ConsumerOperator,
} from '../../monitoring/consumers/change-consumer.js';
import { CONSUMER_REPORTS, toConsumerReport } from '../../monitoring/consumers/consumer-report.js';
import type { ConsumerReport } from '../../monitoring/consumers/consumer.dto.js';
import { defineCommand, type Outcome, type Call } from '../define-command.js';
import { EXIT_CODES } from '../command-result.js';
import { parseEndTime, isTime, parseTime } from '../../monitoring/read/query/query-times.js';
import { selectTimeText } from '../../monitoring/store/ledger-row.js';
import type { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import { readActSigner } from '../connection/key-settings.js';
import { textOption, listOption, BY_OPTION } from '../options.js';
import { commandErrors } from '../cli.errors.js';

const LATE_SECONDS = 300;

const CONSUMERS_OPTIONS = {
  seconds: textOption('<most>', `for lag: the maximum lag; above it, the exit code is 1; default: ${LATE_SECONDS}`),
  index: listOption('<index>', 'for retry and drop: the index of a parked event'),
  from: textOption('<index>', 'for resume and replay: the first index or day, or an RFC 3339 time'),
  to: textOption('<index>', 'for replay: the last index or day, or an RFC 3339 time'),
  reason: textOption('<text>', 'the reason, which the event records'),
  by: BY_OPTION,
} as const;

const PARKED = `
  SELECT index, event_id AS id, reason, retry_at IS NOT NULL AS "isRetried",
         ${selectTimeText('parked_at')} AS "parkedAt"
    FROM audit_consumer_parked WHERE consumer = $1 ORDER BY index`;

const SUBCOMMANDS: Readonly<Record<string, Subcommand | undefined>> = {
  list: showing('list'),
  lag: showing('lag'),
  parked: listParked,
  pause,
  resume,
  replay: runReplay,
  retry: settling('retried', 'are retried'),
  drop: settling('dropped', 'are dropped'),
};

export const command = defineCommand({
  name: 'consumers',
  usage: [
    'list [options]',
    'lag [--seconds <most>] [options]',
    'parked <consumer> [options]',
    'pause <consumer> [options]',
    'resume|replay <consumer> [--from <index>] …',
    'retry|drop <consumer> [--index <index>]…',
  ],
  about: ['Shows and changes what reads the log in order. An event records each change.'],
  arguments: [
    ['<action>', 'one of the actions below'],
    ['[consumer]', 'the name of the consumer'],
  ],
  actions: {
    list: 'show each consumer with its state, position and last error',
    lag: 'show the lag of each consumer: the number of events that it has not handled, and the wait of the oldest one',
    parked: 'show the events that the consumer refused, with the reasons',
    pause: 'pause a consumer; retention may then retire events that it has not handled',
    resume: 'resume a paused or stopped consumer at its position or at --from',
    replay: 'handle a range again, beside the live events; list shows its progress',
    retry: 'retry parked events; default: all of the consumer',
    drop: 'drop parked events',
  },
  options: CONSUMERS_OPTIONS,
  connects: 'sealer',
  json: 'for list and lag "consumers"; for parked "parked"; for retry and drop "positions"; for replay "replay", "first", "last"; for other actions "consumer"',
  environment: 'to change a consumer: AUDIT_SIGNING_KEY_FILE and AUDIT_LEDGER_ORIGIN, with the application’s values.',
  examples: [
    'list',
    'lag --seconds 60',
    'pause billing-projection --reason maintenance',
    'replay billing-projection --from 2026-11-01 --to 2026-11-01',
  ],
  exitCodes:
    '0 when the command succeeded; 1 when an active consumer lags for more than --seconds; 2 when the command failed.',
  run: async (call) => {
    const [action = '', consumer = ''] = call.words;
    const isAboutAll = ['list', 'lag'].includes(action);
    const work = Object.hasOwn(SUBCOMMANDS, action) ? SUBCOMMANDS[action] : undefined;
    if (!work || isAboutAll !== (consumer === '')) {
      return call.refuse(
        'the action must be list or lag, or one of parked, pause, resume, replay, retry, drop with a consumer',
      );
    }
    const url = await call.sealer();
    return useConsumersSession(url, (session) => work({ ...call, session, consumer }));
  },
});

interface ConsumersCall extends Call<typeof CONSUMERS_OPTIONS> {
  readonly session: LedgerSession;
  readonly consumer: string;
}

type Subcommand = (call: ConsumersCall) => Promise<Outcome>;

async function listParked({ session, consumer }: ConsumersCall): Promise<Outcome> {
  const rows = await session.rows(PARKED, [consumer]);
  const lines = rows.map(({ index, id, reason, parkedAt, isRetried }) => {
    const state = isRetried === true ? 'is retried' : 'parked';
    return `${String(index)}  ${String(id)}  ${state} since ${String(parkedAt)}: ${String(reason)}`;
  });
  return {
    text: lines.length > 0 ? lines : ['Nothing is parked.'],
    data: { parked: rows.map(({ index, ...row }) => ({ index: Number(index), ...row })) },
  };
}

function showing(what: 'list' | 'lag'): Subcommand {
  return async ({ session, count }) => {
    const seconds = count('seconds') ?? LATE_SECONDS;
    const reports = (await session.rows(CONSUMER_REPORTS)).map(toConsumerReport);
    const isLate = ({ state, lagSeconds }: ConsumerReport): boolean => state === 'active' && lagSeconds > seconds;
    const lines = reports.map(what === 'list' ? describeConsumer : describeLag);
    return {
      exitCode: what === 'lag' && reports.some(isLate) ? EXIT_CODES.missing : EXIT_CODES.fine,
      text: lines.length > 0 ? lines : ['The ledger has no consumer.'],
      data: { consumers: reports },
    };
  };
}

function describeConsumer(report: ConsumerReport): string {
  const { name, state, reason, about, position, lagEvents, handledEvents, parked, lastError } = report;
  const why = reason === null ? '' : ` (${reason})`;
  const failed = lastError === null ? '' : `, last error: ${lastError}`;
  const counts = `at ${position}, ${lagEvents} behind, ${handledEvents} handled, ${parked} parked`;
  const what = Object.entries(about).map(([key, value]) => `${key} ${String(value)}  `);
  return `${name}  ${state}${why}  ${what.join('')}${counts}${failed}`;
}

function describeLag({ name, state, lagEvents, lagSeconds }: ConsumerReport): string {
  return `${name}  ${state}  ${lagEvents} events, ${Math.round(lagSeconds)} s`;
}

async function pause(call: ConsumersCall): Promise<Outcome> {
  const { session, consumer } = call;
  await pauseConsumer(session, consumer, await resolveOperator(call));
  return { text: `The consumer ${consumer} is paused.\n`, data: { consumer } };
}

async function resume(call: ConsumersCall): Promise<Outcome> {
  const { session, consumer, options } = call;
  await resumeConsumer(session, consumer, await resolveOperator(call), parseIndexOrTime('--from', options.from));
  return { text: `The consumer ${consumer} is resumed.\n`, data: { consumer } };
}

async function runReplay(call: ConsumersCall): Promise<Outcome> {
  const { from, to } = call.options;
  const range = { from: parseIndexOrTime('--from', from), to: parseIndexOrTime('--to', to, parseEndTime) };
  const started = await replayConsumer(call.session, call.consumer, range, await resolveOperator(call));
  return {
    text: `The replay ${started.replay} handles the events with index ${started.first} to ${started.last}.\n`,
    data: started,
  };
}

function settling(settle: 'retried' | 'dropped', done: string): Subcommand {
  return async (call) => {
    const { session, consumer, options, refuse } = call;
    const positions = options.index.map((text) =>
      /^\d{1,15}$/.test(text) ? Number(text) : refuse(`--index ${text} is not a whole number`),
    );
    const requested = positions.length === 0 ? undefined : positions;
    const settled = await settleParked(session, consumer, settle, await resolveOperator(call), requested);
    const text =
      settled.length === 0 ? 'No such event is parked.\n' : `The events with index ${settled.join(', ')} ${done}.\n`;
    return { text, data: { positions: settled } };
  };
}

async function resolveOperator({ operator, options, environment }: ConsumersCall): Promise<ConsumerOperator> {
  return { actor: { type: 'admin', name: operator }, reason: options.reason, signer: await readActSigner(environment) };
}

/** Reads the value of an option that is an index, a day or a time. @throws `AUDIT_REQUEST_INVALID` */
function parseIndexOrTime(option: string, input: string | undefined, timeAt = parseTime): number | Date | undefined {
  if (input === undefined) return undefined;
  if (/^\d{1,15}$/.test(input)) return Number(input);
  if (isTime(input)) return timeAt(input);
  throw commandErrors.AUDIT_REQUEST_INVALID.ofCommand('consumers', [
    `${option} ${input} is neither an index nor a day or an RFC 3339 time`,
  ]);
}
