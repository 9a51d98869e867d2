import type { JsonObject } from '../../../audit/plain.js';
import { unlessRefused } from '../errors/unless-refused.js';
import type { CheckpointTrust } from '../log/notes/checkpoint.js';
import { formatStatement, readStatement, type StatementSigner } from '../log/notes/statement.js';

/** A kind of state that a row keeps, so that the application can resume from it. */
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
 * Signs the state that the application keeps in a row to resume from: only the ledger's key can write it. Somebody who can write the row
 * can put an earlier state back, so it must be harmless to repeat the work that follows from a state.
 *
 * @param state includes its subject, so that no note passes for another's; fields that are `undefined` are left out
 */
export function signState(
  { signText, trust }: StatementSigner,
  kind: StateKind,
  state: Readonly<Record<string, unknown>>,
): string {
  return signText(formatStatement(kind, trust.origin, state));
}

/** Reads a note of {@link signState}; `undefined` unless a known key of this ledger signed it as this kind. */
export function readState(note: string, kind: StateKind, trust: CheckpointTrust): JsonObject | undefined {
  return unlessRefused(() => readStatement(note, kind, trust) as JsonObject); // signed, so it is what signState wrote
}
