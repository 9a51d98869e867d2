import { expect, it } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import type { LedgerAccess } from '../../../src/monitoring/index.js';
import type { StreamOptions } from '../../../src/rooms/streams/index.js';
import { ApiClient, eventually, freshKeyFile, kept, testDatabase } from '../../support/index.js';
import { addSealed, passed, startStreamApp } from '../../support/stream-app.js';
import { startWebhookReceiver } from '../../support/webhook-receiver.js';

const ACME: LedgerAccess = { scope: 'tenants', tenantIds: ['acme'] };

const database = await testDatabase();
const receiver = await kept(startWebhookReceiver());
const streamOf = (name: string, access?: LedgerAccess): StreamOptions => {
  return { name, destination: receiver.destination, personal: 'include', ...(access && { access }) };
};
const others = [
  streamOf('whole'),
  streamOf('of-beta', { scope: 'tenants', tenantIds: ['beta'] }),
  streamOf('of-both', { scope: 'tenants', tenantIds: ['acme', 'beta'] }),
];
const app = await kept(
  startStreamApp(database, freshKeyFile(), [streamOf('acme', ACME), ...others], {
    authorize: (request, permission) => (request as IncomingMessage).headers.from === 'acme' && { ...ACME, permission },
  }),
);
const ofAcme = new ApiClient(app.url, { from: 'acme' });

async function statusOf(client: ApiClient, method: string, path: string, body?: object): Promise<number> {
  return (await client.send(method, `/audit/consumers${path}`, body)).status;
}

it('somebody of a tenant sees and changes no streams of others, and a stranger none', async () => {
  await addSealed(database, 30);
  for (const { name } of [{ name: 'acme' }, ...others]) await passed(database, name);
  const { body } = await ofAcme.send<{ items: readonly { name: string }[] }>('GET', '/audit/consumers');
  expect(body.items.map(({ name }) => name)).toEqual(['acme']);
  for (const { name } of others) {
    expect([name, await statusOf(ofAcme, 'GET', `/${name}`)]).toEqual([name, 404]);
    for (const verb of ['pause', 'resume', 'retry', 'drop', 'replay']) {
      expect([name, verb, await statusOf(ofAcme, 'POST', `/${name}/${verb}`, {})]).toEqual([name, verb, 404]);
    }
  }
  expect(await statusOf(new ApiClient(app.url), 'GET', '')).toBe(403);
});

it('a stream of a tenant gets only the events of the tenant, also by a replay', async () => {
  expect(await statusOf(ofAcme, 'POST', '/acme/replay', {})).toBe(200);
  await eventually(() => receiver.accepted().some(({ replay }) => replay !== undefined));
  await passed(database, 'acme');

  const batches = receiver.accepted().filter(({ stream }) => stream === 'acme');
  const tenants = batches.flatMap(({ events }) => events.map(({ event }) => event.tenantId));
  expect(tenants.length).toBeGreaterThan(0);
  expect([...new Set(tenants)]).toEqual(['acme']);
});
