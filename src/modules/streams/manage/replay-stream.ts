import { randomUUID } from 'node:crypto';
import type { LedgerTransactions } from '../../monitoring/store/sessions/ledger-session.js';
import { change } from '../change-stream.js';
import type { StreamOperator } from '../enroll-stream.js';
import { placeOf, sealedSize, type Place } from '../sealed-places.js';
import { beginningAt, signCursor } from '../stream-cursor.js';
import { InvalidStreamError } from './manage.error.js';
import type { BegunReplay } from '../stream.dto.js';

/** The range to send again; both ends are included. */
export interface ReplayRange {
  /** @defaultValue the first event */
  readonly from?: Place | undefined;
  /** @defaultValue the last sealed event */
  readonly to?: Place | undefined;
}

const BEGIN = `
  INSERT INTO audit_stream (name, destination, access, acknowledgement, keeps_events, position, looked, cursor, replay_of, begins_at, ends_before)
  SELECT $2, destination, access, acknowledgement, keeps_events, $3, $3, $5, name, $3, $4 + 1 FROM audit_stream WHERE name = $1
  RETURNING name`;
/** Deletes old replays, so that their list stays short. */
const FORGET = `
  DELETE FROM audit_stream WHERE replay_of = $1 AND state = 'done' AND created_at < clock_timestamp() - interval '30 days'`;

/**
 * Sends a range again, as a separate job beside the live stream, with a signed act. The leader begins within seconds; after a crash, the
 * next leader resumes it.
 *
 * @throws StreamUnknownError (`AUDIT_STREAM_UNKNOWN`), InvalidStreamError (`AUDIT_STREAM_INVALID`) for a range without sealed events
 */
export async function replayStream(
  session: LedgerTransactions,
  stream: string,
  { from, to }: ReplayRange,
  operator: StreamOperator,
): Promise<BegunReplay> {
  const sealed = await sealedSize(session);
  const first = from === undefined ? 0 : await placeOf(session, from, sealed);
  const last = to === undefined ? sealed - 1 : to instanceof Date ? (await placeOf(session, to, sealed)) - 1 : to;
  if (last < first || last >= sealed || stream.includes('.')) {
    throw new InvalidStreamError([`the range from ${first} to ${last} has no sealed events: the ledger has ${sealed}`]);
  }
  const replay = `${stream}.${randomUUID()}`;
  await change(session, { stream, change: 'replayed', first, last, replay }, operator, async (act) => {
    await session.rows(FORGET, [stream]);
    const cursor = signCursor(operator.signer, { stream: replay, act }, beginningAt(first));
    return session.rows(BEGIN, [stream, replay, first, last, cursor]);
  });
  return { replay, first, last };
}
