import { STREAM_REPORTS, streamReportOfRow } from '../../modules/streams/stream-report.js';
import type { StreamReport } from '../../modules/streams/stream.dto.js';
import { EXIT_CODES } from '../command-result.js';
import type { Outcome } from '../define-command.js';
import { LATE_SECONDS, type StreamsCall, type Work } from './streams-call.js';

const PARKED = `
  SELECT index, event_id AS id, reason, retry_at IS NOT NULL AS "isRetried",
         to_char(parked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "parkedAt"
    FROM audit_stream_parked WHERE stream = $1 ORDER BY index`;

/** Runs `streams parked`. */
export async function parked({ session, stream }: StreamsCall): Promise<Outcome> {
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
export function showing(what: 'list' | 'lag'): Work {
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
