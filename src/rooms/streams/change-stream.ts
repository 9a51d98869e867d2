import { randomUUID } from 'node:crypto';
import type { StatementSigner } from '../../monitoring/proof/log/notes/statement.js';
import type { LedgerTransactions } from '../../monitoring/store/sessions/ledger-session.js';
import {
  asSystem,
  hasStream,
  recordStreamChange,
  type StreamChange,
  type StreamOperator,
  followStreams,
} from './stream-acts.js';
import {
  placeOf,
  sealedSize,
  type Place,
  type PlaceRange,
  beginningAt,
  readCursor,
  signCursor,
} from './stream-cursor.js';
import type { BegunReplay } from './stream.dto.js';
import { streamsErrors } from './streams.errors.js';
import { signRecords } from './signed-batch.js';
import type { StreamedEvent } from './stream-destination.js';
import type { StreamStore } from './stream-store.js';

const PAUSE = `UPDATE audit_stream SET state = 'paused', state_reason = $2 WHERE name = $1 RETURNING name`;
const END = `UPDATE audit_stream SET state = 'gone', state_reason = $2, last_error = $2 WHERE name = $1 RETURNING name`;
const RESUME = `
  UPDATE audit_stream SET state = 'active', state_reason = NULL, failures = 0, refusals = 0 WHERE name = $1 RETURNING name`;
const CURSOR = 'SELECT cursor FROM audit_stream WHERE name = $1';
/** Begins a new epoch, because the old epoch's worker has the old position in memory. */
const MOVE = 'UPDATE audit_stream SET position = $2, looked = $2, cursor = $3, epoch = epoch + 1 WHERE name = $1';
const REMOVE = 'DELETE FROM audit_stream WHERE name = $1';
const BEGIN = `
  INSERT INTO audit_stream (name, destination, access, acknowledgement, keeps_events, position, looked, cursor, replay_of, begins_at, ends_before)
  SELECT $2, destination, access, acknowledgement, keeps_events, $3, $3, $5, name, $3, $4 + 1 FROM audit_stream WHERE name = $1
  RETURNING name`;
const FORGET_OLD_REPLAYS = `
  DELETE FROM audit_stream WHERE replay_of = $1 AND state = 'done' AND created_at < clock_timestamp() - interval '30 days'`;

/**
 * Pauses a stream until somebody resumes it, and signs an act. Retention may delete events that a paused stream has not sent.
 *
 * @throws `AUDIT_NOT_FOUND`
 */
export async function pauseStream(
  session: LedgerTransactions,
  stream: string,
  operator: StreamOperator,
): Promise<void> {
  const { actor, reason } = operator;
  const why = reason === undefined ? '' : `: ${reason}`;
  // An erasure does not change this table, so the text must not name the actor of a request.
  const paused = actor.name === undefined ? 'paused by a request' : `paused by ${actor.name}${why}`;
  await changeStream(session, { stream, change: 'paused' }, operator, () => session.rows(PAUSE, [stream, paused]));
}

/**
 * Resumes a stream from its position, or from a sequence number or a time, and signs an act. A jump back sends events twice; a jump forward
 * skips events.
 *
 * @throws `AUDIT_NOT_FOUND`
 */
export async function resumeStream(
  session: LedgerTransactions,
  stream: string,
  operator: StreamOperator,
  from?: Place,
): Promise<void> {
  const sealed = await sealedSize(session);
  const place = from === undefined ? undefined : Math.min(await placeOf(session, from, sealed), sealed);
  const stated = { stream, change: 'resumed', ...(place === undefined ? {} : { first: place }) } as const;
  const { signer } = operator;
  await changeStream(session, stated, operator, async (act) => {
    if (place !== undefined) {
      const [row] = await session.rows(CURSOR, [stream]);
      const { previousHash, checkpointSize } = readCursor(row?.cursor, stream, signer.trust) ?? beginningAt(place);
      const moved = { ...beginningAt(place), previousHash, checkpointSize };
      await session.rows(MOVE, [stream, place, await signCursor(signer, { stream, act }, moved)]);
    }
    return session.rows(RESUME, [stream]);
  });
}

/**
 * Sends a range of events again, and signs an act. The replay is a separate job beside the live stream. The leader begins the replay within seconds;
 * after a crash, the next leader resumes the replay.
 *
 * @param range `to` is included if it is a number, and excluded if it is a time. @defaultValue all sealed events
 * @throws `AUDIT_NOT_FOUND`, `AUDIT_REQUEST_INVALID` for a range without sealed events
 */
export async function replayStream(
  session: LedgerTransactions,
  stream: string,
  { from, to }: PlaceRange,
  operator: StreamOperator,
): Promise<BegunReplay> {
  const sealed = await sealedSize(session);
  const first = from === undefined ? 0 : await placeOf(session, from, sealed);
  const last = to === undefined ? sealed - 1 : to instanceof Date ? (await placeOf(session, to, sealed)) - 1 : to;
  if (last < first || last >= sealed || stream.includes('.')) {
    throw streamsErrors.AUDIT_REQUEST_INVALID([
      `the range from ${first} to ${last} must contain only sealed events: the ledger has ${sealed} sealed events`,
    ]);
  }
  const replay = `${stream}.${randomUUID()}`;
  await changeStream(session, { stream, change: 'replayed', first, last, replay }, operator, async (act) => {
    await session.rows(FORGET_OLD_REPLAYS, [stream]);
    const cursor = await signCursor(operator.signer, { stream: replay, act }, beginningAt(first));
    return session.rows(BEGIN, [stream, replay, first, last, cursor]);
  });
  return { replay, first, last };
}

/**
 * Removes a stream and its parked events, even if the stream's row is gone, and signs an act. First remove the stream from the options: otherwise, an
 * instance adds it again.
 */
export async function removeStream(
  session: LedgerTransactions,
  stream: string,
  operator: StreamOperator,
): Promise<void> {
  await changeStream(session, { stream, change: 'removed' }, operator, async () => {
    await session.rows(REMOVE, [stream]);
    return [stream];
  });
}

/** Pauses a stream whose destination refuses all further batches, and signs an act. */
export async function endStream(
  session: LedgerTransactions,
  stream: string,
  reason: string,
  signer: StatementSigner,
): Promise<void> {
  await session.inTransaction(async () => {
    await recordStreamChange(session, { stream, change: 'ended' }, asSystem(signer, reason));
    await session.rows(END, [stream, reason]);
  });
}

/**
 * Stores a signed act, and runs `work` with the act's number in the same transaction. If `work` returns no row, the stream counts as unknown.
 *
 * @throws `AUDIT_NOT_FOUND`
 */
async function changeStream(
  session: LedgerTransactions,
  stated: StreamChange,
  operator: StreamOperator,
  work: (act: number) => Promise<readonly unknown[]>,
): Promise<void> {
  const { stream } = stated;
  await session.inTransaction(async () => {
    const isKnown = (await hasStream(session, stream)) || (await followStreams(session, operator.signer)).has(stream);
    if (!isKnown) throw streamsErrors.AUDIT_NOT_FOUND(stream);
    const act = await recordStreamChange(session, stated, operator);
    if ((await work(act)).length === 0) throw streamsErrors.AUDIT_NOT_FOUND(stream);
  });
}

const PARKED = 'SELECT index FROM audit_stream_parked WHERE stream = $1 ORDER BY index';
const RETRY =
  'UPDATE audit_stream_parked SET retry_at = clock_timestamp() WHERE stream = $1 AND index = ANY ($2::bigint[])';
const DROP = 'DELETE FROM audit_stream_parked WHERE stream = $1 AND index = ANY ($2::bigint[])';

/** Parks events that a destination refused. In place of each parked event, later batches have a signed gap record. */
export async function parkEvents(
  store: StreamStore,
  stream: string,
  events: readonly StreamedEvent[],
  reason: string,
  signer: StatementSigner,
): Promise<void> {
  const parkedAt = new Date().toISOString();
  const parked = events.map(({ index, id, leafHash }) => ({ index, id, leafHash, reason, parkedAt }));
  const gaps = await signRecords('gap', stream, parked, signer);
  await store.park(gaps, reason);
}

/**
 * Retries or drops parked events, and signs an act. Resolves with the sequence numbers of these events.
 *
 * @param wanted sequence numbers. @defaultValue all parked events
 */
export async function settleParked(
  session: LedgerTransactions,
  stream: string,
  settle: 'retried' | 'dropped',
  operator: StreamOperator,
  wanted?: readonly number[],
): Promise<readonly number[]> {
  const parked = (await session.rows(PARKED, [stream])).map(({ index }) => Number(index));
  const places = parked.filter((place) => wanted?.includes(place) ?? true);
  if (places.length === 0) return [];
  await changeStream(session, { stream, change: settle, places }, operator, async () => {
    await session.rows(settle === 'retried' ? RETRY : DROP, [stream, places]);
    return places;
  });
  return places;
}
