import { describe, expect, it } from '@jest/globals';
import { CheckpointSigner } from '../../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { SEQUENCER } from '../../../src/monitoring/store/ledger-roles.js';
import { LedgerSession } from '../../../src/monitoring/store/sessions/ledger-session.js';
import { LEADER_LIMITS } from '../../../src/monitoring/store/sessions/session-limits.js';
import { leadStream } from '../../../src/rooms/streams/enroll-stream.js';
import { FollowedStreams } from '../../../src/rooms/streams/stream-acts.js';
import type { FrozenBatch } from '../../../src/rooms/streams/stream-cursor.js';
import { StreamStore } from '../../../src/rooms/streams/stream-store.js';
import { freshKeyFile, kept, testDatabase } from '../../support/index.js';
import { addSealed, passed, startStreamApp } from '../../support/stream-app.js';
import { startWebhookReceiver } from '../../support/webhook-receiver.js';

const TAKEN_OVER = { code: 'AUDIT_STREAM_TAKEN_OVER' };

const database = await testDatabase();
const receiver = await startWebhookReceiver();
const { destination } = receiver;
const app = await startStreamApp(database, freshKeyFile(), [{ name: 'siem', destination, personal: 'omit' }]);
await addSealed(database, 20);
await passed(database, 'siem');
const signer = app.app.get(CheckpointSigner, { strict: false });
await app.close();
await receiver.close();
const session = await kept(LedgerSession.open(database.url, SEQUENCER, LEADER_LIMITS));
const acts = new FollowedStreams(signer, database.url);
const before = await lead();
await before.load();
const now = await lead();

async function lead(): Promise<StreamStore> {
  return new StreamStore(session, 'siem', await leadStream(session, 'siem'), acts);
}

function batchAt(first: number): FrozenBatch {
  const selection = { filter: {}, access: { scope: 'all' }, personal: 'omit' } as const;
  const id = `0199c0de-0000-7000-8000-${String(first).padStart(12, '0')}`;
  return { id, first, last: first, retried: undefined, checkpointSize: 0, hash: 'hash', selection };
}

async function stored(): Promise<readonly unknown[]> {
  const [row] = await database.sql(`SELECT (SELECT json_agg(s) FROM audit_stream s) AS streams,
            (SELECT json_agg(p) FROM audit_stream_parked p) AS parked`);
  return Object.values(row ?? {});
}

describe('the leader of an epoch that is over', () => {
  it('can neither freeze, send, accept, fail, park nor forget a batch', async () => {
    const { looked } = await now.load();
    const frozen = batchAt(looked);
    expect(await now.freeze(frozen)).toBe(true);
    const known = await stored();
    const gap = {
      index: looked,
      id: frozen.id,
      leafHash: '',
      reason: 'x',
      parkedAt: '2026-11-20T08:00:00.000Z',
      note: '',
    };

    await expect(before.load()).rejects.toMatchObject(TAKEN_OVER);
    expect(await before.freeze(batchAt(looked + 1))).toBe(false);
    await expect(before.accept(frozen, 1)).rejects.toMatchObject(TAKEN_OVER);
    await expect(before.fail('it answered 500')).rejects.toMatchObject(TAKEN_OVER);
    await expect(before.forget()).rejects.toMatchObject(TAKEN_OVER);
    await expect(before.park([gap], 'refused')).rejects.toMatchObject(TAKEN_OVER);
    await before.skipTo(looked + 1, { filter: {}, access: { scope: 'all' }, personal: 'omit' });
    await before.finish();
    expect(await stored()).toEqual(known);

    expect(await now.freeze(frozen)).toBe(true);
    await now.accept(frozen, 1);
    expect((await now.load()).position).toBe(looked + 1);
  });

  it('leaves the batch that it froze to the leader of the next one', async () => {
    const { position } = await now.load();
    expect(await now.freeze(batchAt(position))).toBe(true);
    const next = await lead();
    const { frozen } = await next.load();
    expect(frozen).toEqual(batchAt(position));
    await expect(now.accept(batchAt(position), 1)).rejects.toMatchObject(TAKEN_OVER);
    expect((await next.load()).frozen).toEqual(frozen);
  });
});
