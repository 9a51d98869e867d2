import type { LedgerEvent } from '../monitoring/query/ledger-event.js';
import type { PersonalProof } from '../monitoring/sealing/leaf-of-shown.js';
import type { FormatSource } from './formats/format-source.js';
import type { Selection } from './selection.js';
import type { DryRun } from './stream.dto.js';

/** An event as a stream sends it: its place in the ledger, and its parts as the stream's access and `personal` option allow. */
export interface StreamedEvent {
  /** The event's place in the sealed sequence, from 0. */
  readonly index: number;
  readonly id: string;
  /** The event in the form of `GET /audit/events`. */
  readonly event: LedgerEvent;
  /** The hash of its leaf in the Merkle tree, base64. */
  readonly leafHash: string;
  /** The proof with which the receiver computes that hash from the event. Absent if the event has no personal values. */
  readonly proof?: PersonalProof;
}

/** Takes the place of an event that the destination refused. The ledger's key signs it. */
export interface GapRecord {
  /** The place of the parked event in the sealed sequence. */
  readonly index: number;
  /** The id of the parked event. */
  readonly id: string;
  /** The hash of the parked event's leaf, base64. */
  readonly leafHash: string;
  /** The answer of the destination. */
  readonly reason: string;
  /** When the stream parked the event, RFC 3339. */
  readonly parkedAt: string;
  /** The signed note that states all of this. */
  readonly note: string;
}

/** Names places whose events retention had removed before the stream read them. The ledger's key signs it. */
export interface RetiredRecord {
  /** The first of the places. */
  readonly first: number;
  readonly last: number;
  /** The id of the retirement. */
  readonly retirement: string;
  /** The id of the event that announces the retirement, with its signed act. */
  readonly event: string;
  /** The signed note that states all of this. */
  readonly note: string;
}

/** A frozen batch: a retry sends the same bytes with the same id. */
export interface StreamBatch {
  /** A UUID. The receiver ignores a batch whose id it knows. */
  readonly id: string;
  /** The name of the stream. */
  readonly stream: string;
  /** For a replay, its name. A replay has a chain of batches of its own, beside the stream's. */
  readonly replay?: string;
  /** Whether it holds a test event, which the ledger does not have, and which has no place in a chain of batches. */
  readonly test?: true;
  /** The first place that the batch covers. Events that the filter leaves out have places, too. */
  readonly first: number;
  /** The last place that the batch covers. */
  readonly last: number;
  /** The SHA-256 of the stream's batch before, base64; empty for the first. */
  readonly previousHash: string;
  /** The newest signed checkpoint, if it is newer than that of the batch before. */
  readonly checkpoint?: string;
  /** The selection of its events, and of their parts. */
  readonly selection: Selection;
  /** In the order of their places. */
  readonly events: readonly StreamedEvent[];
  /** In the order of their places. */
  readonly gaps: readonly GapRecord[];
  /** In the order of their places. Absent where no event was retired. */
  readonly retired?: readonly RetiredRecord[];
}

/** How a destination answered a batch. */
export type StreamAnswer =
  /** It has the batch, as strongly as the acknowledgement of its type says. */
  | { readonly outcome: 'accepted' }
  /** It may take the same batch later: a server error, a limit, a broken or silent connection. */
  | { readonly outcome: 'retry'; readonly reason: string; readonly afterMs?: number }
  /** It will never take these events, by their ids. Without `events`, it is unknown which: the runner bisects the batch. */
  | { readonly outcome: 'refused'; readonly reason: string; readonly events?: readonly string[] }
  /** The destination is gone for good: the stream pauses and raises an alarm. */
  | { readonly outcome: 'gone'; readonly reason: string };

/**
 * The parts of one transmission: a request, an object, a message, or lines of a file. `(secret)` replaces secret values of its headers, and
 * values computed from secrets.
 */
export type PreviewedMessage = DryRun['messages'][number];

/** The transmissions for a batch, and the events that would be parked, since their messages are too large. */
export interface BatchPreview {
  readonly messages: readonly PreviewedMessage[];
  readonly refused?: NonNullable<DryRun['refused']>;
}

/** What an accepted batch promises: nothing; the receiver has it; it is on disk; it can be searched for. */
export type Acknowledgement = 'none' | 'received' | 'stored' | 'indexed';

/**
 * Where a stream sends batches.
 *
 * @public
 */
export interface StreamDestination {
  /** Whether it sends batches as such. Other destinations send only events, and nothing for a batch without events. @defaultValue false */
  readonly sendsBatches?: boolean;
  /** Sends one batch; the runner never calls it twice at a time. What it throws counts as `retry`. Ends when `signal` aborts. */
  send(batch: StreamBatch, signal: AbortSignal): Promise<StreamAnswer>;
  /** Shows what {@link StreamDestination.send} would send for a batch, made by the same code. It connects to nothing. */
  preview(batch: StreamBatch): BatchPreview;
  /** Closes connections and files. */
  close(): Promise<void>;
}

/** A type of destination: the checks of its options, and its constructor. */
export interface DestinationType<Options extends { readonly type: string }> {
  /** Its options: `secret` if the value of one may not be shown. */
  readonly names: Readonly<Record<keyof Options, true | 'secret'>>;
  /** Returns the problems of options whose names are known; each begins with the option's name. */
  readonly problems: (options: Options) => readonly string[];
  /** The description in `/health` and `streams list`, without secrets. */
  readonly describe: (options: Options) => string;
  readonly acknowledgement: Acknowledgement;
  readonly create: (options: Options, source: FormatSource) => StreamDestination;
}
