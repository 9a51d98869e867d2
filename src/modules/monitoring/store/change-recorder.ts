import type { AuditEvent, AuditInput } from '../../../audit/plain.js';
import type { LedgerSession, LedgerTransactions } from './sessions/ledger-session.js';

/** Takes the advisory lock of a text. */
const LOCK = 'SELECT pg_advisory_xact_lock(7361999, hashtext($1))';

/** Adds a note, signed with the ledger's key, to an event that changes how the ledger works. */
export type SignEvent = (event: AuditEvent) => AuditEvent;

/** The injection token of {@link SignEvent}. */
export const SIGN_EVENT = Symbol('SIGN_EVENT');

/** Stores an event in the transaction. The event's actor is the one of the current request or command. */
export type RecordEvent = (action: string, input: AuditInput) => Promise<AuditEvent>;

/** Runs changes by people together with their events, in one transaction of the ledger. */
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

/** Runs `work` in a transaction. Until it ends, no other process runs work with the same `key`. Rejects with the client's error. */
export async function inChange<Result>(
  session: LedgerTransactions,
  key: string,
  settings: Readonly<Record<string, string>>,
  work: () => Promise<Result>,
): Promise<Result> {
  return session.inTransaction(async () => {
    await session.rows(LOCK, [key]);
    for (const [name, value] of Object.entries(settings)) {
      await session.rows('SELECT set_config($1, $2, true)', [name, value]);
    }
    return work();
  });
}
