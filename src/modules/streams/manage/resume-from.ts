import { resumeStream, type StreamOperator } from '../change-stream.js';
import type { StreamTransactions } from '../followed-streams.js';
import { placeOf, type Place } from './replay-stream.js';

const SEALED = 'SELECT coalesce(max(size), 0) AS sealed FROM audit_checkpoint';

/**
 * Resumes a stream; from a place or a time, if one is given.
 *
 * @throws StreamUnknownError (`AUDIT_STREAM_UNKNOWN`)
 */
export async function resumeFrom(
  session: StreamTransactions,
  stream: string,
  operator: StreamOperator,
  from: Place | undefined,
): Promise<void> {
  if (from === undefined) return resumeStream(session, stream, operator);
  const [row] = await session.rows(SEALED);
  const sealed = Number(row?.sealed);
  return resumeStream(session, stream, operator, Math.min(await placeOf(session, from, sealed), sealed));
}
