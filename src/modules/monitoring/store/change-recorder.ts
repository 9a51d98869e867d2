import type { AuditEvent, AuditInput } from '../../../audit/plain.js';
import type { LedgerSession, LedgerTransactions } from './sessions/ledger-session.js';

/** An advisory lock for each text. */
const LOCK = 'SELECT pg_advisory_xact_lock(7361999, hashtext($1))';

/** Adds the signed statement of the ledger's key to an event on which the ledger acts. */
export type SignEvent = (event: AuditEvent) => AuditEvent;

/** The injection token of {@link SignEvent}. */
export const SIGN_EVENT = Symbol('SIGN_EVENT');

/** Stores an event in the transaction, with the actor of the request or of the command. */
export type RecordEvent = (action: string, input: AuditInput) => Promise<AuditEvent>;

/** Runs changes that people make, together with their events, as one transaction of the ledger. */
export interface ChangeRecorder {
  /**
   * Runs `work`; it is committed with its events when this resolves. One process at a time runs work with the same `key`.
   *
   * @param settings what row-level security reads in this transaction
   */
  within<Result>(
    key: string,
    settings: Readonly<Record<string, string>>,
    work: (session: LedgerSession, record: RecordEvent) => Promise<Result>,
  ): Promise<Result>;
}

/** Runs the work of a key in a transaction, once no other process does it. Rejects with the client's error. */
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
