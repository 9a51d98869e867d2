import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { AuditAggregator } from '../../../src/audit/index.js';
import { Sequencer } from '../../../src/monitoring/sealer/sequencer.service.js';
import { eventually, freshKeyFile, runSql, settled, withClient } from '../../support/index.js';
import { addEvents, expectSoundLog, makeSequencer, makeSigner, ORIGIN } from '../../support/log-scene.js';
import { startReplicatedApp } from '../../support/replicated-application.js';
import { ReplicatedServers, type ReplicatedServer } from '../../support/replicated-servers.js';

const WRITERS = 4;

let servers: ReplicatedServers;
let primary: ReplicatedServer;
let replica: ReplicatedServer;
let keyFile: string;

beforeEach(async () => {
  keyFile = freshKeyFile();
  servers = await ReplicatedServers.open();
  ({ primary } = servers);
  replica = await servers.addReplica('replica');
});
afterEach(() => servers.remove());

/** After the failover, the primary's address leads to the replica. */
async function failOver(): Promise<void> {
  await primary.stop('SIGQUIT');
  await replica.stop('SIGINT');
  await replica.start(primary.port);
  await replica.promote();
}

async function missing(url: string, ids: readonly string[]): Promise<readonly unknown[]> {
  return runSql(
    url.replace('app@', 'postgres@'),
    'SELECT id FROM unnest($1::uuid[]) AS seen (id) WHERE NOT EXISTS (SELECT FROM audit_event event WHERE event.id = seen.id)',
    [ids],
  );
}

it('a failover to a synchronous replica continues from the last checkpoint without a fork, with each event that was seen, once', async () => {
  await servers.waitForAny('replica');
  const app = await startReplicatedApp(primary, keyFile);
  const audit = app.get(AuditAggregator);
  const sequencer = app.get(Sequencer);
  const seen: { readonly id: string; readonly isStored: boolean }[] = [];
  let isEnding = false;
  const writing = Promise.all(
    Array.from({ length: WRITERS }, async () => {
      while (!isEnding) {
        const { eventId: id, recorded } = await audit.record('order_created', { actor: { type: 'system' } });
        seen.push({ id, isStored: recorded });
        await pause(5);
      }
    }),
  );
  await eventually(() => seen.length > 100 && (sequencer.status.size ?? 0) > 50);
  await failOver();
  const before = seen.length;
  await eventually(() => seen.slice(before).filter(({ isStored }) => isStored).length > 50);
  isEnding = true;
  await writing;
  const ids = seen.map(({ id }) => id);
  await eventually(async () => (await missing(replica.url, ids)).length === 0);
  await settled({ sql: (text) => runSql(replica.url, text) });
  expect(sequencer.status).toMatchObject({ role: 'leading', size: expect.any(Number) });
  await app.close();
  const sealed = await expectSoundLog(replica.url, await makeSigner(keyFile));
  expect(new Set(sealed).size).toBe(sealed.length);
});

it('a failover to a replica that lags behind what was signed is noticed, and refused until it is adopted', async () => {
  const signer = await makeSigner(keyFile);
  const { sequencer: former } = makeSequencer(primary.url, signer);
  await withClient(primary.url, (client) => addEvents(client, 5));
  await former.run();
  await eventually(() => primary.isFollowedBy('replica'));
  await replica.stop('SIGINT');
  await withClient(primary.url, (client) => addEvents(client, 3));
  await former.run();
  await former.run();
  const signed = Number(former.size);
  await former.close();
  await failOver();

  const { sequencer, failures } = makeSequencer(replica.url, await makeSigner(keyFile));
  await withClient(replica.url, (client) => addEvents(client, 2));
  await sequencer.run();
  expect(sequencer.role).toBe('refusing');
  expect(failures).toEqual([
    expect.stringMatching(new RegExp(`ends at size 5, and a checkpoint of size ${signed} was signed.* adopt`)),
  ]);
  await sequencer.run();
  expect(sequencer.role).toBe('refusing');

  const env = {
    ...process.env,
    DATABASE_URL: replica.url,
    AUDIT_SIGNING_KEY_FILE: keyFile,
    AUDIT_LEDGER_ORIGIN: ORIGIN,
  };
  const adopt = ['dist/src/cli/main.js', 'adopt', '--reason', 'the primary is lost', '--yes'];
  const { stdout } = await promisify(execFile)(process.execPath, adopt, { env });
  expect(stdout).toContain(`The ${signed - 5} events with index 5 to ${signed - 1} are abandoned.`);
  await eventually(async () => {
    await sequencer.run();
    return sequencer.role === 'leading';
  });
  await sequencer.close();
  expect(await expectSoundLog(replica.url, signer)).toHaveLength(8); // with the two of before, and the adoption
});
