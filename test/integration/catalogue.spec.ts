import { readFile } from 'node:fs/promises';
import { expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { AuditAggregator, AuditModule, type AuditEvent } from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { ApiClient, keptApp, listen, settled, testDatabase } from '../support/index.js';
import { BILLING_EVENTS } from '../support/billing-events.js';
import { startLedgerApp } from '../support/ledger-app.js';

const { eventTypes } = JSON.parse(await readFile('src/audit/catalogue/event-types.json', 'utf8')) as {
  readonly eventTypes: readonly { readonly name: string; readonly aliasOf?: string }[]; // as given
};
const aliases = eventTypes.flatMap(({ name, aliasOf }) => (aliasOf === undefined ? [] : [{ name, aliasOf }]));

const database = await testDatabase();
const { app, url } = await keptApp(startLedgerApp(database.url, { audit: { events: BILLING_EVENTS } }));
const audit = app.get(AuditAggregator);
const client = new ApiClient(url);

const getIds = async (query: string): Promise<string[]> => {
  await settled(database);
  const { body } = await client.send<{ items: AuditEvent[] }>('GET', `/audit/events?limit=200&${query}`);
  return body.items.map(({ id }) => id).sort();
};

const spellings = [...new Set(aliases.map(({ aliasOf }) => aliasOf))].map((name) => ({
  name,
  all: [name, ...aliases.filter(({ aliasOf }) => aliasOf === name).map((alias) => alias.name)],
}));

// Three stand for all: event-factory.service.spec resolves each.
it.each([...spellings.slice(0, 3), { name: 'invoice_exported', all: ['invoice_exported', 'invoice_sent'] }])(
  'an alias, every spelling of which finds what was recorded by any $name: $all',
  async ({ all }) => {
    const resource = { type: 'spelling', id: all.join() };
    const receipts = await Promise.all(
      all.map((spelling) =>
        audit.record(spelling, { resource, details: spelling.startsWith('invoice') ? { invoiceId: 'i-1' } : {} }),
      ),
    );
    const recorded = receipts.map(({ eventId }) => eventId).sort();

    for (const spelling of all) expect(await getIds(`type=${spelling}&resourceId=${resource.id}`)).toEqual(recorded);
  },
);

it('finds changes of accounts, credentials and privileges by compliance=pci_dss', async () => {
  const names = ['user_created', 'user_deleted', 'api_key_created', 'api_key_revoked', 'mfa_challenge_failure'];
  names.push('token_revoked', 'session_revoked', 'role_assigned', 'role_revoked', 'permission_changed');
  const resource = { type: 'tagged', id: '1' };
  const receipts = await Promise.all(names.map((name) => audit.record(name, { resource })));
  await audit.record('product_updated', { resource });

  expect(await getIds('compliance=pci_dss&resourceType=tagged')).toEqual(receipts.map(({ eventId }) => eventId).sort());
});

const memory = new InMemoryAuditProvider();
@Module({
  imports: [AuditModule.forRoot({ events: BILLING_EVENTS, detailsValidation: 'throw' })],
  providers: [{ provide: InMemoryAuditProvider, useValue: memory }],
})
class StrictFixtureModule {}
const { app: strict } = await keptApp(listen(StrictFixtureModule, 'express'));

it("with detailsValidation: 'throw', wrong details reject record(), and nothing is recorded", async () => {
  const details: object = { roleNam: 'hunter2' }; // as JavaScript callers have it
  const rejected = strict.get(AuditAggregator).record('role_assigned', { details });

  await expect(rejected).rejects.toMatchObject({ code: 'AUDIT_DETAILS_INVALID' });
  await expect(rejected).rejects.toMatchObject({
    code: 'AUDIT_DETAILS_INVALID',
    message:
      'Cannot record the event role_assigned: /roleNam is not a field of this event type. ' +
      "Correct the details, or set detailsValidation to 'mark' to keep them.",
    issues: [{ path: '/roleNam', message: 'is not a field of this event type' }],
  });
  expect(memory.events).toEqual([]);
});
