import { AuditError } from '../../audit/plain.js';

/** The database contradicts the last signed checkpoint, or itself. The sequencer stops signing. */
export class LedgerInconsistentError extends AuditError {
  readonly code = 'AUDIT_LEDGER_INCONSISTENT';

  /** @param seen the contradiction, as a clause */
  constructor(seen: string, cause?: unknown) {
    super(
      `Cannot continue sealing the ledger: ${seen}. Events are stored, but not sealed. Run nestjs-audit-ledger verify to find ` +
        'tampering. After a restore from a backup, run nestjs-audit-ledger adopt.',
      { cause },
    );
  }
}

/** The database continues every signed head, so an adoption would change nothing. */
export class NothingToAdoptError extends AuditError {
  readonly code = 'AUDIT_NOTHING_TO_ADOPT';

  constructor(size: number) {
    super(
      `Cannot adopt the database's ledger: its size is ${size}, and it continues every signed and published checkpoint that no ` +
        'earlier adoption gave up. You need no adoption. If verify reports a checkpoint that you stored elsewhere, give it with ' +
        '--checkpoint.',
    );
  }
}
