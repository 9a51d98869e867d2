import type { AuditEvent, JsonObject } from '../../audit/nest-free.js';
import type { LedgerAccess } from '../read/access/ledger-access.js';

/** A range of sequence numbers, `end` excluded. */
export interface LogRange {
  readonly first: number;
  readonly end: number;
}

/** A batch that is stored before it is handled, so that a crash gives the consumer the same batch again. */
export interface FrozenRange extends LogRange {
  /** The sequence number of the parked event that the batch retries. The range is then this event. */
  readonly retried?: number | undefined;
  /** What the consumer needs to make the same batch again. */
  readonly more: JsonObject;
}

/** The place from which a consumer prepares its next batch. */
export interface ConsumerPosition extends LogRange {
  /** The name of the replay; absent for live events. */
  readonly replay: string | undefined;
  /** The batch to make again. Without it, a new batch begins at `first`. */
  readonly frozen: FrozenRange | undefined;
  /** The sequence number of a parked event to retry. */
  readonly retry: number | undefined;
  /** The size of the newest checkpoint. A replay ends before. */
  readonly sealed: number;
  /** What the consumer returned as `carried` with its last handled batch. */
  readonly carried: JsonObject;
  /** The maximum number of events; lower after a batch was refused as a whole. */
  readonly limit: number;
  /** Reads the signed records of parked events, `end` excluded. A record that the ledger's key did not sign is left out. */
  parkedIn(range: LogRange): Promise<readonly ParkedRecord[]>;
}

/** A signed record that stands for a parked event. */
export interface ParkedRecord {
  /** The sequence number of the parked event. */
  readonly index: number;
  readonly id: string;
  /** The hash of the parked event's leaf, base64. */
  readonly leafHash: string;
  readonly reason: string;
  /** RFC 3339 */
  readonly parkedAt: string;
  /** The signed note that states these values. */
  readonly note: string;
}

export type BatchOutcome =
  /** The batch is handled, except the events with these sequence numbers, which are parked. */
  | {
      readonly outcome: 'handled';
      readonly park?: readonly number[];
      readonly reason?: string;
      /** Own events to record in the transaction that moves the position: exactly once for the batch, whatever fails. */
      readonly append?: readonly AuditEvent[];
      /** Called once the events of `append` are stored. */
      readonly onAppended?: () => void;
    }
  /** The same batch may succeed later. */
  | { readonly outcome: 'retry'; readonly reason: string; readonly afterMs?: number }
  /** The events with these sequence numbers are never accepted. Without `park`, the batch is halved to find them. */
  | { readonly outcome: 'refused'; readonly reason: string; readonly park?: readonly number[] }
  /** Nothing is accepted any more. The consumer stops until somebody resumes it. */
  | { readonly outcome: 'gone'; readonly reason: string };

/** A batch that is made, but not handled yet. */
export interface PreparedBatch extends FrozenRange {
  /** The sequence numbers of the events in the batch. */
  readonly events: readonly number[];
  /** What the note states once the batch is handled. @defaultValue as before */
  readonly carried?: JsonObject;
  /** Handles the batch. A rejection counts as `retry`. */
  handle(signal: AbortSignal): Promise<BatchOutcome>;
}

/** A range in which the consumer wants no event: its position moves on, and nothing is handled. */
export interface SkippedRange {
  readonly skipTo: number;
  readonly carried?: JsonObject;
}

/** What reads the sealed log in order, at least once. Extensions implement it, and a `LogConsumer` of the application is one. */
export interface RangeConsumer {
  /** Unique in the ledger: `^[a-z][a-z0-9-]{0,62}$`. */
  readonly name: string;
  /** Where a new consumer begins. */
  readonly from: 'now' | 'beginning';
  /** Whether retention waits for the consumer. */
  readonly delaysRetention: boolean;
  /** The events that it may see. Only a caller who may read them all may see and change the consumer. @defaultValue all */
  readonly access?: LedgerAccess | undefined;
  /** Plain JSON for the list of consumers, such as the destination. */
  readonly about: JsonObject;
  /** The largest number of events of a batch. */
  readonly maxEvents: number;
  /** Prepares the next batch; called only if `first` is before `end`, or a batch is frozen or retried. */
  prepare(position: ConsumerPosition): Promise<PreparedBatch | SkippedRange>;
  /** Returns the shortest time until the next batch, in milliseconds. */
  pauseAfter?(events: number): number;
  /** Frees what the consumer holds, when this process no longer runs it. */
  close?(): Promise<void>;
}
