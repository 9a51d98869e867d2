import type { BatchAnswer } from './call-provider.js';

/** A batch that was offered to a provider, and how that ended. */
export interface AnsweredBatch {
  readonly backend: string;
  /** How many events it has. */
  readonly events: number;
  /** From the offer to the answer. */
  readonly seconds: number;
  readonly answer: BatchAnswer['status'];
}

/** Told of each batch, replays and probes among them, once it is answered. Must be quick, and must not throw. */
export type BatchListener = (batch: AnsweredBatch) => void;
