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
import { commandError } from './command-error.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { currentOperator } from './current-operator.js';
import type { CommandEnvironment } from './key-of-environment.js';
import { sequencerUrlIn } from './ledger-url.js';
import { parseCall } from './parse-call.js';
import { NO_LEDGER, refuseCall } from './refuse-call.js';

const HELP = `Usage: nestjs-audit-ledger streams list [--json]
       nestjs-audit-ledger streams lag [--seconds <most>] [--json]
       nestjs-audit-ledger streams parked <stream> [--json]
       nestjs-audit-ledger streams pause|resume|remove <stream> [--reason <text>] [--by <name>]
       nestjs-audit-ledger streams retry|drop <stream> [--index <place>]… [--reason <text>] [--by <name>]

Shows and changes the streams that the application sends. Each change is an event, with an act that the ledger's key signs.

list    shows each stream: its state, its destination, how far it is, and its last error
lag     shows how many sealed events each stream has not sent, and for how long the oldest waits
parked  shows the events that the destination refused, and its answers
pause   lets a stream rest; retention does not keep events for it meanwhile
resume  sends it again from where it is, also after its destination wanted no more
retry   sends parked events again; default: all of the stream
drop    forgets parked events: the stream has a signed gap in their place
remove  forgets a stream that no instance has in its options

  --seconds       for lag: how long an event may wait before the exit code is 1; default: 300
  --index         the place of a parked event; may be given several times
  --reason        the reason, for the event
  --by            who does this; default: your user name and this machine
  --database-url  the ledger's database, as the login that seals it; default: AUDIT_SEQUENCER_URL,
                  AUDIT_DATABASE_URL or DATABASE_URL, in the environment or the file .env
  --schema        the ledger's database schema; default: the one that the connection finds, else audit
  --json          print JSON
  --help          print this

Environment: to change a stream, AUDIT_SIGNING_KEY_FILE and AUDIT_LEDGER_ORIGIN, with the application's values.

Examples:
  nestjs-audit-ledger streams list
  nestjs-audit-ledger streams lag --seconds 60

Exit code: 0 when it is done; 1 when lag finds an active stream that is later than --seconds; 2 when the command failed.
`;

const PARKED = `
  SELECT index, event_id AS id, reason, retry_at IS NOT NULL AS "isRetried",
         to_char(parked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "parkedAt"
    FROM audit_stream_parked WHERE stream = $1 ORDER BY index`;

const LATE_SECONDS = '300';

interface StreamsCall {
  readonly reason?: string | undefined;
  readonly by: string;
  readonly index?: readonly string[] | undefined;
  readonly seconds: string;
  readonly json: boolean;
}

/** `nestjs-audit-ledger streams`. Never rejects. */
export async function runStreams(args: readonly string[], environment: CommandEnvironment): Promise<CommandResult> {
  try {
    const { values, positionals } = parseCall('streams', {
      args: [...args],
      allowPositionals: true,
      options: {
        seconds: { type: 'string', default: LATE_SECONDS },
        index: { type: 'string', multiple: true },
        reason: { type: 'string' },
        by: { type: 'string', default: currentOperator() },
        'database-url': { type: 'string' },
        schema: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { exitCode: EXIT_CODES.fine, output: HELP };
    const [what = '', stream, ...others] = positionals;
    const isAboutAll = what === 'list' || what === 'lag';
    const isKnown = isAboutAll || Object.hasOwn(WORKS, what);
    if (!isKnown || others.length > 0 || isAboutAll !== (stream === undefined)) {
      return refuseCall('streams', [
        'it takes list, lag, or one of parked, pause, resume, retry, drop, remove with a stream',
      ]);
    }
    const url = await sequencerUrlIn(values.schema, values['database-url']);
    if (url === undefined) return refuseCall('streams', [NO_LEDGER]);
    return await LedgerSession.use(url, { ...SEQUENCER, name: 'streams' }, LEADER_LIMITS, (session) =>
      isAboutAll ? show(session, what, values) : (WORKS[what] ?? parked)(session, stream ?? '', values, environment),
    );
  } catch (error) {
    return { exitCode: EXIT_CODES.notChecked, errors: `${commandError(error)}\n` };
  }
}

type Work = (
  session: LedgerSession,
  stream: string,
  call: StreamsCall,
  environment: CommandEnvironment,
) => Promise<CommandResult>;

const WORKS: Readonly<Record<string, Work>> = {
  parked,
  pause: changing(pauseStream, 'is paused'),
  resume: changing(resumeStream, 'is sent again'),
  remove: changing(removeStream, 'is removed'),
  retry: settling('retried', 'are sent again'),
  drop: settling('dropped', 'are dropped'),
};

function changing(change: typeof pauseStream, told: string): Work {
  return async (session, stream, call, environment) => {
    await change(session, stream, await operatorOf(call, environment));
    return { exitCode: EXIT_CODES.fine, output: `The stream ${stream} ${told}.\n` };
  };
}

function settling(settle: 'retried' | 'dropped', told: string): Work {
  return async (session, stream, call, environment) => {
    const wanted = call.index?.map(placeOf);
    const places = await settleParked(session, stream, settle, await operatorOf(call, environment), wanted);
    const output = places.length === 0 ? 'No such event is parked.\n' : `The events at ${places.join(', ')} ${told}.\n`;
    return { exitCode: EXIT_CODES.fine, output };
  };
}

async function operatorOf({ by, reason }: StreamsCall, environment: CommandEnvironment): Promise<StreamOperator> {
  return { by, reason, signer: await actSigner(environment) };
}

function placeOf(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw CallError.create('streams', [`--index ${text} is not a place: give a whole number`]);
}

async function parked(session: LedgerSession, stream: string, { json }: StreamsCall): Promise<CommandResult> {
  const rows = await session.rows(PARKED, [stream]);
  const found = rows.map(({ index, ...row }) => ({ index: Number(index), ...row }));
  if (json) return { exitCode: EXIT_CODES.fine, output: `${JSON.stringify(found, undefined, 2)}\n` };
  const lines = rows.map(({ index, id, reason, parkedAt, isRetried }) => {
    const state = isRetried === true ? 'is sent again' : 'parked';
    return `${String(index)}  ${String(id)}  ${state} since ${String(parkedAt)}: ${String(reason)}\n`;
  });
  return { exitCode: EXIT_CODES.fine, output: lines.join('') || 'Nothing is parked.\n' };
}

async function show(session: LedgerSession, what: 'list' | 'lag', call: StreamsCall): Promise<CommandResult> {
  const most = Number(call.seconds);
  if (!(most >= 0)) throw CallError.create('streams', [`--seconds is ${call.seconds}, not a number of seconds`]);
  const reports = (await session.rows(STREAM_REPORTS)).map(streamReportOfRow);
  const describe = what === 'list' ? describeStream : describeLag;
  const text = reports.map((report) => `${describe(report)}\n`).join('') || 'The ledger has no stream.\n';
  const isLate = what === 'lag' && reports.some(({ state, lagSeconds }) => state === 'active' && lagSeconds > most);
  return {
    exitCode: isLate ? EXIT_CODES.missing : EXIT_CODES.fine,
    output: call.json ? `${JSON.stringify(reports, undefined, 2)}\n` : text,
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
