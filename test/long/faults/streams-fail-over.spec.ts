import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../support/eventually.js';
import { expectUnbroken } from '../../support/received-batches.js';
import { expectReceivedProven } from '../../support/reconciled-copy.js';
import { StreamProcesses } from '../../support/stream-processes.js';
import { writeAtRate } from './support/event-rate.js';
import { MOMENTS } from './support/fault-matrix.js';
import { between, randomOf, type Random } from './support/random.js';

/** A frozen leader keeps the lock until the server misses it, so that each moment takes some ten seconds. */
const FAIL_OVERS = Math.ceil(MOMENTS / 4);
const EVENTS_PER_SECOND = 200;
const LONGEST_ANSWER_MS = 30;

let scene: StreamProcesses;

beforeEach(async () => {
  scene = await StreamProcesses.open({ maxEvents: 100, isStored: true });
});

afterEach(() => scene.close());

/** Has the receiver take its time. Resolves with the ids of batches that were sent at the same time as another one. */
function watchSenders(random: Random): ReadonlySet<string> {
  const open: string[] = [];
  const overlapping = new Set<string>();
  scene.receiver.answerBy(async ({ id }, response) => {
    const others = open.filter((each) => each !== id);
    for (const other of others) overlapping.add(`${other} ${id}`);
    open.push(id);
    response.once('close', () => open.splice(open.indexOf(id), 1));
    await pause(between(random, 0, LONGEST_ANSWER_MS));
    return 200;
  });
  return overlapping;
}

/** Waits for the leader, and for batches that it sends. */
async function sendingLeader(random: Random): Promise<NonNullable<Awaited<ReturnType<StreamProcesses['leader']>>>> {
  const leader = await eventually(() => scene.leader());
  const seen = scene.receiver.received.length + between(random, 1, 4);
  await eventually(() => scene.receiver.received.length >= seen);
  return leader;
}

describe('a stream that was made at run time', () => {
  it('fails over from leaders that lost their sessions or froze, and two never send different batches at once', async () => {
    const random = randomOf('streams-fail-over');
    for (let instance = 0; instance < 2; instance++) await scene.start();
    await scene.command('add', '--file', scene.optionsFile);
    const overlapping = watchSenders(random);
    await writeAtRate(scene.database.url, EVENTS_PER_SECOND, async () => {
      for (let moment = 1; moment <= FAIL_OVERS; moment++) {
        const { app, session } = await sendingLeader(random);
        const isFrozen = moment % 2 === 1;
        if (isFrozen) app.child.kill('SIGSTOP');
        else await scene.endSessions(session);
        await eventually(async () => {
          const next = await scene.leader();
          return next !== undefined && next.session !== session && (!isFrozen || next.app !== app);
        });
        await sendingLeader(random);
        app.child.kill('SIGCONT'); // it answers for the batch that it had sent, and the ledger refuses it
      }
    });
    const sealed = await scene.sealedAndSent();

    const { received, unverified } = scene.receiver;
    expect(unverified).toEqual([]);
    expect([...overlapping]).toEqual([]);
    expectUnbroken(received);
    const places = new Set(received.map(({ batch }) => batch.first));
    expect(new Set(received.map(({ batch }) => batch.id)).size).toBe(places.size); // no place has two batches
    const { counts } = await expectReceivedProven(scene.database.url, 'siem', received);
    expect(counts.events).toBe(sealed);
  });
});
