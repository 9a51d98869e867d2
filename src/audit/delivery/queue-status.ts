/** What a queue is doing; see the drawing at DeliveryQueue. */
export type QueueState = 'idle' | 'lingering' | 'scheduled' | 'sending' | 'suspended';

/** How a queue is doing. */
export interface QueueStatus {
  readonly state: QueueState;
  /** Events that the queue was given since the start. */
  readonly accepted: number;
  /** Events that wait or are on their way. */
  readonly waiting: number;
  /** Those of them that are on their way: their batch is sent, and not answered. */
  readonly inFlight: number;
  /** Events beyond the bound, whose callers wait to be let in. */
  readonly blocked: number;
  /** Events that the provider stored since the start, those replayed from the spill among them. */
  readonly recorded: number;
  /** Why the provider did not take what it was offered last; absent when it took it. */
  readonly trouble?: string;
}
