import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../../support/eventually.js';
import { expectUnbroken } from '../../support/received-batches.js';
import { expectReceivedProven } from '../../support/reconciled-copy.js';
import { runSql } from '../../support/sql.js';
import { StreamProcesses } from '../../support/stream-processes.js';
import { MOMENTS } from '../support/fault-matrix.js';
import { between, randomOf } from '../support/random.js';

const EVENTS = 250; // five batches

let scene: StreamProcesses;

beforeEach(async () => {
  scene = await StreamProcesses.open();
});

afterEach(() => scene.close());

/** The receiver has each event, in order; what it has twice has the same id. */
async function expectWholeCopy(): Promise<void> {
  scene.receiver.answerBy(() => 200);
  await scene.sealedAndSent();
  const { database, receiver } = scene;
  expect(receiver.unverified).toEqual([]);
  expectUnbroken(receiver.received);
  await expectReceivedProven(database.url, 'siem', receiver.received);
}

describe('a stream', () => {
  it('is whole after kills of the application and of its connections, with a receiver that fails', async () => {
    const random = randomOf('streams-killed');
    let app = await scene.start();
    for (let moment = 1; moment <= MOMENTS; moment++) {
      scene.receiver.answerBy((_batch, response) => {
        const chance = random();
        if (chance < 0.1) return 503;
        if (chance > 0.2) return 200;
        response.destroy(); // it has the batch, and the application does not know
        return 'own';
      });
      const seen = scene.receiver.received.length + between(random, 1, 4);
      const added = scene.add(EVENTS);
      await eventually(() => scene.receiver.received.length >= seen);
      if (moment % 4 === 0) {
        await runSql(
          scene.database.superuserUrl,
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name LIKE 'nestjs-audit-ledger%' AND pid <> pg_backend_pid()`,
        );
      } else {
        await scene.kill(app);
        app = await scene.start();
      }
      await added;
    }
    await expectWholeCopy();
  });

  it('is moved by one instance, and not by a leader that was frozen and is back', async () => {
    const frozen = await scene.start();
    await scene.add(100);
    await scene.sealedAndSent();
    await scene.start();
    let requests = 0;
    const held = new Promise<number>((answer) => {
      scene.receiver.answerBy(() => {
        requests += 1;
        if (requests > 1) return 200;
        release = () => {
          answer(200);
        };
        return held;
      });
    });
    let release: () => void = () => undefined;
    await scene.add(EVENTS);
    await eventually(() => requests === 1);
    frozen.child.kill('SIGSTOP');
    await scene.sealedAndSent(); // the other instance leads once the server has dropped the lock
    frozen.child.kill('SIGCONT');
    release();
    await scene.add(EVENTS);
    await expectWholeCopy();
  });
});
