import { afterEach, describe, expect, it } from '@jest/globals';
import { CheckpointSigner } from '../../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import type { Archives } from '../../../src/monitoring/keep/archive/archives.js';
import { runRetention } from '../../../src/monitoring/keep/lifecycle/retention/retention-run.js';
import type { AppProcess } from '../../support/app-process.js';
import { eventually, settled, withClient } from '../../support/index.js';
import { expectUnbroken } from '../../support/received-batches.js';
import { expectReceivedSound } from '../../support/verified-copy.js';
import { addEventsAt, makeArchives, policyBy } from '../../support/retention-scene.js';
import { StreamProcesses } from '../../support/stream-processes.js';
import type { Answering } from '../../support/webhook-receiver.js';

const ORIGIN = 'nestjs-audit-ledger.local/ledger'; // of an application that names none
const OLD = '2026-01-10T12:00:00.000Z';
const OLD_EVENTS = 300;
const POLICY = policyBy({ days: 30 });

/** A dead destination may still keep the events. */
const dead =
  (status: 'own' | 200): Answering =>
  (_batch, response) => {
    response.destroy();
    return status;
  };

let scene: StreamProcesses;
let app: AppProcess;
let archives: Archives;

afterEach(() => scene.close());

async function startBehind(keepsEvents: boolean, answering: Answering): Promise<void> {
  scene = await StreamProcesses.open({ keepsEvents });
  scene.receiver.answerBy(answering);
  app = await scene.start();
  const signer = new CheckpointSigner({
    signingKeyFile: scene.keyFile,
    checkpointMemory: `${scene.keyFile}.last`,
    origin: ORIGIN,
  });
  await signer.onModuleInit();
  ({ archives } = await makeArchives(signer));
  await withClient(scene.database.url, (client) => addEventsAt(client, OLD, OLD_EVENTS));
  await scene.add(20);
  await settled(scene.database);
  await eventually(async () => (await count('audit_consumer WHERE failures > 0')) === 1);
}

async function count(what: string): Promise<number> {
  const [row] = await scene.database.superuserSql(`SELECT count(*)::int AS found FROM ${what}`);
  return Number(row?.found);
}

function oldEvents(): Promise<number> {
  return count(`audit_event WHERE occurred_at = '${OLD}'`);
}

async function retire(): Promise<number> {
  const { retired, problems } = await runRetention({ connectionUrl: scene.database.url, archives, policy: POLICY });
  expect(problems).toEqual([]);
  return retired.reduce((sum, { events }) => sum + events, 0);
}

async function restart(): Promise<void> {
  await scene.kill(app);
  app = await scene.start();
}

function goneAhead(): Promise<number> {
  return count(
    `audit_leaf WHERE index >= (SELECT position FROM audit_consumer WHERE name = 'siem')
        AND NOT EXISTS (SELECT FROM audit_event WHERE id = event_id)`,
  );
}

describe('retention', () => {
  it('keeps what an active stream has not passed, through kills, and removes it afterwards', async () => {
    await startBehind(true, dead('own'));
    expect(await retire()).toBe(0);
    await restart();
    expect(await retire()).toBe(0);
    expect(await oldEvents()).toBe(OLD_EVENTS);

    const { receiver } = scene;
    receiver.answerBy((batch, response) => (batch.first < 100 ? 200 : dead('own')(batch, response, response.req)));
    await scene.command('resume', 'siem');
    await eventually(async () => (await count('audit_consumer WHERE position >= 100 AND failures > 0')) === 1);
    const passed = await count(
      `audit_leaf JOIN audit_event ON id = event_id
        WHERE index < (SELECT position FROM audit_consumer) AND occurred_at = '${OLD}'`,
    );
    expect(passed).toBeGreaterThan(90); // among them is the event of the stream itself
    expect(await retire()).toBe(passed);
    expect(await goneAhead()).toBe(0);
    await restart();
    expect(await goneAhead()).toBe(0);

    receiver.answerBy(() => 200);
    await scene.command('resume', 'siem');
    const sealed = await scene.sealedAndSent();
    expectUnbroken(receiver.received);
    const copy = await expectReceivedSound(scene.database.url, 'siem', receiver.received);
    expect(copy).toMatchObject({ events: sealed, retired: 0 });

    expect(await retire()).toBe(OLD_EVENTS - passed);
    expect(await oldEvents()).toBe(0);
    await scene.sealedAndSent();
    const after = await expectReceivedSound(scene.database.url, 'siem', receiver.received);
    expect(after.retired).toBe(0);
  });

  it.each([
    ['that nobody has', 'own'],
    ['that the receiver keeps', 200],
  ] as const)('passes a stream whose option lets it: signed records name what it lost (%s)', async (_what, status) => {
    await startBehind(false, dead(status));
    const [frozen] = await scene.database.sql(
      `SELECT substring(note FROM '"id":"([^"]+)"') AS id FROM audit_consumer WHERE note LIKE '%"frozen":%'`,
    );
    expect(frozen).toBeDefined();
    expect(await retire()).toBe(OLD_EVENTS);
    await restart();
    expect(await goneAhead()).toBe(OLD_EVENTS);
    const gone = await scene.database.superuserSql(
      'SELECT index::int FROM audit_leaf WHERE NOT EXISTS (SELECT FROM audit_event WHERE id = event_id) ORDER BY index',
    );

    scene.receiver.answerBy(() => 200);
    await scene.command('resume', 'siem');
    const sealed = await scene.sealedAndSent();
    const { received } = scene.receiver;
    const taken = received.filter(({ batch, status: answered }) => answered === 200 && batch.id !== frozen?.id);
    const byId = new Map(taken.map(({ batch }) => [batch.id, batch])); // a batch without an answer is sent again
    const lost = [...byId.values()].flatMap(({ retired }) => retired ?? []);
    const places = lost.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, nth) => first + nth));
    expect(places).toEqual(gone.map(({ index }) => index));
    const all = received.filter(({ status: answered }) => answered === 200).flatMap(({ batch }) => batch.events);
    const keptThough = new Set(all.map(({ index }) => index).filter((index) => places.includes(index)));
    const copy = await expectReceivedSound(scene.database.url, 'siem', received);
    expect(copy).toMatchObject({ retired: OLD_EVENTS, events: sealed - OLD_EVENTS + keptThough.size });
  });
});
