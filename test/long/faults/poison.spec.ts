import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type AuditAggregator, type AuditEvent, AuditProvider, type AuditReceipt } from '../../../src/audit/index.js';
import { eventually } from '../../support/eventually.js';
import { startLedgerApplication, type LedgerApplication } from './support/ledger-application.js';
import { startProviderScene, type ProviderScene } from './support/provider-scene.js';

const EVENTS = 500;
const POISONED = 217;

/** Records {@link EVENTS} events at once, one of them poisoned. */
function recordAll(audit: AuditAggregator): Promise<readonly AuditReceipt[]> {
  return Promise.all(
    Array.from({ length: EVENTS }, (_, number) =>
      audit.record(number === POISONED ? 'thing_poisoning' : 'thing_change', { details: { number } }),
    ),
  );
}

/** How often each status of a backend is among the receipts. */
function statusesOf(receipts: readonly AuditReceipt[], backend: string): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { providers } of receipts) {
    const status = providers[backend]?.status ?? 'none';
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}

const ONE_SPILLED = { recorded: EVENTS - 1, spilled: 1 };

let application: LedgerApplication | undefined;
let scene: ProviderScene | undefined;

beforeEach(() => {
  application = undefined;
  scene = undefined;
});
afterEach(async () => {
  await scene?.close();
  await application?.remove();
});

it('one event that makes a provider refuse its whole batch costs only itself', async () => {
  const stored = new Set<string>();

  @AuditProvider({ backend: 'picky' })
  class PickyProvider implements AuditProvider {
    record(batch: readonly AuditEvent[]): Promise<void> {
      if (batch.some(({ action }) => action === 'thing_poisoning')) return Promise.reject(new Error('not this one'));
      for (const { id, action } of batch) if (action === 'thing_change') stored.add(id);
      return Promise.resolve();
    }
  }

  application = await startLedgerApplication(); // for its spill alone
  scene = await startProviderScene(new PickyProvider(), { spillDir: application.spillDir });
  const receipts = await recordAll(scene.audit);

  expect(statusesOf(receipts, 'picky')).toEqual(ONE_SPILLED);
  expect(statusesOf(receipts, 'memory')).toEqual({ recorded: EVENTS });
  expect(receipts[POISONED]?.providers.picky).toEqual({ status: 'spilled', error: 'not this one' });
  expect(stored.size).toBe(EVENTS - 1);
});

it('a store that restarts buries nothing, though its provider resolves for batches without rows of its own', async () => {
  const stored = new Set<string>();
  let isUp = false;
  let attempts = 0;

  @AuditProvider({ backend: 'selective' })
  class SelectiveProvider implements AuditProvider {
    record(batch: readonly AuditEvent[]): Promise<void> {
      const own = batch.filter(({ action }) => action === 'thing_change');
      if (own.length > 0 && !isUp) {
        attempts++;
        return Promise.reject(new Error('query failed', { cause: new Error('Connection terminated unexpectedly') }));
      }
      for (const { id } of own) stored.add(id);
      return Promise.resolve();
    }
  }

  application = await startLedgerApplication(); // for its spill alone
  const { audit } = (scene = await startProviderScene(new SelectiveProvider(), { spillDir: application.spillDir }));
  const [change] = await Promise.all([audit.record('thing_change'), audit.record('thing_glance')]);
  expect(change.providers.selective).toEqual({ status: 'spilled', error: 'query failed' });
  await eventually(() => attempts >= 2); // a replay of the other event alone succeeds: it makes this one no suspect
  isUp = true;

  await eventually(async () => (await audit.health()).selective?.spillPending === false);
  expect((await audit.health()).selective).toMatchObject({ deadLetters: 0, failed: 0 });
  expect([...stored]).toEqual([change.eventId]);
});
