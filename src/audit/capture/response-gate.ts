import type { Refusal } from './refusal-answer.js';

/** Stands below a response, and keeps from its client what would end it. What is above notices nothing. */
export interface ResponseGate {
  /** Nothing passes until as many calls of `open` follow. */
  close(): void;
  /** What waited passes, and what follows it. */
  open(): void;
  /** Puts a refusal in the place of all that waits and all that follows until the gate is opened. Returns whether there was anything to replace. */
  refuse(refusal: Refusal, method: string | undefined): boolean;
  /** Breaks an answer off that has begun, so that nobody takes it for whole. */
  breakOff(error: Error): void;
}
