import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { LedgerAccess } from '../../../src/monitoring/index.js';
import { ApiClient, eventually, freshKeyFile, kept, testDatabase } from '../../support/index.js';
import { addSealed, passed, startStreamApp } from '../../support/stream-app.js';
import { startWebhookReceiver, webhookSecret } from '../../support/webhook-receiver.js';

const ACME: LedgerAccess = { scope: 'tenants', tenantIds: ['acme'] };
const BETA: LedgerAccess = { scope: 'tenants', tenantIds: ['beta'] };

const database = await testDatabase();
const receiver = await kept(startWebhookReceiver());
const app = await kept(
  startStreamApp(database, freshKeyFile(), [], {
    streamSecretsKey: randomBytes(32).toString('base64'),
    authorize: (request, permission) => {
      const { from } = (request as IncomingMessage).headers;
      if (from === 'acme') return { ...ACME, permission };
      return from === 'operator' && { scope: 'all', permission };
    },
  }),
);
const operator = new ApiClient(app.url, { from: 'operator' });
const ofAcme = new ApiClient(app.url, { from: 'acme' });

function definition(name: string, access: LedgerAccess | undefined, others: object = {}): object {
  const destination = { type: 'webhook', url: 'https://siem.example/audit', secrets: [webhookSecret()], ...others };
  return { name, destination, personal: 'omit', ...(access && { access }), paused: true };
}

async function statusOf(client: ApiClient, method: string, path: string, body?: object): Promise<number> {
  return (await client.send(method, `/audit/streams${path}`, body)).status;
}

describe('somebody of a tenant', () => {
  it('makes streams of the tenant alone, and to public addresses', async () => {
    expect(await statusOf(ofAcme, 'POST', '', definition('mine', ACME))).toBe(201);
    expect(await statusOf(ofAcme, 'POST', '', definition('all', undefined))).toBe(403);
    expect(await statusOf(ofAcme, 'POST', '', definition('beta', BETA))).toBe(403);
    const both = { scope: 'tenants', tenantIds: ['acme', 'beta'] } as const;
    expect(await statusOf(ofAcme, 'POST', '', definition('both', both))).toBe(403);
    expect(await statusOf(ofAcme, 'POST', '', definition('inner', ACME, { allowPrivateAddresses: true }))).toBe(403);
    expect(await statusOf(ofAcme, 'PATCH', '/mine', { access: BETA })).toBe(403);
  });

  it('sees and changes none of others', async () => {
    expect(await statusOf(operator, 'POST', '', definition('whole', undefined))).toBe(201);
    expect(await statusOf(operator, 'POST', '', definition('of-beta', BETA))).toBe(201);
    const { body } = await ofAcme.send<{ items: readonly { name: string }[] }>('GET', '/audit/streams');
    expect(body.items.map(({ name }) => name)).toEqual(['mine']);
    for (const name of ['whole', 'of-beta']) {
      expect([name, await statusOf(ofAcme, 'GET', `/${name}`)]).toEqual([name, 404]);
      expect([name, await statusOf(ofAcme, 'PATCH', `/${name}`, { access: ACME })]).toEqual([name, 404]);
      expect([name, await statusOf(ofAcme, 'DELETE', `/${name}`)]).toEqual([name, 404]);
      for (const verb of ['pause', 'resume', 'retry', 'drop', 'test', 'replay']) {
        expect([name, verb, await statusOf(ofAcme, 'POST', `/${name}/${verb}`, {})]).toEqual([name, verb, 404]);
      }
    }
    expect(await statusOf(ofAcme, 'POST', '', definition('whole', ACME))).toBe(409);
  });

  it('gets only the events of the tenant, also by a replay', async () => {
    const { destination } = receiver;
    const made = { name: 'acme', destination, personal: 'include', access: ACME };
    await addSealed(database, 30);
    expect(await statusOf(operator, 'POST', '', made)).toBe(201);
    await passed(database, 'acme');
    expect(await statusOf(ofAcme, 'POST', '/acme/replay', {})).toBe(200);
    await eventually(() => receiver.accepted().some(({ replay }) => replay !== undefined));
    await passed(database, 'acme');

    const tenants = receiver.accepted().flatMap(({ events }) => events.map(({ event }) => event.tenantId));
    expect(tenants.length).toBeGreaterThan(0);
    expect([...new Set(tenants)]).toEqual(['acme']);
  });

  it('learns neither the place of an event of others, nor an address of the operator’s network', async () => {
    const placesOf = async (tenants: string): Promise<unknown> => {
      const [event] = await database.sql(`SELECT id FROM audit_event WHERE ${tenants} ORDER BY id LIMIT 1`);
      const { body } = await ofAcme.send('POST', '/audit/streams/mine/dry-run', { eventIds: [event?.id] });
      return body.places;
    };
    expect(await placesOf(`tenant_id = 'acme'`)).toMatchObject({ first: expect.any(Number) });
    expect(await placesOf(`tenant_id IS DISTINCT FROM 'acme'`)).toBeNull();
    const url = 'https://localhost:1/';
    expect(await statusOf(ofAcme, 'POST', '', definition('inside', ACME, { url }))).toBe(201);
    const { body } = await ofAcme.send('POST', '/audit/streams/inside/test', {});
    expect(body.reason).toMatch(/^Cannot send to localhost: .* not public/);
    expect(JSON.stringify(body)).not.toMatch(/127\.0\.0\.1|::1/);
  });
});
