import type { AuditEvent, AuditInput } from '../../audit/nest-free.js';
import { LOCK_CLASSES } from './locks.js';
import { settle, wakeLeader } from './await-sealed.js';
import type { LedgerSession, LedgerTransactions } from './sessions/ledger-session.js';
import { TIMING } from './timing.js';

const LOCK = `SELECT pg_advisory_xact_lock(${LOCK_CLASSES.changes}, hashtext($1))`;

/** Adds a note, signed with the ledger's key, to an event about a change of the ledger's behaviour. */
export type SignEvent = (event: AuditEvent) => Promise<AuditEvent>;

export const SIGN_EVENT = Symbol('SIGN_EVENT');

/** Stores an event in the transaction. The actor of the event is the actor of the current request or command. */
export type RecordEvent = (action: string, input: AuditInput) => Promise<AuditEvent>;

/** Runs a change that a person makes, and stores the events about the change in the same transaction of the ledger. */
export interface ChangeRecorder {
  /**
   * Runs `work`. The work and its events are committed when the promise resolves. Only one process at a time runs work with the same `key`.
   *
   * @param settings the PostgreSQL settings that row-level security reads in this transaction
   */
  within<Result>(
    key: string,
    settings: Readonly<Record<string, string>>,
    work: (session: LedgerSession, record: RecordEvent) => Promise<Result>,
  ): Promise<Result>;
}

/**
 * Runs `work` in a transaction. Until the transaction ends, no other process can run `work` with the same `key`. Rejects with the database
 * client's error.
 *
 * @throws `AUDIT_LEDGER_UNSETTLED` if what was recorded before is not sealed in time
 */
export async function inChange<Result>(
  session: LedgerTransactions,
  key: string,
  settings: Readonly<Record<string, string>>,
  work: () => Promise<Result>,
): Promise<Result> {
  await wakeLeader(session); // which a transaction would do only at its end
  return session.inTransaction(async () => {
    await session.rows(LOCK, [key]);
    await settle(session, TIMING.questionMs); // what the previous holder recorded decides what `work` may do
    for (const [name, value] of Object.entries(settings)) {
      await session.rows('SELECT set_config($1, $2, true)', [name, value]);
    }
    return work();
  });
}
