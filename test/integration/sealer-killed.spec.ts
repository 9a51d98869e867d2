import { afterAll, expect, it } from '@jest/globals';
import { startCountingProxy } from '../support/counting-proxy.js';
import { eventually, sizeIfSettled, testDatabase, withClient } from '../support/index.js';
import { addEvents, expectSoundLog, makeSequencer, makeSigner } from '../support/log-scene.js';

const database = await testDatabase();
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
