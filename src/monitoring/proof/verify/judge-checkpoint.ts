import { AuditError } from '../../../base/errors/audit.error.js';
import { getErrorMessage, hasCode } from '../../../base/errors/error-facts.js';
import type { TreeHead } from '../log/merkle/verify-consistency.js';
import { isSameHash } from '../log/merkle/hashes.js';
import { verifyCheckpoint, type CheckpointTrust } from '../log/notes/checkpoint.js';
import { parseVerifierKey } from '../log/notes/note-signer.js';
import type { LedgerRow } from '../../store/ledger-row.js';
import type { Finding, FindingKind } from './finding.js';
import { verifyErrors } from '../../errors/verify.errors.js';

type CheckedCheckpoint = { readonly head: TreeHead } | { readonly finding: Finding };

/**
 * Returns the log's origin and keys from its verifier keys.
 *
 * @throws `AUDIT_REQUEST_INVALID` for no key, or for keys of several logs
 * @throws `AUDIT_NOTE_KEY_INVALID`
 */
export function buildTrust(verifierKeys: readonly string[]): CheckpointTrust {
  const keys = verifierKeys.map(parseVerifierKey);
  const [first] = keys;
  if (!first) throw verifyErrors.AUDIT_REQUEST_INVALID.noKey();
  const other = keys.find(({ name }) => name !== first.name);
  if (other) throw verifyErrors.AUDIT_REQUEST_INVALID.severalLogs(first.name, other.name);
  return { origin: first.name, keys };
}

/** Judges the row of a checkpoint by the columns `size`, `root` and `note`. Never throws. */
export function checkCheckpoint(row: LedgerRow, trust: CheckpointTrust): CheckedCheckpoint {
  const size = Number(row.size);
  const at = { table: 'audit_checkpoint', index: size };
  try {
    const { checkpoint } = verifyCheckpoint(String(row.note), trust);
    if (checkpoint.size === size && isSameHash(checkpoint.rootHash, storedBytes(row.root))) return { head: checkpoint };
    const what = `the row of size ${size} differs from its signed note, of size ${checkpoint.size}`;
    return { finding: { ...at, kind: 'checkpoint_altered', what } };
  } catch (error) {
    if (!(error instanceof AuditError)) throw error;
    const what = `the note of size ${size}: ${getErrorMessage(error)}`;
    return { finding: { ...at, kind: toFindingKind(error), what } };
  }
}

function toFindingKind(error: unknown): FindingKind {
  if (hasCode(error, 'AUDIT_PROOF_WRONG')) return 'checkpoint_forged';
  return hasCode(error, 'AUDIT_NOTE_UNVERIFIED') ? 'checkpoint_unverified' : 'checkpoint_altered';
}

/** Returns the bytes of a column; no bytes if the column is null, which is possible only if somebody dropped its constraint. */
export function storedBytes(value: unknown): Uint8Array {
  return Buffer.isBuffer(value) ? value : new Uint8Array();
}
