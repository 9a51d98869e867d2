import { declareErrors, getErrorMessage } from '../../audit/nest-free.js';

export const rowChangesErrors = declareErrors({
  AUDIT_CAPTURE_IMPOSSIBLE: {
    kind: 'invalid',
    when: 'command `capture`, `installCapture`: a rule of a captured table is impossible, or the database holds no ledger',
    do: 'follow the message',
    message: {
      ofTables: (problems: readonly string[]) =>
        `Cannot capture row changes: ${problems.join('; ')}. Run the migrations of the tables first, or correct @AuditedEntity or the option tables.`,
      nothing: () =>
        'Cannot capture row changes: no table has rules. Decorate an entity of the data source with @AuditedEntity(), or name a table.',
      noLedger: (database: string) =>
        `Cannot capture row changes: the database ${database} lacks the ledger's tables of row changes, which must be in the same database. ` +
        'Run "nestjs-audit-ledger migrate --with row-changes" on this database first, or give the schema of its ledger with --schema.',
    },
  },
  AUDIT_ROW_CHANGES_LATE: {
    kind: 'unavailable',
    when: 'health: a captured row change waits for the ledger longer than `lateAfterSeconds`',
    do: 'check that an instance with `RowChangesModule` runs, and read its log',
    message: (waitingSeconds: number, cause?: unknown) => ({
      message:
        `Cannot move row changes into the ledger in time: the oldest waits for ${Math.round(waitingSeconds)} s.${formatFailure(cause)} Check that ` +
        'an instance with RowChangesModule runs, and read its log.',
      cause,
    }),
  },
  AUDIT_CAPTURE_UNATTESTED: {
    kind: 'unavailable',
    when: 'health: this process could not attest the capture of row changes for longer than an hour',
    do: 'read the log about the capture',
    message: (since: Date, cause?: unknown) => ({
      message:
        `Cannot attest the capture of row changes: the last attestation was at ${since.toISOString()}, but an attestation is due every hour.${formatFailure(cause)} ` +
        'Read the log about the capture, then restart the application.',
      cause,
    }),
  },
  AUDIT_ROW_CHANGES_PARKED: {
    kind: 'invalid',
    when: 'health, log: the ledger cannot store captured row changes; they are in the table `audit_row_change_parked`',
    do: 'correct the cause in the log, then run `nestjs-audit-ledger capture retry`',
    message: {
      inTable: (changes: number) =>
        `Cannot store ${changes} captured row ${changes === 1 ? 'change' : 'changes'}, so they are parked. Find the cause in the log, or in the table audit_row_change_parked. ` +
        'Correct it, then run "nestjs-audit-ledger capture retry".',
      unmade: (cause: unknown) => {
        const seen = cause instanceof SyntaxError ? cause.name : getErrorMessage(cause);
        return `no event can be made of the change: ${seen}`;
      },
    },
  },
  AUDIT_REQUEST_INVALID: {
    kind: 'invalid',
    when: 'command `capture reconcile`: a named table is not captured',
    do: 'follow the message; nothing was changed',
    message: (tables: readonly string[]) =>
      `Cannot reconcile ${tables.join(', ')}: not captured. Choose tables that "nestjs-audit-ledger capture check" lists.`,
  },
  AUDIT_REVERT_REFUSED: {
    kind: 'refused',
    when: '`capture revert`: the event does not hold the former values, or the row has changed since',
    do: 'follow the message; nothing was changed',
    message: (eventId: string, cause: string, next: string) =>
      `Cannot revert the change of event ${eventId}: ${cause}. ${next}`,
  },
});

function formatFailure(cause: unknown): string {
  return cause instanceof Error ? ` The last attempt failed: ${cause.message}` : '';
}
