import { AuditError, errorMessage } from '../../audit/plain.js';

/** The changes of a table cannot be captured by its rules. */
export class CaptureError extends AuditError {
  readonly code = 'AUDIT_CAPTURE_IMPOSSIBLE';

  static ofTables(problems: readonly string[]): CaptureError {
    return new CaptureError(
      `Cannot capture row changes: ${problems.join('; ')}. Run the migrations of the tables first, or correct @AuditedEntity or the option tables.`,
    );
  }

  static nothing(): CaptureError {
    return new CaptureError(
      'Cannot capture row changes: no table is named. Decorate an entity of the data source with @AuditedEntity(), or name a table.',
    );
  }

  static noLedger(database: string): CaptureError {
    return new CaptureError(
      `Cannot capture row changes: the database ${database} holds no ledger with the tables of row changes, and changes are captured in their own transaction. ` +
        'Run "nestjs-audit-ledger migrate --with row-changes" on this database first, or name the schema of its ledger by --schema.',
    );
  }
}

/** Captured row changes wait too long for the ledger. */
export class RowChangesLateError extends AuditError {
  readonly code = 'AUDIT_ROW_CHANGES_LATE';

  constructor(waitingSeconds: number, cause?: unknown) {
    super(
      `Cannot bring row changes to the ledger in time: one waits for ${Math.round(waitingSeconds)} s.${failureOf(cause)} Check that an instance ` +
        'with RowChangesModule runs, and read its log.',
      { cause },
    );
  }
}

/** No attestation succeeded for long, so it is unknown whether the capture was altered. */
export class AttestationLateError extends AuditError {
  readonly code = 'AUDIT_CAPTURE_UNATTESTED';

  /** @param since the last attestation of this process, or its start */
  constructor(since: Date, cause?: unknown) {
    super(
      `Cannot attest the capture of row changes: not done since ${since.toISOString()}, and it is due hourly.${failureOf(cause)} See what the log says of ` +
        'the capture; then restart the application.',
      { cause },
    );
  }
}

/** Captured row changes cannot be stored, and are parked. */
export class RowChangesParkedError extends AuditError {
  readonly code = 'AUDIT_ROW_CHANGES_PARKED';

  static create(changes: number): RowChangesParkedError {
    return new RowChangesParkedError(
      `Cannot store ${changes} captured row ${changes === 1 ? 'change' : 'changes'}: the log and the table audit_row_change_parked say why. ` +
        'Correct the cause, then run "nestjs-audit-ledger capture retry".',
    );
  }

  /** For SyntaxErrors, it only gives the name: their messages quote values of the row. */
  static unmade(cause: unknown): RowChangesParkedError {
    const seen = cause instanceof SyntaxError ? cause.name : errorMessage(cause);
    return new RowChangesParkedError(`cannot make an event of it: ${seen}`);
  }
}

/** A reconciliation of rows with their events is not possible as requested. */
export class ReconcileError extends AuditError {
  readonly code = 'AUDIT_RECONCILE_INVALID';

  static notCaptured(tables: readonly string[]): ReconcileError {
    return new ReconcileError(
      `Cannot reconcile ${tables.join(', ')}: not captured. Name captured tables, as "nestjs-audit-ledger capture check" lists them.`,
    );
  }
}

function failureOf(cause: unknown): string {
  return cause instanceof Error ? ` The last attempt failed: ${cause.message}` : '';
}
