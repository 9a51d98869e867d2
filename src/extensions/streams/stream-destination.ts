import type { LedgerEvent } from '../../monitoring/read/query/ledger-event.js';
import type { PersonalProof } from '../../monitoring/proof/sealing/shown-leaf.js';
import type { Selection } from './selection.js';
import { buildOwnEvent, type AuditInput } from '../../audit/nest-free.js';
import { parseIdTime } from '../../monitoring/store/id-time.js';

/** An event that a stream sends, with the parts that the stream's access and its option `personal` allow. */
export interface StreamedEvent {
  /** The event's sequence number in the ledger, from 0. */
  readonly index: number;
  readonly id: string;
  /** The event in the form of `GET /audit/events`. */
  readonly event: LedgerEvent;
  /** The hash of the event's leaf in the Merkle tree, base64. */
  readonly leafHash: string;
  /** Lets the receiver compute `leafHash` from the event. Absent if the event has no personal values. */
  readonly proof?: PersonalProof;
}

/** A signed record that replaces an event that the destination refused. */
export interface GapRecord {
  /** The sequence number of the parked event. */
  readonly index: number;
  readonly id: string;
  /** The hash of the parked event's leaf, base64. */
  readonly leafHash: string;
  /** The destination's reason for the refusal. Personal values of the batch are masked. */
  readonly reason: string;
  /** When the stream parked the event, RFC 3339. */
  readonly parkedAt: string;
  /** The signed note that states these values. */
  readonly note: string;
}

/** A signed record of events that retention removed before the stream read them. */
export interface RetiredRecord {
  readonly first: number;
  readonly last: number;
  readonly retirement: string;
  /** The id of the event that has the signed act of the retirement. */
  readonly event: string;
  /** The signed note that states these values. */
  readonly note: string;
}

/** A batch of a stream. A retry sends the same bytes with the same id. */
export interface StreamBatch {
  /** A UUID. The receiver must ignore a batch whose id it already has. */
  readonly id: string;
  readonly stream: string;
  /** The name of the replay. The batches of a replay form a separate chain. Absent for the live stream. */
  readonly replay?: string;
  /** Present if `doctor` sent the batch, with a test event. The ledger does not have this event, and the batch is not part of a chain. */
  readonly test?: true;
  /** The first sequence number that the batch covers. The filter may leave out events of this range. */
  readonly first: number;
  /** The last sequence number that the batch covers. */
  readonly last: number;
  /** The SHA-256 of the stream's previous batch without its note, base64; empty in the first batch. */
  readonly previousHash: string;
  /** The newest signed checkpoint; absent if an earlier batch had this checkpoint. */
  readonly checkpoint?: string;
  /** The filter, the access and the option `personal` under which the batch was made. */
  readonly selection: Selection;
  /** The events, by ascending sequence number. `gaps` and `retired` have the same order. */
  readonly events: readonly StreamedEvent[];
  readonly gaps: readonly GapRecord[];
  /** Absent if no event was retired. */
  readonly retired?: readonly RetiredRecord[];
  /** The signed note that states the SHA-256 of this batch without the note. Absent for a test. */
  readonly note?: string;
}

export type StreamResult =
  /** The destination acknowledged the batch, see {@link Acknowledgment}. */
  | { readonly outcome: 'accepted' }
  /** The destination may accept the same batch later, for example after a server error, a rate limit or a broken connection. */
  | { readonly outcome: 'retry'; readonly reason: string; readonly afterMs?: number }
  /** The destination will never accept the events with these ids. Without `events`, the worker bisects the batch to find the refused events. */
  | { readonly outcome: 'refused'; readonly reason: string; readonly events?: readonly string[] }
  /** The destination refuses all further batches. The worker pauses the stream and logs an error. */
  | { readonly outcome: 'gone'; readonly reason: string };

/** What a destination promises about an accepted batch: nothing, or that the batch is received, stored on disk, or indexed for search. */
export type Acknowledgment = 'none' | 'received' | 'stored' | 'indexed';

/** Sends the batches of a stream to one receiver. */
export interface StreamDestination {
  /** Whether the destination also sends batches that have no events. @defaultValue false */
  readonly sendsBatches?: boolean;
  /**
   * Sends one batch, and stops when `signal` aborts. If the method resolves with nothing, the batch is accepted. A thrown error counts as `retry`. The
   * worker never sends two batches at a time.
   */
  send(batch: StreamBatch, signal: AbortSignal): Promise<StreamResult | undefined> | Promise<void>;
  /** Closes connections and files. */
  close?(): Promise<void>;
}

/** The type of the event that replaces a parked event. */
export const GAP_TYPE = 'audit_stream_gap';

/** The type of the event that replaces retired events. */
export const RETIRED_TYPE = 'audit_stream_retired';

/** Returns the events of a batch, with an event for each gap and each retired record, by ascending sequence number. */
export function listEntries({ events, gaps, retired = [] }: StreamBatch): readonly StreamedEvent[] {
  if (gaps.length + retired.length === 0) return events;
  return [...events, ...gaps.map(toGapEntry), ...retired.map(toRetiredEntry)].toSorted(
    (one, other) => one.index - other.index,
  );
}

/** The gap's id differs from the parked event's id, because the destination may accept the parked event later. */
function toGapEntry({ index, id: parked, leafHash, reason, parkedAt, note }: GapRecord): StreamedEvent {
  const id = `${parked}-gap`;
  const event = buildSyntheticEvent(GAP_TYPE, parked, { outcome: 'failure', severity: 'warning', reason });
  return { index, id, event: { ...event, id, occurredAt: parkedAt, details: { note } }, leafHash };
}

function toRetiredEntry({ first, last, retirement, event: announcement, note }: RetiredRecord): StreamedEvent {
  const id = `${retirement}-retired-${first}`;
  const event = buildSyntheticEvent(RETIRED_TYPE, announcement, { outcome: 'success', severity: 'info' });
  const [occurredAt, details] = [parseIdTime(announcement).toISOString(), { first, last, retirement, note }];
  return { index: first, id, event: { ...event, id, occurredAt, details }, leafHash: '' };
}

function buildSyntheticEvent(type: string, about: string, input: AuditInput): LedgerEvent {
  const [actor, resource] = [{ type: 'system' } as const, { type: 'audit_event', id: about }];
  return { ...buildOwnEvent(type, { ...input, actor, resource }), type, category: 'audit_access' };
}
