import { AuditError } from '../../../audit/plain.js';

/** A signed note that is not a manifest of an export of this ledger. */
export class InvalidManifestError extends AuditError {
  readonly code = 'AUDIT_EXPORT_MANIFEST_INVALID';

  static otherNote(): InvalidManifestError {
    return new InvalidManifestError(
      'Cannot read the manifest: it is a signed note of another kind. Give the manifest that came with the export.',
    );
  }

  static otherLedger(expected: string, seen: string): InvalidManifestError {
    return new InvalidManifestError(
      `Cannot trust the manifest: it is of the ledger ${seen}, and the keys are of ${expected}. Give the keys of its ledger.`,
    );
  }
}
