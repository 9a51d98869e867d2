/* These errors have no code, since they do not leave this folder. */

/** A step of an erasure has to wait, and is retried. The message states the reason. */
export class MustWaitError extends Error {}

/** A legal hold covers an event of a planned retirement. */
export class EventHeldError extends Error {}
