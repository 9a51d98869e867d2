import { describe, expect, it } from '@jest/globals';
import type { RegisteredProvider } from '../provider/registered-provider.js';
import { meetsClosedPolicy } from './closed-policy.js';
import type { DeliveryResult } from './receipt.js';

const isRecorded = ({ status }: DeliveryResult): boolean => status === 'recorded';

/** As `required` or `awaited`, else one that nobody waits for, by name. */
function providersOf(kinds: Readonly<Record<string, 'required' | 'awaited' | 'unawaited'>>): RegisteredProvider[] {
  return Object.entries(kinds).map(
    ([backend, kind]) =>
      ({ backend, awaited: kind !== 'unawaited', required: kind === 'required' }) as RegisteredProvider, // all that is read
  );
}

describe('the closed policy', () => {
  it.each([
    ['holds where every required provider is done', { a: 'recorded', b: 'failed' }, true],
    ['fails where a required one is not, whatever others did', { a: 'failed', b: 'recorded' }, false],
    ['takes one that is done where no required one was waited for', { a: 'skipped', b: 'recorded' }, true],
    ['fails where none of those is done', { a: 'skipped', b: 'failed' }, false],
    ['holds where nobody is waited for', { c: 'failed' }, true],
    ['does not look at one that nobody waits for', { b: 'failed', c: 'recorded' }, false],
  ] as const)('%s', (_what, statuses, holds) => {
    const results = Object.fromEntries(
      Object.entries(statuses).map(([backend, status]) => [backend, { status } as DeliveryResult]), // whatever else it says
    );
    const providers = providersOf({ a: 'required', b: 'awaited', c: 'unawaited' });
    expect(meetsClosedPolicy(providers, results, isRecorded)).toBe(holds);
  });
});
