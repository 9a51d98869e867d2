import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { command as streams } from '../../../src/cli/streams.command.js';
import { eventually } from '../../support/eventually.js';
import { freshKeyFile } from '../../support/fresh-key-file.js';
import { expectUnbroken } from '../../support/received-batches.js';
import { RECEIVER_WAYS, treatBy, type ReceiverWay } from '../../support/receiver-ways.js';
import { expectReceivedProven } from '../../support/reconciled-copy.js';
import { runSql } from '../../support/sql.js';
import { passed } from '../../support/stream-app.js';
import { startWebhookReceiver, type WebhookReceiver } from '../../support/webhook-receiver.js';
import { LOAD_APPLICATION } from './support/applications.js';
import { DATABASE_RESTARTS, drawn, restartDatabase } from './support/database-restarts.js';
import { MOMENTS, strikeAtRandomMoments } from './support/fault-matrix.js';
import { FaultScene } from './support/fault-scene.js';
import { randomOf } from './support/random.js';

const SECRET = `whsec_${randomBytes(32).toString('base64')}`;
const SCENARIO = 'streams-database-restarted';
const REST_MS = 250;

let scene: FaultScene;
let receiver: WebhookReceiver;
let folder: string;
const keyFile = resolve(freshKeyFile());

beforeAll(async () => {
  receiver = await startWebhookReceiver(SECRET);
  folder = await mkdtemp(join(tmpdir(), 'audit-streams-'));
  const { url } = receiver;
  const destination = { type: 'webhook', url, secrets: [SECRET], allowPrivateAddresses: true, timeoutMs: 1_000 };
  const STREAMS_FILE = join(folder, 'streams.json');
  await writeFile(STREAMS_FILE, JSON.stringify([{ name: 'siem', destination, personal: 'include' }]));
  scene = await FaultScene.start(LOAD_APPLICATION, { STREAMS_FILE, SIGNING_KEY_FILE: keyFile });
});

afterAll(async () => {
  await scene.remove();
  await receiver.close();
  await rm(folder, { recursive: true });
});

/** How many requests reached the receiver, and were dropped amid them. */
function requests(): number {
  return receiver.received.length + receiver.dropped();
}

/** The receiver is in order again: a stream that it ended is resumed, as by an administrator. */
async function recover(way: ReceiverWay): Promise<void> {
  if (way === 'answers 410') await isGone();
  receiver.answerBy(() => 200);
  if (way === 'answers 410') await eventually(resume);
}

async function isGone(): Promise<void> {
  const gone = `SELECT name FROM audit_stream WHERE name = 'siem' AND state = 'gone'`;
  await eventually(async () => (await runSql(scene.cluster.url, gone).catch(() => [])).length > 0);
}

async function resume(): Promise<boolean> {
  const environment = { AUDIT_SIGNING_KEY_FILE: keyFile };
  const { exitCode } = await streams.run(['resume', 'siem', '--database-url', scene.cluster.url], environment);
  return exitCode === 0;
}

describe('a stream whose receiver fails', () => {
  it('is whole after restarts of PostgreSQL while events are recorded', async () => {
    const random = randomOf(SCENARIO);
    const ways = [...drawn(RECEIVER_WAYS, MOMENTS, random)];
    const restarts = [...drawn(DATABASE_RESTARTS, MOMENTS, random)];
    const { responses } = await strikeAtRandomMoments(scene, SCENARIO, MOMENTS, {
      strike: async ({ cluster }) => {
        const [way = 'hangs', restart = 'killed'] = [ways.pop(), restarts.pop()]; // one of each a moment
        const before = requests();
        treatBy(receiver, way);
        await eventually(() => requests() > before);
        await restartDatabase(cluster, restart, random);
        await recover(way);
      },
      underLoad: true,
      restMs: REST_MS,
      keepsBuffered: true,
    });
    receiver.answerBy(() => 200);
    const sealed = await passed({ url: scene.cluster.url }, 'siem');

    expect(sealed).toBeGreaterThanOrEqual(responses);
    expect(receiver.unverified).toEqual([]);
    expectUnbroken(receiver.received);
    const { counts } = await expectReceivedProven(scene.cluster.url, 'siem', receiver.received);
    expect(counts.events).toBe(sealed);
  });
});
