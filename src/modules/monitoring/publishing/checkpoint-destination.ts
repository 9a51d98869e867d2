/** A checkpoint to publish: signed, and seen to be. */
export interface PublishableCheckpoint {
  readonly size: number;
  readonly rootHash: Uint8Array;
  /** The signed note. */
  readonly note: string;
}

/** Somewhere outside the database that checkpoints go to. */
export interface CheckpointDestination {
  /** As logs and `/health` show it; without secrets. */
  readonly name: string;
  /** Whether {@link send} finds out by itself what is there already, so that it is asked again by each new leader. */
  readonly isIdempotent: boolean;
  /** Resolves when the checkpoint is out. Rejects with what went wrong; it is tried again. */
  send(checkpoint: PublishableCheckpoint, signal: AbortSignal): Promise<void>;
}
