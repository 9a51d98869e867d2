import { afterAll, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { AuditAggregator } from '../../src/audit/index.js';
import { Sequencer } from '../../src/monitoring/sealer/sequencer.service.js';
import { startCountingProxy } from '../support/counting-proxy.js';
import { eventually, freshKeyFile, sizeIfSettled, tempFolder, testDatabase, withClient } from '../support/index.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { addEvents, expectSoundLog, makeSequencer, makeSigner } from '../support/log-scene.js';
import { withTiming } from '../support/with-timing.js';

const database = await testDatabase();
const stopped = await testDatabase();
const spillDir = await tempFolder('audit-spill-');
const { hostname, port } = new URL(database.url);
const proxy = await startCountingProxy(hostname, Number(port));
const cutUrl = Object.assign(new URL(database.url), { host: `127.0.0.1:${proxy.port}` }).href;
const signer = await makeSigner();
const given: string[] = [];
afterAll(() => proxy.close());

const SEALED = 'SELECT event_id::text AS id FROM audit_leaf ORDER BY index';
const STATEMENTS_OF_A_SEAL = 10;

async function sealBy(url: string): Promise<void> {
  const { sequencer } = makeSequencer(url, signer);
  await sequencer.run();
  await sequencer.stop();
  await sequencer.close();
}

it.each(['before', 'after'] as const)(
  'a sealer that loses its server %s any of its statements is followed by one that seals each event once, in order',
  async (when) => {
    for (let statement = 1; statement === 1 || proxy.wasCut; statement++) {
      given.push(...(await withClient(database.url, (client) => addEvents(client, 3))));
      proxy.cutAt(statement, when);
      await sealBy(cutUrl);
      await eventually(async () => {
        await sealBy(database.url); // the server notices the cut a moment later, and then releases the lock
        return sizeIfSettled(database);
      });
      expect((await database.sql(SEALED)).map(({ id }) => id)).toEqual(given);
      expect(statement > STATEMENTS_OF_A_SEAL || proxy.wasCut).toBe(true);
    }
    await expectSoundLog(database.superuserUrl, signer);
  },
);

describe('a graceful stop of all instances', () => {
  withTiming({ sealMs: 60_000, standbyMs: 60_000 }); // after the first step, the one that comes is that of the stop

  it('leaves no event unsealed, also of those that never led', async () => {
    const parts = { audit: { spillDir }, monitoring: { signingKeyFile: freshKeyFile() } };
    const start = async (role: 'leading' | 'standby'): Promise<INestApplication> => {
      const { app } = await startLedgerApp(stopped.url, parts);
      await eventually(() => app.get(Sequencer).status.role === role);
      await Reflect.get(app.get(Sequencer), 'step'); // which is over then, and no other one is under way
      return app;
    };
    const first = await start('leading'); // before the other is there to lead
    const second = await start('standby');

    for (const app of [first, second]) {
      await app.get(AuditAggregator).record('order_creation');
      await app.close();
    }
    const waiting = `SELECT id FROM audit_event WHERE id NOT IN (SELECT event_id FROM audit_leaf)`;
    expect(await stopped.superuserSql(waiting)).toEqual([]);
  });
});
