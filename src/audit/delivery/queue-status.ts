/** What a queue is doing; see the drawing at DeliveryQueue. */
export type QueueState = 'idle' | 'lingering' | 'scheduled' | 'sending' | 'suspended';

/** How a queue is doing. */
export interface QueueStatus {
  readonly state: QueueState;
  /** Events that wait or are on their way. */
  readonly waiting: number;
  /** Events beyond the bound, whose callers wait to be let in. */
  readonly blocked: number;
  /** Events stored since the start. */
  readonly recorded: number;
}
