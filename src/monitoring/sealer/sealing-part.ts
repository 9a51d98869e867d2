import { LONGEST_WAIT_SECONDS } from '../store/ledger-state.js';
import { countOf, partOf, type KnownLedger, type StatePart } from '../store/health-part.js';
import { ledgerErrors } from '../errors/ledger.errors.js';

/** Returns the part of `/health` about events that wait to be sealed. */
export function sealingPart({ state, ageSeconds }: Pick<KnownLedger, 'state' | 'ageSeconds'>): StatePart {
  const waitingEvents = state?.waitingEvents ?? null;
  const waitingSeconds = state && waitingEvents ? Math.round(state.waitingSeconds + ageSeconds) : 0;
  const parkedLines = state?.parkedLines ?? 0;
  const isLate = waitingSeconds > LONGEST_WAIT_SECONDS;
  return partOf(
    'sealing',
    [
      isLate ? ledgerErrors.AUDIT_SEALING_LATE(waitingSeconds) : undefined,
      parkedLines > 0 ? ledgerErrors.AUDIT_LINES_PARKED(parkedLines) : undefined,
    ],
    `${countOf(waitingEvents ?? 0, 'event waits', 'events wait')} to be sealed.`,
    { waitingEvents, waitingSeconds, parkedLines },
  );
}
