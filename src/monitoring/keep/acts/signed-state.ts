import type { JsonObject } from '../../../audit/nest-free.js';
import { undefinedIfRejected } from '../../errors/undefined-if-rejected.js';
import type { CheckpointTrust } from '../../proof/log/notes/checkpoint.js';
import { formatStatement, readStatement, type StatementSigner } from '../../proof/log/notes/statement.js';

type StateKind = 'erasure-progress' | 'kept-before' | 'consumer';

/**
 * Signs a state that the application stores in a row, so that the application can later trust the row. Only the ledger's key can sign the
 * note of a state. A database user can restore an older note, so repeating the work after an older state must be harmless.
 *
 * @param state must name its subject, so that a note about another subject cannot replace the note; `undefined` fields are left out
 */
export async function signState(
  { signText, trust }: StatementSigner,
  kind: StateKind,
  state: Readonly<Record<string, unknown>>,
): Promise<string> {
  return signText(formatStatement(kind, trust.origin, state));
}

/** Reads a note of {@link signState}. Returns `undefined` unless a known key of this ledger signed a state of this kind. */
export function readState(note: string, kind: StateKind, trust: CheckpointTrust): JsonObject | undefined {
  return undefinedIfRejected(() => readStatement(note, kind, trust) as JsonObject); // the ledger's key signed the note, so signState wrote the note
}
