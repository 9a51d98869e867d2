import type { TreeHead } from '../../proof/log/merkle/verify-consistency.js';
import type { SignedCheckpoint } from '../../proof/log/notes/checkpoint.js';
import { appendNote } from './note-file.js';
import { describeHttpFailure, postText } from './post-text.js';
import { ledgerErrors } from '../../errors/ledger.errors.js';

/** A destination outside the database to which checkpoints are sent. */
export interface CheckpointDestination {
  /** The destination's name in logs and in `/health`, without secrets. */
  readonly name: string;
  /** Whether {@link send} recognizes a checkpoint that has arrived before. If so, a new leader sends the newest checkpoint again. */
  readonly isIdempotent: boolean;
  /**
   * Resolves when the checkpoint has arrived. Rejects on a failure, after which the caller retries.
   *
   * @param sent the last checkpoint that arrived, if known
   */
  send(checkpoint: SignedCheckpoint, signal: AbortSignal, sent: TreeHead | undefined): Promise<void>;
}

/** Appends signed notes to a file, each with an empty line after it. A note is on disk when `send` resolves, and is never rewritten. */
export function fileDestination(path: string): CheckpointDestination {
  return { name: 'file', isIdempotent: true, send: ({ note }) => appendNote(path, note) };
}

/**
 * Posts checkpoints to a URL. A status from 200 to 299 acknowledges a checkpoint. On a failure, `send` rejects with
 * `AUDIT_CHECKPOINT_UNPUBLISHED`.
 */
export function webhookDestination(url: string): CheckpointDestination {
  const name = 'webhook';
  return {
    name,
    isIdempotent: false,
    send: async ({ note }, signal) => {
      const { status } = await postText(url, note, signal).catch((cause: unknown) => {
        throw ledgerErrors.AUDIT_CHECKPOINT_UNPUBLISHED(name, describeHttpFailure(cause, url), { cause });
      });
      if (status < 200 || status > 299)
        throw ledgerErrors.AUDIT_CHECKPOINT_UNPUBLISHED(name, `it responded with status ${status}`);
    },
  };
}
