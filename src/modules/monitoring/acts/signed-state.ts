import { AuditError, canonicalJson, parseJson, type JsonObject } from '../../../audit/plain.js';
import type { CheckpointTrust } from '../log/notes/checkpoint.js';
import { verifyNote } from '../log/notes/signed-note.js';
import type { ActSigner } from './store-act.js';

/** What a row keeps, so that the application can resume by it. */
export type StateKind =
  | 'erasure-progress'
  | 'kept-before'
  | 'stream-place'
  | 'watch-place'
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
  { signText, trust }: ActSigner,
  kind: StateKind,
  state: Readonly<Record<string, unknown>>,
): string {
  const fields = Object.entries(state).filter(([, value]) => value !== undefined);
  return signText(`${typeOf(kind)}\n${trust.origin}\n${canonicalJson(Object.fromEntries(fields))}\n`);
}

/** What a note of {@link signState} says; `undefined` for what no known key of this ledger signed as that kind. */
export function readState(note: string, kind: StateKind, { origin, keys }: CheckpointTrust): JsonObject | undefined {
  try {
    const [type, name, json = ''] = verifyNote(note, keys).text.split('\n');
    return type === typeOf(kind) && name === origin ? (parseJson(json) as JsonObject) : undefined; // signed, so it is what signState wrote
  } catch (error) {
    if (error instanceof AuditError) return undefined;
    throw error;
  }
}

/** The first line, so that none is taken for any other text that the key signs. */
function typeOf(kind: StateKind): string {
  return `nestjs-audit-ledger/${kind}@v1`;
}
