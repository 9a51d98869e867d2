import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CheckpointSigner } from '../../../src/modules/monitoring/signing/checkpoint-signer.service.js';
import { LEADER, STREAMER } from '../../../src/modules/monitoring/store/ledger-roles.js';
import { eventually } from '../../support/eventually.js';
import { expectSoundLog } from '../../support/log-scene.js';
import { expectUnbroken } from '../../support/received-batches.js';
import { StreamProcesses } from '../../support/stream-processes.js';

const INSTANCES = 4;
const EVENTS = 200;

let scene: StreamProcesses;

beforeEach(async () => {
  scene = await StreamProcesses.open();
});
afterEach(() => scene.close());

function holderOf({ lock }: typeof LEADER | typeof STREAMER): string {
  return `SELECT a.application_name AS name, a.pid AS session FROM pg_locks l JOIN pg_stat_activity a USING (pid)
           WHERE l.locktype = 'advisory' AND l.granted AND l.classid = ${lock.class} AND a.datname = current_database()`;
}

describe('four instances of an application on one ledger', () => {
  it('seal and send each event once, also after the instances that did so were killed', async () => {
    await Promise.all(Array.from({ length: INSTANCES }, () => scene.start()));
    const [sealing, sending] = [holderOf(LEADER), holderOf(STREAMER)];
    await scene.add(EVENTS);
    await scene.sealedAndSent();
    for (const work of [sealing, sending]) {
      const { app } = await eventually(() => scene.instanceThat(work));
      await scene.kill(app);
      await scene.add(EVENTS);
      const next = await eventually(() => scene.instanceThat(work));
      expect(next.app).not.toBe(app);
    }
    const sealed = await scene.sealedAndSent();
    const places = expectUnbroken(scene.receiver.received);
    expect(places).toHaveLength(sealed);
    const signer = new CheckpointSigner({ signingKeyFile: scene.keyFile, origin: 'nestjs-audit-ledger.local/ledger' });
    await signer.onModuleInit();
    const ids = await expectSoundLog(scene.database.url, signer);
    expect(ids.length).toBeGreaterThanOrEqual(3 * EVENTS);
  });
});
