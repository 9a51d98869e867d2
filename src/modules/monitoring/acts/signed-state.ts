import type { JsonObject } from '../../../audit/plain.js';
import { unlessRefused } from '../errors/unless-refused.js';
import type { CheckpointTrust } from '../log/notes/checkpoint.js';
import { formatStatement, readStatement, type StatementSigner } from '../log/notes/statement.js';

/** What a row keeps, so that the application can resume by it. */
export type StateKind =
  | 'erasure-progress'
  | 'kept-before'
  | 'stream-cursor'
  | 'watch-cursor'
  | 'review'
  | 'review-alert'
  | 'canary'
  | 'canary-alert'
  | 'answer';

/**
 * The signed note of what the application keeps in a row to resume by: only the ledger's key can write it. Who can write the row can
 * put an earlier one back: whatever is done by it must do no harm when it is done again.
 *
 * @param state with what it is of, so that no note is taken for another's; fields that are `undefined` are left out
 */
export function signState(
  { signText, trust }: StatementSigner,
  kind: StateKind,
  state: Readonly<Record<string, unknown>>,
): string {
  return signText(formatStatement(kind, trust.origin, state));
}

/** What a note of {@link signState} says; `undefined` for what no known key of this ledger signed as that kind. */
export function readState(note: string, kind: StateKind, trust: CheckpointTrust): JsonObject | undefined {
  return unlessRefused(() => readStatement(note, kind, trust) as JsonObject); // signed, so it is what signState wrote
}
