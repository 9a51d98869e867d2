import type { StoredEvent } from '../store/seal-row.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';
import type { WrittenLines } from './seal-lines.js';

/** Checks and stores lines like lines of the inbox, in the session's transaction. Resolves with the stored events. */
export type StoreLines = (rows: readonly WrittenLines[]) => Promise<readonly StoredEvent[]>;

/** Another place than the inbox from which the leader seals events, such as the outbox of row changes. */
export interface SealSource {
  /** Instances with this source ask a leader without it to yield, by this name. */
  readonly name: string;
  /** The milliseconds until the leader may look here again: 0 at once, `undefined` whenever it looks for events. */
  readonly pollDelayMs: number | undefined;
  /** Whether something waits. Rejects with the error of the PostgreSQL client. */
  isWaiting(session: LedgerSession): Promise<boolean>;
  /** Takes a part of what waits, and stores its events in the session's transaction. Resolves with the stored events, in their order. */
  store(session: LedgerSession, storeLines: StoreLines): Promise<readonly StoredEvent[]>;
  /** Called when what {@link store} stored is committed. */
  onSealed(): void;
  /** Called with the error if {@link isWaiting} or {@link store} rejects. Events of the inbox are sealed all the same. */
  onFailure(error: unknown): void;
  /** Called when this instance no longer leads. */
  onStop?(): void;
}
