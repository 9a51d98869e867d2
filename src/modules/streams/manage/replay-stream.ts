import { randomUUID } from 'node:crypto';
import type { LedgerQueries } from '../../monitoring/store/sessions/ledger-session.js';
import { change, type StreamOperator } from '../change-stream.js';
import type { StreamTransactions } from '../followed-streams.js';
import { beginningAt, signCursor } from '../stream-cursor.js';
import { InvalidStreamError } from './manage.error.js';
import type { BegunReplay } from '../stream.dto.js';

export type { BegunReplay } from '../stream.dto.js';

/** A place of the sealed sequence, or a time, which means the first event that was sealed then or later. */
export type Place = number | Date;

/** The range to send again; both ends are included. */
export interface ReplayRange {
  /** @defaultValue the first event */
  readonly from?: Place | undefined;
  /** @defaultValue the last sealed event */
  readonly to?: Place | undefined;
}

const SEALED = 'SELECT coalesce(max(size), 0) AS sealed FROM audit_checkpoint';
const SIGNED = 'SELECT size, signed_at FROM audit_checkpoint WHERE size >= $1 ORDER BY size LIMIT 1';
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
  session: StreamTransactions,
  stream: string,
  { from, to }: ReplayRange,
  operator: StreamOperator,
): Promise<BegunReplay> {
  const [row] = await session.rows(SEALED);
  const sealed = Number(row?.sealed);
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

/** The place of the first event that was sealed at a time or later. Checkpoints are signed in the order of their sizes. */
export async function placeOf(session: LedgerQueries, place: Place, sealed: number): Promise<number> {
  if (typeof place === 'number') return place;
  let [least, most] = [0, sealed];
  while (least < most) {
    const middle = Math.floor((least + most) / 2);
    const [row] = await session.rows(SIGNED, [middle + 1]); // the checkpoint that sealed this place
    if (row?.signed_at instanceof Date && row.signed_at < place) least = Number(row.size);
    else most = middle;
  }
  return least;
}
