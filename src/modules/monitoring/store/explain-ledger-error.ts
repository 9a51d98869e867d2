import { UnstorableEventsError, type AuditError } from '../../../audit/index.js';
import { LedgerUnavailableError } from '../errors/ledger-unavailable.error.js';
import { classifyLedgerError } from './classify-ledger-error.js';

/**
 * The error to throw for one of the ledger's client: UnstorableEventsError (`AUDIT_EVENTS_UNSTORABLE`) when the events are
 * at fault, LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`) when the ledger is.
 */
export function explainLedgerError(error: unknown): AuditError {
  const failure = classifyLedgerError(error);
  return failure.kind === 'unstorable'
    ? UnstorableEventsError.create('the ledger', failure.seen)
    : LedgerUnavailableError.create(failure.seen, failure.next, failure.isRaised ? 'unknown' : 'store');
}
