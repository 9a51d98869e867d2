import { AuditError, UnstorableEventsError } from '../../../../audit/plain.js';
import { isFileError } from '../../errors/file-error.js';
import { LedgerUnavailableError } from '../../errors/ledger-unavailable.error.js';
import { classifyLedgerError } from './classify-ledger-error.js';

/**
 * Translates an error of the ledger's client: UnstorableEventsError (`AUDIT_EVENTS_UNSTORABLE`) when the events are at fault,
 * LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`) when the ledger is.
 */
export function explainLedgerError(error: unknown): AuditError {
  const failure = classifyLedgerError(error);
  return failure.kind === 'unstorable'
    ? UnstorableEventsError.create('the ledger', failure.seen)
    : LedgerUnavailableError.create(failure.seen, failure.next, failure.isRaised ? 'unknown' : 'store');
}

/** Does the same as {@link explainLedgerError}, but leaves errors of the library, of files and of wrong arguments unchanged. */
export function explainUnlessOwn(error: unknown): Error {
  const isOwn = error instanceof AuditError || error instanceof TypeError;
  return isOwn || (error instanceof Error && isFileError(error)) ? error : explainLedgerError(error);
}
