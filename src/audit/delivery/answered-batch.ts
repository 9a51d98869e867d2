import type { BatchAnswer } from './call-provider.js';

/** A batch that was offered to a provider, and the provider's answer. */
export interface AnsweredBatch {
  readonly backend: string;
  /** How many events it has. */
  readonly events: number;
  /** The time from the offer to the answer. */
  readonly seconds: number;
  readonly answer: BatchAnswer['status'];
}

/** Called for each batch, including replays and probes, once it is answered. Must be quick, and must not throw. */
export type BatchListener = (batch: AnsweredBatch) => void;
