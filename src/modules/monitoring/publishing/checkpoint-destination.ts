/** A checkpoint to publish, whose signature was verified. */
export interface PublishableCheckpoint {
  readonly size: number;
  readonly rootHash: Uint8Array;
  /** The signed note. */
  readonly note: string;
}

/** A place outside the database to which checkpoints are sent. */
export interface CheckpointDestination {
  /** The name in logs and `/health`; without secrets. */
  readonly name: string;
  /** Whether {@link send} itself detects a checkpoint that was sent already; each new leader then sends again. */
  readonly isIdempotent: boolean;
  /** Resolves when the checkpoint has arrived. Rejects with the error; it is then tried again. */
  send(checkpoint: PublishableCheckpoint, signal: AbortSignal): Promise<void>;
}
