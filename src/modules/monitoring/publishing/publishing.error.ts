import { AuditError } from '../../../audit/plain.js';

/** A destination outside the database did not accept a checkpoint. */
export class UnpublishedCheckpointError extends AuditError {
  readonly code = 'AUDIT_CHECKPOINT_UNPUBLISHED';

  /**
   * @param seen a clause
   * @param current the destinations that have the checkpoint published last, if known
   */
  constructor(
    destination: string,
    seen: string,
    { current, cause }: { readonly current?: readonly string[]; readonly cause?: unknown } = {},
  ) {
    super(
      `Cannot publish the ledger's checkpoint to the ${destination}: ${seen}. It is tried again; if it stays so, see that the ` +
        `destination works${current ? `: until then, ${whoKnows(current)}` : ''}.`,
      { cause },
    );
  }
}

function whoKnows(current: readonly string[]): string {
  return current.length === 0
    ? 'only the database and the file beside the key know the newest checkpoints'
    : `the newest checkpoints are published to the ${current.join(' and the ')} alone`;
}

/** A witness did not cosign. */
export class WitnessRefusedError extends AuditError {
  readonly code = 'AUDIT_WITNESS_REFUSED';

  /** @param seen a clause; @param next a sentence without its full stop */
  constructor(witness: string, seen: string, next: string, cause?: unknown) {
    super(`Cannot have the ledger's checkpoint cosigned by ${witness}: ${seen}. ${next}.`, { cause });
  }
}
