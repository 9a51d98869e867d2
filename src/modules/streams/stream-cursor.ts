import { parseJson } from '../../audit/plain.js';
import { readState, signState } from '../monitoring/acts/signed-state.js';
import type { StatementSigner } from '../monitoring/log/notes/statement.js';
import type { CheckpointTrust } from '../monitoring/log/notes/checkpoint.js';
import type { Selection } from './selection.js';

/** The data about a batch that is stored before its first attempt. */
export interface FrozenBatch {
  readonly id: string;
  readonly first: number;
  readonly last: number;
  /** The place of the parked event that the batch sends again. */
  readonly retried?: number | undefined;
  /** The size of the newest checkpoint at the freeze. */
  readonly checkpointSize: number;
  readonly hash: string;
  readonly selection: Selection;
}

/** The state from which a stream resumes. An earlier state than the last does no harm: its events are sent again. */
export interface StreamCursor {
  /** The first place of the next batch. */
  readonly position: number;
  /** The first place that was not searched. */
  readonly looked: number;
  /** The selection under which the stream searched from `position` to `looked` in vain. */
  readonly lookedAs?: Selection | undefined;
  readonly previousHash: string;
  /** The size of the last checkpoint that was sent. */
  readonly checkpointSize: number;
  /** The batch that is being sent. A retry has the same id and the same bytes, whose hash is here. */
  readonly frozen?: FrozenBatch | undefined;
  /** The settings at the freeze: under others, the batch has other bytes. */
  readonly frozenAs?: string | undefined;
}

export function beginningAt(position: number): StreamCursor {
  return { position, looked: position, previousHash: '', checkpointSize: 0 };
}

/** A cursor, and the number of the act that set the stream's beginning: a cursor from before that act is invalid. */
type ReadCursor = StreamCursor & { readonly act: number };

export function signCursor(
  signer: StatementSigner,
  { stream, act }: { readonly stream: string; readonly act: number },
  cursor: StreamCursor,
): string {
  const plain = Object(parseJson(JSON.stringify(cursor))) as object; // without what is undefined
  return signState(signer, 'stream-cursor', { ...plain, stream, act });
}

/** Reads the cursor of a note; `undefined` if the ledger's key did not sign it, or it belongs to another stream. */
export function readCursor(note: unknown, stream: string, trust: CheckpointTrust): ReadCursor | undefined {
  if (typeof note !== 'string') return undefined;
  const { stream: of, ...cursor } = readState(note, 'stream-cursor', trust) ?? {};
  return of === stream ? (cursor as unknown as ReadCursor) : undefined; // signed, so it is what signCursor wrote
}
