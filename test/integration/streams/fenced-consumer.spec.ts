import { describe, expect, it } from '@jest/globals';
import { ConsumerStore } from '../../../src/monitoring/consumers/consumer-store.js';
import type { FrozenRange } from '../../../src/monitoring/consumers/range-consumer.js';
import { CheckpointSigner } from '../../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { SEQUENCER } from '../../../src/monitoring/store/ledger-roles.js';
import { LedgerSession } from '../../../src/monitoring/store/sessions/ledger-session.js';
import { LEADER_LIMITS } from '../../../src/monitoring/store/sessions/session-limits.js';
import { freshKeyFile, kept, testDatabase } from '../../support/index.js';
import { addSealed, passed, startStreamApp } from '../../support/stream-app.js';
import { startWebhookReceiver } from '../../support/webhook-receiver.js';

const database = await testDatabase();
const receiver = await startWebhookReceiver();
const { destination } = receiver;
const app = await startStreamApp(database, freshKeyFile(), [{ name: 'siem', destination, personal: 'omit' }]);
await addSealed(database, 20);
const size = await passed(database, 'siem');
const signer = app.app.get(CheckpointSigner, { strict: false });
await app.close();
await receiver.close();
const session = await kept(LedgerSession.open(database.url, SEQUENCER, LEADER_LIMITS));

function batchAt(first: number): FrozenRange {
  return { first, end: first + 1, more: { id: `batch-${first}` } };
}

async function stored(): Promise<readonly unknown[]> {
  const [row] = await database.superuserSql(`SELECT (SELECT json_agg(s) FROM audit_consumer s) AS consumers,
            (SELECT json_agg(p) FROM audit_consumer_parked p) AS parked`);
  return Object.values(row ?? {});
}

describe('a process whose consumer another process has moved', () => {
  it('can neither freeze, handle, skip, fail, park nor forget a batch', async () => {
    const [before, now] = [1, 2].map(() => new ConsumerStore(session, 'siem', signer)) as [
      ConsumerStore,
      ConsumerStore,
    ];
    const changes: readonly ((store: ConsumerStore) => Promise<unknown>)[] = [
      (store) => store.freeze(batchAt(size)),
      (store) => store.handled(batchAt(size), 1),
      (store) => store.skip(size + 1),
      (store) => store.fail('it answered 500'),
      (store) => store.park([3], 'refused'),
      (store) => store.forget(),
      (store) => store.finish(),
    ];
    for (const [nth, change] of changes.entries()) {
      await before.load();
      await now.load();
      expect(await now.freeze(batchAt(size + nth))).toBe(true);
      const known = await stored();
      await change(before);
      expect(await stored()).toEqual(known);
    }
  });

  it('gets the batch that the other one froze', async () => {
    const [one, other] = [1, 2].map(() => new ConsumerStore(session, 'siem', signer)) as [ConsumerStore, ConsumerStore];
    await one.load();
    expect(await one.freeze(batchAt(size))).toBe(true);
    expect((await other.load())?.frozen).toEqual(batchAt(size));
    expect(await one.handled(batchAt(size), 1)).toBe(true);
    expect(await other.freeze(batchAt(size))).toBe(false);
  });
});
