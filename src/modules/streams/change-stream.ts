import type { AuditEvent } from '../../audit/plain.js';
import type { StreamChange } from '../monitoring/acts/stream-act.js';
import type { StatementSigner } from '../monitoring/log/notes/statement.js';
import { recordStreamChange, type StreamActor } from './enroll-stream.js';
import { followStreams, type StreamTransactions } from './followed-streams.js';
import { beginningAt, readCursor, signCursor } from './stream-cursor.js';
import { StreamUnknownError } from './streams.error.js';

const EXISTS = 'SELECT FROM audit_stream WHERE name = $1';
const PAUSE = `UPDATE audit_stream SET state = 'paused', state_reason = $2 WHERE name = $1 RETURNING name`;
const END = `UPDATE audit_stream SET state = 'gone', state_reason = $2, last_error = $2 WHERE name = $1 RETURNING name`;
const RESUME = `
  UPDATE audit_stream SET state = 'active', state_reason = NULL, failures = 0, refusals = 0 WHERE name = $1 RETURNING name`;
const CURSOR = 'SELECT cursor FROM audit_stream WHERE name = $1';
/** The worker of the former epoch has other places in memory, so the leader starts a new worker. */
const MOVE = 'UPDATE audit_stream SET position = $2, looked = $2, cursor = $3, epoch = epoch + 1 WHERE name = $1';
const PARKED = 'SELECT index FROM audit_stream_parked WHERE stream = $1 ORDER BY index';
const RETRY =
  'UPDATE audit_stream_parked SET retry_at = clock_timestamp() WHERE stream = $1 AND index = ANY ($2::bigint[])';
const DROP = 'DELETE FROM audit_stream_parked WHERE stream = $1 AND index = ANY ($2::bigint[])';
const REMOVE = 'DELETE FROM audit_stream WHERE name = $1';

/** Who does something to a stream, and why. */
export interface StreamOperator {
  /** The name of the person, for the event. */
  readonly by: string;
  /** The actor of a request. Default: an administrator with that name. */
  readonly actor?: AuditEvent['actor'] | undefined;
  readonly reason?: string | undefined;
  readonly signer: StatementSigner;
}

const SYSTEM = { type: 'system', name: 'nestjs-audit-ledger' } as const;

/**
 * Pauses a stream until it is resumed, with a signed act of the ledger. Meanwhile, retention does not keep events for it.
 *
 * @throws StreamUnknownError (`AUDIT_STREAM_UNKNOWN`)
 */
export async function pauseStream(
  session: StreamTransactions,
  stream: string,
  operator: StreamOperator,
): Promise<void> {
  const { by, actor, reason } = operator;
  const paused = actor ? 'paused by a request' : `paused by ${by}`; // an event can forget a person, but an act cannot
  await change(session, { stream, change: 'paused' }, operator, () =>
    session.rows(PAUSE, [stream, reason === undefined || actor ? paused : `${paused}: ${reason}`]),
  );
}

/**
 * Resumes a stream from its position, or from a given place, with a signed act. Events between the two are sent twice, or not at all.
 *
 * @throws StreamUnknownError (`AUDIT_STREAM_UNKNOWN`)
 */
export async function resumeStream(
  session: StreamTransactions,
  stream: string,
  operator: StreamOperator,
  place?: number,
): Promise<void> {
  const stated = { stream, change: 'resumed', ...(place === undefined ? {} : { first: place }) } as const;
  const { signer } = operator;
  await change(session, stated, operator, async (act) => {
    if (place !== undefined) {
      const [row] = await session.rows(CURSOR, [stream]);
      const { previousHash, checkpointSize } = readCursor(row?.cursor, stream, signer.trust) ?? beginningAt(place);
      const moved = { ...beginningAt(place), previousHash, checkpointSize };
      await session.rows(MOVE, [stream, place, signCursor(signer, { stream, act }, moved)]);
    }
    return session.rows(RESUME, [stream]);
  });
}

/**
 * Removes a stream and its parked events, with a signed act, even if somebody deleted its row. Remove it from the options first: an
 * instance that has it adds it again.
 */
export async function removeStream(
  session: StreamTransactions,
  stream: string,
  operator: StreamOperator,
): Promise<void> {
  await change(session, { stream, change: 'removed' }, operator, async () => {
    await session.rows(REMOVE, [stream]);
    return [stream];
  });
}

/**
 * Sends parked events again, or drops them, with a signed act. Resolves with their places.
 *
 * @param wanted their places; absent: all that are parked
 */
export async function settleParked(
  session: StreamTransactions,
  stream: string,
  settle: 'retried' | 'dropped',
  operator: StreamOperator,
  wanted?: readonly number[],
): Promise<readonly number[]> {
  const parked = (await session.rows(PARKED, [stream])).map(({ index }) => Number(index));
  const places = parked.filter((place) => wanted?.includes(place) ?? true);
  if (places.length === 0) return [];
  await change(session, { stream, change: settle, places }, operator, async () => {
    await session.rows(settle === 'retried' ? RETRY : DROP, [stream, places]);
    return places;
  });
  return places;
}

/** Pauses a stream whose destination refuses further batches for good, with a signed act. */
export async function endStream(
  session: StreamTransactions,
  stream: string,
  reason: string,
  signer: StatementSigner,
): Promise<void> {
  await session.inTransaction(async () => {
    await recordStreamChange(session, { stream, change: 'ended' }, { actor: SYSTEM, reason }, signer);
    await session.rows(END, [stream, reason]);
  });
}

/**
 * Runs `work`, which gets the act's number, and stores the signed act in the same transaction.
 *
 * @throws StreamUnknownError (`AUDIT_STREAM_UNKNOWN`)
 */
export async function change(
  session: StreamTransactions,
  stated: StreamChange,
  operator: StreamOperator,
  work: (act: number) => Promise<readonly unknown[]>,
): Promise<void> {
  const { stream } = stated;
  const { signer } = operator;
  await session.inTransaction(async () => {
    const isThere = (await session.rows(EXISTS, [stream])).length > 0;
    if (!isThere && !(await followStreams(session, signer)).has(stream)) throw new StreamUnknownError(stream);
    const act = await recordStreamChange(session, stated, actorOf(operator), signer);
    if ((await work(act)).length === 0) throw new StreamUnknownError(stream);
  });
}

/** The actor of the act's event. */
export function actorOf({ by, actor = { type: 'admin', name: by }, reason }: StreamOperator): StreamActor {
  return { actor, ...(reason === undefined ? {} : { reason }) };
}
