import type { WatchRunner } from '../watch/watch-runner.service.js';
import type { KnownLedger } from './ledger-watch.service.js';
import { toldBy, type StatePart } from './state-report.js';

/** What the state says of the rules: when they ran, and what they have not looked at. */
export function watchPart(
  runner: Pick<WatchRunner, 'isOn' | 'problemOf'>,
  { state, ageSeconds }: KnownLedger,
): StatePart {
  if (!runner.isOn) return { name: 'watch', status: 'off', says: 'No rules run over the ledger.', facts: {} };
  const watch = state?.watch && { ...state.watch, lookedSeconds: Math.round(state.watch.lookedSeconds + ageSeconds) };
  const facts = { lagEvents: watch?.lagEvents ?? null, lookedSeconds: watch?.lookedSeconds ?? null };
  const problem = runner.problemOf(watch);
  if (problem) return { name: 'watch', status: 'error', ...toldBy(problem.message), facts };
  return { name: 'watch', status: 'ok', says: 'The rules run over the ledger.', facts };
}
