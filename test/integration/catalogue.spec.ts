import { readFile } from 'node:fs/promises';
import { expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import {
  AuditAggregator,
  AuditModule,
  type AuditEvent,
  type AuditOutcome,
  type AuditReceipt,
} from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { ApiClient, keptApp, listen, settled, testDatabase } from '../support/index.js';
import { BILLING_EVENTS } from '../support/billing-events.js';
import { startLedgerApp } from '../support/ledger-app.js';

interface ListedEventType {
  readonly name: string;
  readonly lists: readonly string[];
  readonly aliasOf?: string;
  readonly action: string;
  readonly outcome: AuditOutcome;
  readonly category: string;
  readonly details: Readonly<Record<string, readonly string[]>>;
}

const FOLDER = 'src/audit/catalogue';
const { eventTypes } = JSON.parse(await readFile(`${FOLDER}/event-types.json`, 'utf8')) as {
  readonly eventTypes: readonly ListedEventType[]; // the lists, as given
};
const { kinds } = JSON.parse(await readFile(`${FOLDER}/event-overlay.json`, 'utf8')) as {
  readonly kinds: Readonly<Record<string, readonly string[]>>; // the shape that the generator reads
};
const aliases = eventTypes.flatMap(({ name, aliasOf }) => (aliasOf === undefined ? [] : [{ name, aliasOf }]));

/** The severities that do not follow from the outcome. */
const SEVERITIES: Readonly<Record<string, string>> = {
  admin_config_changed: 'warning',
  admin_user_deleted: 'warning',
  admin_user_suspended: 'warning',
  all_sessions_revoked: 'warning',
  backup_restored: 'warning',
  data_deleted: 'warning',
  gdpr_data_deleted: 'warning',
  global_token_rotation_failed: 'error',
  global_token_rotation_succeeded: 'warning',
  maintenance_mode_enabled: 'warning',
  permission_changed: 'warning',
  suspicious_session_activity: 'critical',
  user_mfa_disabled: 'warning',
};

function severityOf({ name, aliasOf, outcome }: ListedEventType): string {
  return SEVERITIES[aliasOf ?? name] ?? (outcome === 'success' || outcome === 'attempted' ? 'info' : 'warning');
}

/** There are as many details as the longest list of examples has values, so that each example appears once. */
function detailsOf({ details }: ListedEventType): Readonly<Record<string, unknown>>[] {
  const fields = Object.entries(details);
  const count = Math.max(1, ...fields.map(([, examples]) => examples.length));
  return Array.from({ length: count }, (_, index) =>
    Object.fromEntries(fields.map(([field, examples]) => [camelCase(field), exampleOf(field, examples, index)])),
  );
}

function exampleOf(field: string, examples: readonly string[], index: number): unknown {
  if (kinds.list?.includes(field)) return [...examples, 'another'];
  if (kinds.number?.includes(field)) return 1.5 + index;
  if (kinds.boolean?.includes(field)) return index % 2 === 0;
  if (kinds.any?.includes(field)) return { nested: [index, null] };
  return examples[index % examples.length] ?? `a value of ${field}`;
}

function camelCase(field: string): string {
  const [first = '', ...rest] = field.split('_');
  return first + rest.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

const database = await testDatabase();
const { app, url } = await keptApp(startLedgerApp(database.url, { audit: { events: BILLING_EVENTS } }));
const audit = app.get(AuditAggregator);
const client = new ApiClient(url);

const idsOf = async (query: string): Promise<string[]> => {
  await settled(database);
  const { body } = await client.send<{ items: AuditEvent[] }>('GET', `/audit/events?limit=200&${query}`);
  return body.items.map(({ id }) => id).sort();
};

/** Redaction masks tokens, and the values of a setting whose name is not known to be harmless. */
function masked(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const secrets = 'configKey' in details ? ['token', 'oldValue', 'newValue', 'requestedValue'] : ['token'];
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => [name, secrets.includes(name) ? '[REDACTED]' : value]),
  );
}

interface Recorded {
  readonly details: Readonly<Record<string, unknown>>;
  readonly receipt: Promise<AuditReceipt>;
}

const named = new Map(
  eventTypes.map((listed) => [
    listed.name,
    detailsOf(listed).map((details): Recorded => ({ details, receipt: audit.record(listed.name, { details }) })),
  ]),
);
await Promise.all([...named.values()].flat().map(({ receipt }) => receipt));
const allStored = await readAll();

async function readAll(): Promise<ReadonlyMap<string, AuditEvent>> {
  await settled(database);
  const found = new Map<string, AuditEvent>();
  for (let cursor = ''; ;) {
    const { body } = await client.send<{ items: AuditEvent[]; nextCursor: string | null }>(
      'GET',
      `/audit/events?limit=200${cursor}`,
    );
    for (const event of body.items) found.set(event.id, event);
    if (body.nextCursor === null) return found;
    cursor = `&cursor=${body.nextCursor}`;
  }
}

it.each(eventTypes)('recorded by its name, the ledger gives back $name', async (listed) => {
  const { name, aliasOf, action, outcome, category } = listed;
  for (const { details, receipt } of named.get(name) ?? []) {
    const { eventId, providers } = await receipt;
    expect(providers).toEqual({ database: { status: 'recorded' } });
    const event = allStored.get(eventId);

    expect(event).toMatchObject({ type: aliasOf ?? name, action, outcome, category, severity: severityOf(listed) });
    expect(event?.details).toEqual(masked(details));
    expect(event).not.toHaveProperty('detailsIssues');
  }
});

const spellings = [...new Set(aliases.map(({ aliasOf }) => aliasOf))].map((name) => ({
  name,
  all: [name, ...aliases.filter(({ aliasOf }) => aliasOf === name).map((alias) => alias.name)],
}));

it.each([...spellings, { name: 'invoice_exported', all: ['invoice_exported', 'invoice_sent'] }])(
  'an alias, every spelling of which finds what was recorded by any $name: $all',
  async ({ all }) => {
    const resource = { type: 'spelling', id: all.join() };
    const receipts = await Promise.all(
      all.map((spelling) =>
        audit.record(spelling, { resource, details: spelling.startsWith('invoice') ? { invoiceId: 'i-1' } : {} }),
      ),
    );
    const recorded = receipts.map(({ eventId }) => eventId).sort();

    for (const spelling of all) expect(await idsOf(`type=${spelling}&resourceId=${resource.id}`)).toEqual(recorded);
  },
);

it('finds changes of accounts, credentials and privileges by compliance=pci_dss', async () => {
  const names = ['user_created', 'user_deleted', 'api_key_created', 'api_key_revoked', 'mfa_challenge_failure'];
  names.push('token_revoked', 'session_revoked', 'role_assigned', 'role_revoked', 'permission_changed');
  const resource = { type: 'tagged', id: '1' };
  const receipts = await Promise.all(names.map((name) => audit.record(name, { resource })));
  await audit.record('product_updated', { resource });

  expect(await idsOf('compliance=pci_dss&resourceType=tagged')).toEqual(receipts.map(({ eventId }) => eventId).sort());
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
