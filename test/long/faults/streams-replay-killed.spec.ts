import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { eventually } from '../../support/index.js';
import { expectUnbroken } from '../../support/received-batches.js';
import { expectReceivedSound } from '../../support/verified-copy.js';
import { StreamProcesses } from '../../support/stream-processes.js';
import type { ReceivedBatch } from '../../support/webhook-receiver.js';
import { MOMENTS } from './support/fault-matrix.js';
import { between, randomOf } from './support/random.js';

const KILLS = Math.ceil(MOMENTS / 4);
const EVENTS = 2_000;
const RANGE = { first: 100, last: 1_799 };

let scene: StreamProcesses;

beforeEach(async () => {
  scene = await StreamProcesses.open({ maxEvents: 50 });
});

afterEach(() => scene.close());

function ofReplay(replay: string | undefined): readonly ReceivedBatch[] {
  return scene.receiver.received.filter(({ batch }) => batch.replay === replay);
}

async function isDone(replay: string): Promise<boolean> {
  const [row] = await scene.database.sql('SELECT state FROM audit_consumer WHERE name = $1', [replay]);
  return row?.state === 'done';
}

it('a replay of a range ends after kills amid it, and the live stream loses nothing', async () => {
  const random = randomOf('streams-replay-killed');
  let app = await scene.start();
  await scene.add(EVENTS);
  await scene.sealedAndSent();
  const { first, last } = RANGE;
  scene.receiver.answerBy((_batch, response) => {
    if (random() < 0.1) response.destroy(); // it keeps the batch, and the application does not know
    return 200;
  });
  const range = ['--from', String(first), '--to', String(last)];
  const { replay } = (await scene.command('replay', 'siem', ...range)) as { readonly replay: string };

  for (let kill = 1; kill <= KILLS; kill++) {
    const seen = ofReplay(replay).length + between(random, 1, 4);
    const added = scene.add(100);
    await eventually(async () => ofReplay(replay).length >= seen || (await isDone(replay)));
    await scene.kill(app);
    app = await scene.start();
    await added;
  }
  await eventually(() => isDone(replay));
  const sealed = await scene.sealedAndSent();

  const { received, unverified } = scene.receiver;
  expect(unverified).toEqual([]);
  const places = expectUnbroken(ofReplay(replay), first);
  expect(places).toEqual(Array.from({ length: last - first + 1 }, (_, nth) => first + nth));
  expectUnbroken(ofReplay(undefined));
  const { events } = await expectReceivedSound(scene.database.url, 'siem', received);
  expect(events).toBe(sealed);
  // Batches within the range do not count: the replay alone must bring their events.
  const isInRange = ({ batch }: ReceivedBatch): boolean => batch.first >= first && batch.last <= last;
  const left = received.filter((each) => each.batch.replay !== undefined || !isInRange(each));
  expect(left.length).toBeLessThan(received.length);
  await expectReceivedSound(scene.database.url, 'siem', left);
});
