import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { AuditAggregator, type AuditReceipt } from '../../../src/audit/index.js';
import { LedgerProvider } from '../../../src/monitoring/ledger.provider.js';
import { Sequencer } from '../../../src/monitoring/sealer/sequencer.service.js';
import type { CheckpointSigner } from '../../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { eventually, freshKeyFile, closeAfterTests, runSql, sampleEvent, withClient } from '../../support/index.js';
import { addEvents, expectSoundLog, makeSequencer, makeSigner } from '../../support/log-scene.js';
import { startReplicatedApp } from '../../support/replicated-application.js';
import { ReplicatedServers } from '../../support/replicated-servers.js';

const WRITER = 'nestjs-audit-ledger';
const LEADER = `${WRITER} sequencer`;

const keyFile = freshKeyFile();

const servers = await closeAfterTests(ReplicatedServers.open());
const { primary } = servers;
const replica = await servers.addReplica('replica');
await servers.waitForAny('replica');

async function onReplica(ids: readonly string[]): Promise<number> {
  const [row] = await runSql(
    replica.superuserUrl,
    'SELECT count(*)::int AS events FROM audit_event WHERE id = ANY ($1)',
    [ids],
  );
  return Number(row?.events);
}

describe('an event whose commit waits for the replica', () => {
  let app: INestApplication;

  async function start(providerTimeoutMs: number): Promise<void> {
    app = await startReplicatedApp(primary, keyFile, { providerTimeoutMs });
    await eventually(() => app.get(Sequencer).status.role === 'leading');
  }
  afterEach(() => app.close());

  it('is spilled when the wait is cancelled, and stored once when the replica is back', async () => {
    await start(2_000); // it is offered once more before it is spilled, which waits for so long
    await replica.stop();
    const recording: Promise<AuditReceipt> = app
      .get(AuditAggregator)
      .record('order_created', { resource: { type: 'order', id: 'o-1' } });
    await primary.cancelWait(WRITER);
    const receipt = await recording;
    expect(receipt.providers).toMatchObject({ database: { status: 'spilled' } });
    await replica.start();
    await eventually(async () => (await onReplica([receipt.eventId])) === 1);
  });

  it('is refused, and told what to do, when the wait is cancelled; and its retry waits, too', async () => {
    await start(60_000);
    await replica.stop();
    const provider = app.get(LedgerProvider);
    const batch = [sampleEvent(), sampleEvent()];
    for (let attempt = 1; attempt <= 2; attempt++) {
      const recording = expect(provider.record(batch)).rejects.toThrow(
        /somebody canceled the wait for synchronous replication.*\(01000\)\. Check that a standby server/,
      );
      await primary.cancelWait(WRITER);
      await recording;
    }
    const recording = provider.record(batch);
    await eventually(() => primary.waitingCommit(WRITER));
    await replica.start();
    await recording;
    await eventually(async () => (await onReplica(batch.map(({ id }) => id))) === 2);
  });
});

describe('the leader', () => {
  let signer: CheckpointSigner;

  beforeEach(async () => {
    signer = await makeSigner(keyFile);
  });

  it('lets no checkpoint out that the replica may lack', async () => {
    const { sequencer, failures } = makeSequencer(primary.url, signer);
    await eventually(async () => {
      await sequencer.run();
      return sequencer.role === 'leading';
    });
    const before = await signer.lastSigned.read();
    await replica.stop();
    // A cancelled wait for replication has the same result: the primary stores and shows the events without the replica.
    await withClient(`${primary.url}?options=-c%20synchronous_commit%3Dlocal`, (client) => addEvents(client, 3));
    for (let step = 1; step <= 2; step++) {
      const stepping = sequencer.run();
      await primary.cancelWait(LEADER);
      await stepping;
      expect(sequencer.role).toBe('disconnected');
      expect(failures).toEqual([expect.stringContaining('wait for synchronous replication')]);
      expect(await signer.lastSigned.read()).toEqual(before);
    }
    await replica.start();
    await eventually(async () => {
      await sequencer.run();
      return sequencer.role === 'leading';
    });
    await sequencer.close();
    await expectSoundLog(replica.url, signer);
  });
});
