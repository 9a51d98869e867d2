import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../support/eventually.js';
import { addEvents, withClient } from '../../support/index.js';
import { expectUnbroken } from '../../support/received-batches.js';
import { expectReceivedSound } from '../../support/verified-copy.js';
import { StreamProcesses } from './support/stream-processes.js';
import { MOMENTS } from './support/fault-matrix.js';
import { between, FAULT_SEED, randomOf } from './support/random.js';

interface ReachedRate {
  readonly events: number;
  readonly quotas: number;
  readonly eventsPerSecond: number;
}

const SLICES = 10;

/** A busy machine writes what is due as fast as it can. The last second's quota is written to its end. */
async function writeAtRate(url: string, perSecond: number, work: () => Promise<void>): Promise<ReachedRate> {
  let isDone = false;
  const writing = withClient(url, async (client) => {
    const startedAt = performance.now();
    let [slices, events] = [0, 0];
    while (!isDone || slices % SLICES > 0) {
      const due = startedAt + (slices * 1_000) / SLICES;
      await pause(Math.max(due - performance.now(), 0));
      events += (await addEvents(client, perSecond / SLICES)).length;
      slices += 1;
    }
    const seconds = Math.max((performance.now() - startedAt) / 1_000, slices / SLICES);
    return { events, quotas: slices / SLICES, eventsPerSecond: Math.round(events / seconds) };
  });
  try {
    await work();
  } finally {
    isDone = true;
    await writing;
  }
  return writing;
}

const EVENTS_PER_SECOND = 500;

let scene: StreamProcesses;

beforeEach(async () => {
  scene = await StreamProcesses.open(500);
});

afterEach(() => scene.close());

/** An event that the receiver has twice must have the same id. */
async function expectWholeCopy(): Promise<number> {
  scene.receiver.answerBy(() => 200);
  const sealed = await scene.sealedAndSent();
  const { database, receiver } = scene;
  expect(receiver.unverified).toEqual([]);
  expectUnbroken(receiver.received);
  const { events } = await expectReceivedSound(database.url, 'siem', receiver.received);
  expect(events).toBe(sealed);
  return sealed;
}

describe('a stream', () => {
  it('is whole after kills of the application and of its sessions under 500 events/s, with a receiver that fails', async () => {
    const random = randomOf('streams-killed');
    let app = await scene.start();
    scene.receiver.answerBy((_batch, response) => {
      const chance = random();
      if (chance < 0.1) return 503;
      if (chance < 0.2) response.destroy(); // it keeps the batch, and the application does not know
      return 200;
    });
    const rate = await writeAtRate(scene.database.url, EVENTS_PER_SECOND, async () => {
      for (let moment = 1; moment <= MOMENTS; moment++) {
        const seen = scene.receiver.received.length + between(random, 1, 4);
        await eventually(() => scene.receiver.received.length >= seen);
        if (moment % 4 === 0) {
          await scene.endSessions();
        } else {
          await scene.kill(app);
          app = await scene.start();
        }
      }
    });
    expect(rate.events).toBe(rate.quotas * EVENTS_PER_SECOND);
    expect(await expectWholeCopy()).toBeGreaterThanOrEqual(rate.events);
    process.stdout.write(
      `streams-killed: ${MOMENTS} moments, ${rate.events} events at ${rate.eventsPerSecond} a second, FAULT_SEED=${FAULT_SEED}\n`,
    );
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
    await scene.add(250);
    await eventually(() => requests === 1);
    frozen.child.kill('SIGSTOP');
    await scene.sealedAndSent(); // the other instance leads once the server has dropped the lock
    frozen.child.kill('SIGCONT');
    release();
    await scene.add(250);
    await expectWholeCopy();
  });
});
