import { AuditError } from '../../../audit/plain.js';

/** A destination outside the database did not accept a checkpoint. */
export class UnpublishedCheckpointError extends AuditError {
  readonly code = 'AUDIT_CHECKPOINT_UNPUBLISHED';

  /**
   * @param seen the failure, as a clause
   * @param current the destinations that have the newest published checkpoint, if known
   */
  constructor(
    destination: string,
    seen: string,
    { current, cause }: { readonly current?: readonly string[]; readonly cause?: unknown } = {},
  ) {
    super(
      `Cannot publish the ledger's checkpoint to the ${destination}: ${seen}. The ledger retries. If the failure persists, repair ` +
        `the destination${current ? `: until then, ${holdersOf(current)}` : ''}.`,
      { cause },
    );
  }
}

function holdersOf(current: readonly string[]): string {
  return current.length === 0
    ? 'only the database and the file beside the signing key have the newest checkpoints'
    : `the newest checkpoints are published only to the ${current.join(' and the ')}`;
}

/** A witness did not cosign a checkpoint. */
export class WitnessRefusedError extends AuditError {
  readonly code = 'AUDIT_WITNESS_REFUSED';

  /**
   * @param seen the failure, as a clause
   * @param next what to do, as a sentence without its full stop
   */
  constructor(witness: string, seen: string, next: string, cause?: unknown) {
    super(`Cannot get the ledger's checkpoint cosigned by ${witness}: ${seen}. ${next}.`, { cause });
  }
}
