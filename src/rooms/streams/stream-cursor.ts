import { parseJson } from '../../audit/nest-free.js';
import { readState, signState } from '../../monitoring/keep/acts/signed-state.js';
import type { StatementSigner } from '../../monitoring/proof/log/notes/statement.js';
import type { CheckpointTrust } from '../../monitoring/proof/log/notes/checkpoint.js';
import type { Selection } from './selection.js';
import type { LedgerQueries } from '../../monitoring/store/sessions/ledger-session.js';

/** The data about a batch that the ledger stores before the first attempt to send the batch. */
export interface FrozenBatch {
  readonly id: string;
  readonly first: number;
  readonly last: number;
  /** The sequence number of the parked event that the batch retries. */
  readonly retried?: number | undefined;
  /** The size of the newest checkpoint when the batch was frozen. */
  readonly checkpointSize: number;
  readonly hash: string;
  readonly selection: Selection;
}

/** The state from which a stream resumes. With an old state, the stream sends some events again, which is harmless. */
export interface StreamCursor {
  /** The first sequence number of the next batch. */
  readonly position: number;
  /** The first sequence number that the stream has not searched yet. */
  readonly looked: number;
  /** The selection that matches no event with a sequence number from `position` to `looked` - 1. */
  readonly lookedAs?: Selection | undefined;
  readonly previousHash: string;
  /** The size of the newest checkpoint that was sent. */
  readonly checkpointSize: number;
  /** The batch that is being sent. A retry has the same id, and bytes with the same hash. */
  readonly frozen?: FrozenBatch | undefined;
  /** The digest of the stream's settings when the batch was frozen. If the settings have changed, the stream makes another batch. */
  readonly frozenAs?: string | undefined;
}

export function beginningAt(position: number): StreamCursor {
  return { position, looked: position, previousHash: '', checkpointSize: 0 };
}

/** A cursor, with the number of the act that set the stream's position. A cursor of an earlier act is invalid. */
type ReadCursor = StreamCursor & { readonly act: number };

export async function signCursor(
  signer: StatementSigner,
  { stream, act }: { readonly stream: string; readonly act: number },
  cursor: StreamCursor,
): Promise<string> {
  const plain = Object(parseJson(JSON.stringify(cursor))) as object; // JSON leaves out undefined members
  return signState(signer, 'stream-cursor', { ...plain, stream, act });
}

/** Reads the cursor of a note. Returns `undefined` if the ledger's key did not sign the note, or the note belongs to another stream. */
export function readCursor(note: unknown, stream: string, trust: CheckpointTrust): ReadCursor | undefined {
  if (typeof note !== 'string') return undefined;
  const { stream: of, ...cursor } = readState(note, 'stream-cursor', trust) ?? {};
  return of === stream ? (cursor as unknown as ReadCursor) : undefined; // the note is signed, so signCursor wrote this value
}

/** A sequence number, or a time. A time stands for the first event that was sealed at that time or later. */
export type Place = number | Date;

/** A range between two sequence numbers or times. Without `from` or `to`, the range has no limit at that end. */
export type PlaceRange = Readonly<Partial<Record<'from' | 'to', Place | undefined>>>;

const SIGNED = 'SELECT size, signed_at FROM audit_checkpoint WHERE size >= $1 ORDER BY size LIMIT 1';

export async function sealedSize(session: LedgerQueries): Promise<number> {
  const [row] = await session.rows('SELECT coalesce(max(size), 0) AS sealed FROM audit_checkpoint', []);
  return Number(row?.sealed);
}

/** Finds the first event that was sealed at a time or later. A binary search works, because sizes of checkpoints ascend with time. */
export async function placeOf(session: LedgerQueries, place: Place, sealed: number): Promise<number> {
  if (typeof place === 'number') return place;
  let [least, most] = [0, sealed];
  while (least < most) {
    const middle = Math.floor((least + most) / 2);
    const [row] = await session.rows(SIGNED, [middle + 1]); // the checkpoint that sealed this event
    if (row?.signed_at instanceof Date && row.signed_at < place) least = Number(row.size);
    else most = middle;
  }
  return least;
}
