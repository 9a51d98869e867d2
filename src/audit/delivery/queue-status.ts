/** The state of a queue; see the drawing at DeliveryQueue. */
export type QueueState = 'idle' | 'lingering' | 'scheduled' | 'sending' | 'suspended';

/** The state and the counts of a queue. */
export interface QueueStatus {
  readonly state: QueueState;
  /** Events that the queue was given since the start. */
  readonly accepted: number;
  /** Events that wait or are on their way. */
  readonly waiting: number;
  /** Events in flight: their batch is sent and not answered. */
  readonly inFlight: number;
  /** Events beyond the bound, whose callers wait for room. */
  readonly blocked: number;
  /** Events that the provider stored since the start, including those replayed from the spill. */
  readonly recorded: number;
  /** Why the provider did not take the last batch; absent if it took it. */
  readonly trouble?: string;
}
