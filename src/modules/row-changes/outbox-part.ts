import { partOf, type KnownLedger, type StatePart } from '../monitoring/store/state-part.js';
import { LATE_AFTER_SECONDS } from './capture-options.js';
import { RowChangesLateError, RowChangesParkedError } from './capture.error.js';

/** What an instance knows of its drain. */
interface KnownDrain {
  readonly lateAfterSeconds?: number | undefined;
  readonly error?: unknown;
}

/** What the state says of the captured changes that are not in the ledger yet, also where this instance takes none there. */
export function outboxPart(
  { state, ageSeconds }: Pick<KnownLedger, 'state' | 'ageSeconds'>,
  { lateAfterSeconds = LATE_AFTER_SECONDS, error }: KnownDrain = {},
): StatePart {
  const waitingSeconds = state && state.changeSeconds > 0 ? Math.round(state.changeSeconds + ageSeconds) : 0;
  const { parkedChanges = 0 } = state ?? {};
  const isLate = waitingSeconds > lateAfterSeconds;
  const problems = [
    parkedChanges > 0 ? RowChangesParkedError.create(parkedChanges) : undefined,
    isLate ? new RowChangesLateError(waitingSeconds, error) : undefined,
  ];
  return partOf('outbox', problems, 'The ledger takes every captured change, and none waits for long.', {
    waitingSeconds,
    parked: state?.parkedChanges ?? null,
  });
}
