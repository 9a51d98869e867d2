import { randomUUID } from 'node:crypto';
import type { AuditEvent } from '../../audit/nest-free.js';
import { appendOwnEvent } from '../inbox/append-own-event.js';
import type { StatementSigner } from '../proof/log/notes/statement.js';
import { SEQUENCER } from '../store/ledger-roles.js';
import type { LedgerSession, LedgerTransactions } from '../store/sessions/ledger-session.js';
import { LEADER_LIMITS } from '../store/sessions/session-limits.js';
import { useSession } from '../store/sessions/use-session.js';
import {
  CONSUMER_COLUMNS,
  notedValues,
  signAndSetState,
  parseConsumerState,
  type ConsumerState,
} from './consumer-state.js';
import { addRow, createStateAt } from './consumer-store.js';
import type { StartedReplay } from './consumer.dto.js';
import { consumerErrors } from './consumers.errors.js';
import { resolvePosition, sealedSize, type LogPosition, type PositionRange } from './log-position.js';

export interface ConsumerOperator {
  readonly actor: AuditEvent['actor'];
  readonly reason?: string | undefined;
  readonly signer: StatementSigner;
}

const LOCKED = `SELECT ${CONSUMER_COLUMNS} FROM audit_consumer WHERE name = $1 FOR UPDATE`;
const CHANGE = `UPDATE audit_consumer SET ${signAndSetState(2)}, state_reason = $11, failures = 0, refusals = 0 WHERE name = $1`;
const FORGET_OLD_REPLAYS = `
  DELETE FROM audit_consumer WHERE replay_of = $1 AND state = 'done' AND created_at < clock_timestamp() - interval '30 days'`;

/** Runs `work` in a new session that has the rights to change consumers. @throws the errors of {@link useSession} */
export function useConsumersSession<Result>(
  sequencerUrl: string,
  work: (session: LedgerSession) => Promise<Result>,
): Promise<Result> {
  return useSession(sequencerUrl, { ...SEQUENCER, name: 'change of a consumer' }, LEADER_LIMITS, work);
}

/**
 * Pauses a consumer until somebody resumes it. Retention may delete events that a paused consumer has not handled.
 *
 * @throws `AUDIT_NOT_FOUND`, `AUDIT_CONSUMER_CONTRADICTED`
 */
export async function pauseConsumer(
  session: LedgerTransactions,
  name: string,
  operator: ConsumerOperator,
): Promise<void> {
  const { actor, reason } = operator;
  const why = reason === undefined ? '' : `: ${reason}`;
  // An erasure does not change this table, so the text must not name the actor of a request.
  const paused = actor.name === undefined ? 'paused by a request' : `paused by ${actor.name}${why}`;
  await session.inTransaction(async () => {
    const state = requireVerifiedState(name, await lockedState(session, name, operator));
    await store(session, name, { ...state, state: 'paused' }, operator, paused);
    await record(session, { consumer: name, change: 'paused' }, operator);
  });
}

/** Stops a consumer that refuses all further events, until somebody resumes it. */
export async function endConsumer(
  session: LedgerTransactions,
  name: string,
  operator: ConsumerOperator,
): Promise<void> {
  const { reason = '' } = operator;
  await session.inTransaction(async () => {
    const state = requireVerifiedState(name, await lockedState(session, name, operator));
    await store(session, name, { ...state, state: 'gone' }, operator, reason);
    await record(session, { consumer: name, change: 'ended' }, operator);
  });
}

/**
 * Resumes a consumer from its position, or from a sequence number or a time, also if its row was changed or removed. A jump back handles events twice; a
 * jump forward skips events.
 *
 * @throws `AUDIT_NOT_FOUND`; without `from`, `AUDIT_CONSUMER_CONTRADICTED`
 */
export async function resumeConsumer(
  session: LedgerTransactions,
  name: string,
  operator: ConsumerOperator,
  from?: LogPosition,
): Promise<void> {
  await session.inTransaction(async () => {
    const state = await lockedState(session, name, operator);
    if (from === undefined) {
      await store(session, name, { ...requireVerifiedState(name, state), state: 'active' }, operator);
      await record(session, { consumer: name, change: 'resumed' }, operator);
      return;
    }
    const sealed = await sealedSize(session);
    const first = Math.min(await resolvePosition(session, from, sealed), sealed);
    const moved = await createStateAt(session, first, typeof state === 'object' ? state : {});
    if (state === undefined) await addRow(session, name, moved, operator.signer);
    else await store(session, name, moved, operator);
    await record(session, { consumer: name, change: 'resumed', first }, operator);
  });
}

/**
 * Gives a range of events to a consumer again, beside its live events. The process that runs the consumer begins the replay within seconds.
 *
 * @param range `to` is included if it is a number, and excluded if it is a time. @defaultValue all sealed events
 * @throws `AUDIT_NOT_FOUND`, `AUDIT_CONSUMER_CONTRADICTED`, `AUDIT_REQUEST_INVALID` for a range without sealed events
 */
export async function replayConsumer(
  session: LedgerTransactions,
  name: string,
  { from, to }: PositionRange,
  operator: ConsumerOperator,
): Promise<StartedReplay> {
  const sealed = await sealedSize(session);
  const first = from === undefined ? 0 : await resolvePosition(session, from, sealed);
  const last =
    to === undefined ? sealed - 1 : to instanceof Date ? (await resolvePosition(session, to, sealed)) - 1 : to;
  if (last < first || last >= sealed || name.includes('.')) {
    throw consumerErrors.AUDIT_REQUEST_INVALID(
      `the range from ${first} to ${last} must contain only sealed events: the ledger has ${sealed} sealed events`,
    );
  }
  const replay = `${name}.${randomUUID()}`;
  await session.inTransaction(async () => {
    const { delaysRetention, about } = requireVerifiedState(name, await lockedState(session, name, operator));
    await session.rows(FORGET_OLD_REPLAYS, [name]);
    const started = {
      ...(await createStateAt(session, first, { delaysRetention, about })),
      replayOf: name,
      endsBefore: last + 1,
    };
    await addRow(session, replay, started, operator.signer);
    await record(session, { consumer: name, change: 'replayed', first, last, replay }, operator);
  });
  return { replay, first, last };
}

const PARKED = 'SELECT index FROM audit_consumer_parked WHERE consumer = $1 ORDER BY index';
const RETRY =
  'UPDATE audit_consumer_parked SET retry_at = clock_timestamp() WHERE consumer = $1 AND index = ANY ($2::bigint[])';
const DROP = 'DELETE FROM audit_consumer_parked WHERE consumer = $1 AND index = ANY ($2::bigint[])';

/**
 * Retries or drops parked events. Resolves with the sequence numbers of these events.
 *
 * @param requested sequence numbers. @defaultValue all parked events
 */
export async function settleParked(
  session: LedgerTransactions,
  name: string,
  settle: 'retried' | 'dropped',
  operator: ConsumerOperator,
  requested?: readonly number[],
): Promise<readonly number[]> {
  return session.inTransaction(async () => {
    await lockedState(session, name, operator);
    const parked = (await session.rows(PARKED, [name])).map(({ index }) => Number(index));
    const positions = parked.filter((position) => requested?.includes(position) ?? true);
    if (positions.length === 0) return [];
    await session.rows(settle === 'retried' ? RETRY : DROP, [name, positions]);
    await record(session, { consumer: name, change: settle, positions }, operator);
    return positions;
  });
}

/** Locks the row. Resolves with its state, with the contradiction as a clause, or with `undefined` if only the ledger's events know the consumer. */
async function lockedState(
  session: LedgerTransactions,
  name: string,
  { signer }: ConsumerOperator,
): Promise<ConsumerState | string | undefined> {
  const [row] = await session.rows(LOCKED, [name]);
  return row && parseConsumerState(row, signer.trust);
}

function requireVerifiedState(name: string, state: ConsumerState | string | undefined): ConsumerState {
  if (state === undefined) throw consumerErrors.AUDIT_NOT_FOUND(name);
  if (typeof state === 'string') throw consumerErrors.AUDIT_CONSUMER_CONTRADICTED(name, state);
  return state;
}

async function store(
  session: LedgerTransactions,
  name: string,
  state: ConsumerState,
  { signer }: ConsumerOperator,
  reason: string | null = null,
): Promise<void> {
  await session.rows(CHANGE, [name, ...(await notedValues(signer, name, state)), reason]);
}

interface ConsumerChange {
  readonly consumer: string;
  readonly change: 'paused' | 'resumed' | 'ended' | 'replayed' | 'retried' | 'dropped';
  readonly positions?: readonly number[];
  readonly first?: number;
  readonly last?: number;
  readonly replay?: string;
}

async function record(
  session: LedgerTransactions,
  details: ConsumerChange,
  { actor, reason }: ConsumerOperator,
): Promise<void> {
  const resource = { type: 'audit_consumer', id: details.consumer };
  await appendOwnEvent(session, 'audit_consumer_changed', { actor, reason, resource, details: { ...details } });
}
