import type { RegisteredProvider } from '../provider/registered-provider.js';
import type { DeliveryResult } from './receipt.js';

/**
 * Whether the providers did what `onFailure: 'closed'` demands: every awaited required provider is `done`; without required providers, at
 * least one awaited provider. An event that nobody waits for cannot fail.
 *
 * @param results by backend; a provider without a result was not awaited
 */
export function meetsClosedPolicy(
  providers: readonly RegisteredProvider[],
  results: Readonly<Record<string, DeliveryResult>>,
  done: (result: DeliveryResult) => boolean,
): boolean {
  const waitedFor = providers.flatMap(({ backend, awaited, required }) => {
    const result = results[backend];
    return awaited && result !== undefined && result.status !== 'skipped' ? [{ required, isDone: done(result) }] : [];
  });
  const required = waitedFor.filter((each) => each.required);
  if (required.length > 0) return required.every(({ isDone }) => isDone);
  return waitedFor.length === 0 || waitedFor.some(({ isDone }) => isDone);
}
