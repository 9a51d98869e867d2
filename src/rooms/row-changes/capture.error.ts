import { AuditError, errorMessage } from '../../audit/plain.js';

/** The rules of a table do not fit the database. */
export class CaptureError extends AuditError {
  readonly code = 'AUDIT_CAPTURE_IMPOSSIBLE';

  static ofTables(problems: readonly string[]): CaptureError {
    return new CaptureError(
      `Cannot capture row changes: ${problems.join('; ')}. Run the migrations of the tables first, or correct @AuditedEntity or the option tables.`,
    );
  }

  static nothing(): CaptureError {
    return new CaptureError(
      'Cannot capture row changes: no table has rules. Decorate an entity of the data source with @AuditedEntity(), or name a table.',
    );
  }

  static noLedger(database: string): CaptureError {
    return new CaptureError(
      `Cannot capture row changes: the database ${database} lacks the ledger's tables of row changes, which must be in the same database. ` +
        'Run "nestjs-audit-ledger migrate --with row-changes" on this database first, or give the schema of its ledger with --schema.',
    );
  }
}

/** A captured row change waits too long for the ledger. */
export class RowChangesLateError extends AuditError {
  readonly code = 'AUDIT_ROW_CHANGES_LATE';

  constructor(waitingSeconds: number, cause?: unknown) {
    super(
      `Cannot move row changes into the ledger in time: the oldest waits for ${Math.round(waitingSeconds)} s.${failureOf(cause)} Check that ` +
        'an instance with RowChangesModule runs, and read its log.',
      { cause },
    );
  }
}

/** No attestation succeeded in time, so it is unknown whether somebody altered the capture. */
export class AttestationLateError extends AuditError {
  readonly code = 'AUDIT_CAPTURE_UNATTESTED';

  /** @param since the time of this process' last attestation, or of its start */
  constructor(since: Date, cause?: unknown) {
    super(
      `Cannot attest the capture of row changes: the last attestation was at ${since.toISOString()}, but an attestation is due every hour.${failureOf(cause)} ` +
        'Read the log about the capture, then restart the application.',
      { cause },
    );
  }
}

/** The ledger cannot store captured row changes, so they are parked. */
export class RowChangesParkedError extends AuditError {
  readonly code = 'AUDIT_ROW_CHANGES_PARKED';

  static create(changes: number): RowChangesParkedError {
    return new RowChangesParkedError(
      `Cannot store ${changes} captured row ${changes === 1 ? 'change' : 'changes'}, so they are parked. Find the cause in the log, or in the table audit_row_change_parked. ` +
        'Correct it, then run "nestjs-audit-ledger capture retry".',
    );
  }

  /** The message of a SyntaxError is left out, because it quotes values of the row. */
  static unmade(cause: unknown): RowChangesParkedError {
    const seen = cause instanceof SyntaxError ? cause.name : errorMessage(cause);
    return new RowChangesParkedError(`no event can be made of the change: ${seen}`);
  }
}

/** The tables to reconcile are invalid. */
export class ReconcileError extends AuditError {
  readonly code = 'AUDIT_RECONCILE_INVALID';

  static notCaptured(tables: readonly string[]): ReconcileError {
    return new ReconcileError(
      `Cannot reconcile ${tables.join(', ')}: not captured. Choose tables that "nestjs-audit-ledger capture check" lists.`,
    );
  }
}

function failureOf(cause: unknown): string {
  return cause instanceof Error ? ` The last attempt failed: ${cause.message}` : '';
}
