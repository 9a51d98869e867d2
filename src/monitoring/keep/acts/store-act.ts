import { buildOwnEvent, type AuditEvent } from '../../../audit/nest-free.js';
import type { TreeHead } from '../../proof/log/merkle/verify-consistency.js';
import { EMPTY_ROOT } from '../../proof/log/merkle/hashes.js';
import { undefinedIfRejected } from '../../errors/undefined-if-rejected.js';
import { verifyCheckpoint, type CheckpointTrust } from '../../proof/log/notes/checkpoint.js';
import type { StatementSigner } from '../../proof/log/notes/statement.js';
import { appendEvent } from '../../inbox/append-own-event.js';
import { readServerTime } from '../../store/ledger-clock.js';
import { LOCK_CLASSES } from '../../store/locks.js';
import type { LedgerQueries } from '../../store/sessions/ledger-session.js';
import { TIMING } from '../../store/timing.js';
import { hashAct, NO_ACT_HASH, formatAct, type ActStatement, ACT_EVENTS } from './act-note.js';
import { lifecycleErrors } from '../../errors/keep.errors.js';

interface NewAct {
  readonly statement: ActStatement;
  readonly signer: StatementSigner;
  readonly actor: AuditEvent['actor'];
  readonly reason?: string | undefined;
  /** @defaultValue the newest checkpoint that the ledger's key signed */
  readonly head?: TreeHead;
}

export interface SignedAct {
  readonly number: number;
  readonly statement: ActStatement;
  readonly note: string;
}

/** Sets a `lock_timeout` if the session has none, because any database user could take the lock and keep it. */
const LOCK = `
  SELECT set_config('lock_timeout', CASE before WHEN '0' THEN $1 ELSE before END, true),
         pg_advisory_xact_lock(${LOCK_CLASSES.acts}, hashtext('audit_act'::regclass::oid::text)), set_config('lock_timeout', before, true)
    FROM (SELECT current_setting('lock_timeout') AS before OFFSET 0) AS session`;
const LAST = 'SELECT number, note FROM audit_act ORDER BY number DESC LIMIT 1';
const NEWEST = 'SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 100';
const STORE = 'INSERT INTO audit_act (number, event_id, type, note) VALUES ($1, $2, $3, $4) RETURNING number';

/**
 * Locks the acts until the transaction ends, so that no other session can sign an act. Call this function before any other lock or write,
 * to prevent deadlocks and to keep the acts in order. {@link signNext} also takes the lock. Rejects with the errors of the PostgreSQL
 * client, such as a lock timeout.
 */
export async function lockActs(transaction: LedgerQueries): Promise<void> {
  await transaction.rows(LOCK, [String(TIMING.actsWaitMs)]);
}

/**
 * Signs an act with the next number, and stores the act and its event. The event has the time of the database server, because `verify`
 * compares this time with the checkpoint's. The act and the event are durable only after the caller commits the transaction. Rejects with
 * the error of the PostgreSQL client.
 *
 * @param transaction a transaction of the role `audit_keeper` or `audit_sequencer`
 */
export async function recordAct(
  transaction: LedgerQueries,
  { actor, reason, ...unsigned }: NewAct,
): Promise<SignedAct & { readonly event: AuditEvent }> {
  const act = await signNext(transaction, unsigned);
  const occurredAt = (await readServerTime(transaction)).toISOString();
  const event = Object.freeze({ ...toActEvent(act, actor, reason), occurredAt });
  await storeAct(transaction, act, event);
  return { ...act, event };
}

/** Signs an act with the next number. Store this act by {@link storeAct} in the same transaction. */
export async function signNext(
  transaction: LedgerQueries,
  { statement, signer, head }: Pick<NewAct, 'statement' | 'signer' | 'head'>,
): Promise<SignedAct> {
  await lockActs(transaction);
  const [last] = await transaction.rows(LAST);
  const number = Number(last?.number ?? 0) + 1;
  const previous = last ? hashAct(String(last.note)) : NO_ACT_HASH;
  const bound = head ?? (await readNewestHead(transaction, signer.trust));
  const note = await signer.signText(formatAct(signer.trust.origin, { head: bound, number, previous, statement }));
  return { number, statement, note };
}

export async function storeAct(transaction: LedgerQueries, act: SignedAct, event: AuditEvent): Promise<void> {
  await appendEvent(transaction, event);
  const stored = await transaction.rows(STORE, [act.number, event.id, event.type, act.note]);
  if (stored.length === 0) throw lifecycleErrors.AUDIT_ACT_LOST(act.number); // a foreign trigger dropped the row
}

/**
 * Builds the event that contains a signed act. The details of the event are the statement of the act and, as `act`, its note. The details
 * are not redacted or limited, because the signature covers them. All other fields are redacted and limited.
 */
export function toActEvent({ note, statement }: SignedAct, actor: NewAct['actor'], reason?: string): AuditEvent {
  const { type, severity } = ACT_EVENTS[statement.act];
  const event = buildOwnEvent(type, { category: 'system', severity, actor, reason });
  return Object.freeze({ ...event, details: { ...statement, act: note } });
}

async function readNewestHead(transaction: LedgerQueries, trust: CheckpointTrust): Promise<TreeHead> {
  const notes = await transaction.rows(NEWEST);
  const heads = notes.map(({ note }) => undefinedIfRejected(() => verifyCheckpoint(String(note), trust).checkpoint));
  return heads.find((each) => each !== undefined) ?? { size: 0, rootHash: EMPTY_ROOT };
}
