import type { Refusal } from './refusal-answer.js';

/** Stands below a response, and holds back the bytes that would end it for the client. The layers above notice nothing. */
export interface ResponseGate {
  /** Closes the gate: nothing passes until `open` was called as often as `close`. */
  close(): void;
  /** Opens the gate: the bytes that waited pass, and all later ones. */
  open(): void;
  /**
   * Replaces everything that waits, and everything that follows until the gate is opened, with a refusal. Returns whether there was
   * anything to replace.
   */
  refuse(refusal: Refusal, method: string | undefined): boolean;
  /** Breaks off an answer that has begun, so that nobody takes it for complete. */
  breakOff(error: Error): void;
}
