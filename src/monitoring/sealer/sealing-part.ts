import { LinesParkedError, SealingLateError } from '../errors/ledger-attention.error.js';
import { LONGEST_WAIT_SECONDS } from '../store/ledger-state.js';
import { countOf, partOf, type KnownLedger, type StatePart } from '../store/health-part.js';

/** Returns the part of `/health` about events that wait to be sealed. */
export function sealingPart({ state, ageSeconds }: Pick<KnownLedger, 'state' | 'ageSeconds'>): StatePart {
  const waitingEvents = state?.waitingEvents ?? null;
  const waitingSeconds = state && waitingEvents ? Math.round(state.waitingSeconds + ageSeconds) : 0;
  const parkedLines = state?.parkedLines ?? 0;
  const isLate = waitingSeconds > LONGEST_WAIT_SECONDS;
  return partOf(
    'sealing',
    [
      isLate ? new SealingLateError(waitingSeconds) : undefined,
      parkedLines > 0 ? new LinesParkedError(parkedLines) : undefined,
    ],
    `${countOf(waitingEvents ?? 0, 'event waits', 'events wait')} to be sealed.`,
    { waitingEvents, waitingSeconds, parkedLines },
  );
}
