import { parseJson } from '../../audit/plain.js';
import { readState, signState } from '../monitoring/acts/signed-state.js';
import type { StatementSigner } from '../monitoring/log/notes/statement.js';
import type { CheckpointTrust } from '../monitoring/log/notes/checkpoint.js';
import type { Selection } from './selection.js';

/** What is stored of a batch before its first attempt. */
export interface FrozenBatch {
  readonly id: string;
  readonly first: number;
  readonly last: number;
  /** The place of the parked event that it sends again. */
  readonly retried?: number | undefined;
  /** The size of the newest checkpoint when it was frozen. */
  readonly checkpointSize: number;
  readonly hash: string;
  readonly selection: Selection;
}

/** What a stream resumes by. An earlier one than the last does no harm: its events are sent again. */
export interface StreamCursor {
  /** The first place of the next batch. */
  readonly position: number;
  /** The first place that nobody looked at. */
  readonly looked: number;
  /** What the stream selected when it found nothing from `position` to `looked`. */
  readonly lookedAs?: Selection | undefined;
  readonly previousHash: string;
  /** The size of the last checkpoint that was sent. */
  readonly checkpointSize: number;
  /** The batch that it sends now: a retry has the same id and the same bytes, whose hash is here. */
  readonly frozen?: FrozenBatch | undefined;
  /** The settings that the batch was frozen under: under others, it has other bytes. */
  readonly frozenAs?: string | undefined;
}

/** Whose cursor it is, and the number of the act that said where it begins: no cursor of before that act counts. */
export interface CursorOf {
  readonly stream: string;
  readonly act: number;
}

/** A stream that begins at a place. */
export function beginningAt(position: number): StreamCursor {
  return { position, looked: position, previousHash: '', checkpointSize: 0 };
}

/** The note to keep. */
export function signCursor(signer: StatementSigner, { stream, act }: CursorOf, cursor: StreamCursor): string {
  const plain = Object(parseJson(JSON.stringify(cursor))) as object; // without what is undefined
  return signState(signer, 'stream-cursor', { ...plain, stream, act });
}

/** The cursor that a note says; `undefined` for what the ledger's key did not sign, or of another stream. */
export function readCursor(
  note: unknown,
  stream: string,
  trust: CheckpointTrust,
): (StreamCursor & Pick<CursorOf, 'act'>) | undefined {
  if (typeof note !== 'string') return undefined;
  const { stream: of, ...cursor } = readState(note, 'stream-cursor', trust) ?? {};
  return of === stream ? (cursor as unknown as StreamCursor & CursorOf) : undefined; // signed, so it is what signCursor wrote
}
