import { describe, expect, it } from '@jest/globals';
import { Body, Controller, Post, ValidationPipe } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { MinLength } from 'class-validator';
import { parse } from 'csv-parse/sync';
import { AuditAggregator, AuditContext, Audited, type AuditInput } from '../../src/audit/index.js';
import { AuditTestingModule, InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { ErasureSessions } from '../../src/monitoring/keep/lifecycle/erasure/erasure-sessions.service.js';
import { SubjectEraser } from '../../src/monitoring/keep/lifecycle/erasure/erase-subject.service.js';
import { planErasure, type ErasureRecord } from '../../src/monitoring/keep/lifecycle/erasure/erasure-requests.js';
import { CheckpointSigner } from '../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import type { OcsfEvent } from '../../src/monitoring/read/export/formats/ocsf.js';
import type { LedgerEvent } from '../../src/monitoring/read/query/ledger-event.js';
import { eventually, settled } from '../support/index.js';
import { keptApp, testDatabase } from '../support/close-after-tests.js';
import { startLedgerApp } from '../support/ledger-app.js';

class Account {
  @MinLength(8, { message: '$value is too short' })
  readonly password?: string;
}

@Controller()
class Accounts {
  @Post('account')
  @Audited('account_change')
  change(@Body(new ValidationPipe({ expectedType: Account })) account: Account): string {
    return typeof account;
  }
}

const database = await testDatabase();
const { app, url } = await keptApp(startLedgerApp(database.url, { controllers: [Accounts] }));
const audit = app.get(AuditAggregator);

async function record(input: AuditInput): Promise<string> {
  const { eventId } = await audit.record('invoice_mailed', { actor: { type: 'user', id: 'u-1' }, ...input });
  await settled(database);
  return eventId;
}

async function find(query: Readonly<Record<string, string>>): Promise<readonly LedgerEvent[]> {
  await settled(database);
  const response = await fetch(`${url}/audit/events?${new URLSearchParams(query).toString()}`);
  return ((await response.json()) as { readonly items: readonly LedgerEvent[] }).items;
}

const getIds = async (query: Readonly<Record<string, string>>): Promise<readonly string[]> =>
  (await find(query)).map(({ id }) => id);

async function exported(format: string, query = ''): Promise<string> {
  return (await fetch(`${url}/audit/export?format=${format}&type=invoice_mailed&${query}`)).text();
}

async function erase(subjectId: string): Promise<ErasureRecord> {
  const erasureSession = app.get(ErasureSessions);
  const signer = app.get(CheckpointSigner);
  const by = { by: { type: 'admin', id: 'dpo' }, reason: 'asked', startsAt: new Date('2199-01-01T00:00:00Z') } as const;
  const planned = erasureSession.use((session) => planErasure(session, { id: subjectId, identifiers: [] }, by, signer));
  let erasure: ErasureRecord | undefined = await planned;
  await eventually(() =>
    erasureSession.use(async (session) => {
      while (erasure && erasure.state !== 'done') {
        const next = await app.get(SubjectEraser).advance(session, erasure);
        if (!next) return false;
        erasure = next;
      }
      return true;
    }),
  );
  await settled(database);
  const { trust } = signer;
  expect(await verifyLedger({ database: database.url, trust })).toMatchObject({ verdict: 'sound', findings: [] });
  return erasure;
}

describe("a resource's name", () => {
  const resource = { type: 'invoice', id: '17', name: 'Rechnung Müller 17' };

  it('is found, shown in each format, and erased with the person', async () => {
    const id = await record({ resource });
    const later = await record({ resource: { type: 'invoice', id: '17' } });
    for (const query of [{ resourceName: 'rechnung*' }, { 'resourceName[eq]': resource.name }, { q: 'muller' }])
      expect(await getIds(query)).toEqual([id]);
    expect(await find({ type: 'invoice_mailed', names: 'true' })).toMatchObject([
      { id: later, names: { resource: resource.name } },
      { id, resource },
    ]);
    const [row] = parse(await exported('csv', 'resourceName[exists]=true'), { columns: true });
    expect(row).toMatchObject({ resourceId: '17', resourceName: resource.name });
    expect(JSON.parse(await exported('ocsf', 'resourceName[exists]=true'))).toMatchObject({
      resources: [{ type: 'invoice', uid: '17', name: resource.name }],
    });
    await erase('u-1');
    expect(await find({ q: 'muller' })).toEqual([]);
    const events = await find({ resourceId: '17' });
    expect(events.map((event) => event.resource)).toEqual([later, id].map(() => ({ type: 'invoice', id: '17' })));
  });

  it('is cut to 200 characters, and is absent if it has no text', async () => {
    const long = await record({ resource: { ...resource, name: 'n'.repeat(201) } });
    const odd = await record({ resource: { ...resource, name: { a: 1 } as never } });
    const events = await find({ type: 'invoice_mailed', limit: '2' });
    expect(events).toMatchObject([
      {
        id: odd,
        resource: { type: 'invoice', id: '17' },
        metadata: { unfitFields: ['resource'], resource: { name: { a: 1 } } },
      },
      { id: long, resource: { name: 'n'.repeat(200) }, truncated: true },
    ]);
    expect(events[0]?.resource).not.toHaveProperty('name');
  });

  it('is a pseudonym where the application makes pseudonyms', async () => {
    const imports = [AuditTestingModule.forRoot({ anonymize: true, pseudonymKey: 'p'.repeat(32) })];
    const anonymous = await (await Test.createTestingModule({ imports }).compile()).init();
    await anonymous.get(AuditAggregator).record('invoice_mailed', { resource });
    const { events } = anonymous.get(InMemoryAuditProvider);
    await anonymous.close();
    expect(events).toMatchObject([{ resource: { name: expect.stringMatching(/^psn_/) } }]);
  });
});

describe('related resources', () => {
  const related = [
    { type: 'account', id: 'b-7', name: 'Konto Zuse' },
    { type: 'mailbox', id: 'ada@example.com' },
    { type: 'user', id: 'u-9' },
  ];
  const resource = { type: 'transfer', id: 't-1' };

  it('are found by the resource, and shown in each format', async () => {
    const id = await record({ resource, related });
    for (const query of [
      { about: 'account/b-7' },
      { about: 'mailbox/ada@example.com' },
      { about: 'user/u-9' },
      { related: 'account/b-7' },
      { related: 'mailbox' },
      { q: 'zuse' },
    ])
      expect([query, await getIds(query)]).toEqual([query, [id]]);
    for (const query of [{ related: 'user/b-7' }, { about: 'account/u-9' }, { resourceId: 'b-7' }])
      expect([query, await find(query)]).toEqual([query, []]);
    expect(await find({ related: 'account/b-7' })).toMatchObject([{ resource, related }]);
    const [row] = parse(await exported('csv', 'related=account'), { columns: true });
    expect(JSON.parse((row as { related: string }).related)).toEqual(related);
    const { resources, unmapped } = JSON.parse(await exported('ocsf', 'related=account')) as OcsfEvent;
    expect([resources, unmapped]).toMatchObject([
      [{ uid: 't-1' }, { uid: 'b-7', name: 'Konto Zuse' }, { uid: 'ada@example.com' }, { uid: 'u-9' }],
      { related },
    ]);
  });

  it('lose what is personal with each person that they name', async () => {
    const mailed = await record({ actor: { type: 'service', id: 'mailer' }, resource, related });
    const own = await record({
      actor: { type: 'service', id: 'mailer' },
      resource,
      related: [{ type: 'user', id: 'e@x.org' }],
    });
    const erasure = await erase('u-9');
    expect(Object.values(erasure.counts.events)).toEqual([{ related: 2 }]); // with the event of the test before
    expect(Object.values((await erase('e@x.org')).counts.events)).toEqual([{ related: 1 }]);
    const [second, first] = await find({ resourceId: 't-1', limit: '2' });
    expect([first?.id, first?.related]).toEqual([
      mailed,
      [{ type: 'account', id: 'b-7' }, { type: 'mailbox' }, { type: 'user', id: 'u-9' }],
    ]);
    expect([second?.id, second?.related]).toEqual([own, [{ type: 'user' }]]);
    expect(await find({ related: 'mailbox/ada@example.com' })).toEqual([]);
  });

  it('are at most twenty: a longer list stays in the metadata', async () => {
    const many = Array.from({ length: 21 }, (_, nth) => ({ type: 'order', id: `o-${nth}` }));
    const id = await record({ related: many });
    expect(await find({ related: 'order/o-19' })).toMatchObject([
      { id, related: many.slice(0, 20), truncated: true, metadata: { unfitFields: ['related'], related: many } },
    ]);
  });
});

describe('the credential of a call', () => {
  const credential = {
    credentialId: 'laptop of Ada',
    credentialKind: 'api_key',
    credentialScopes: 'orders:read orders:write',
  };

  it('is found, shown in each format, and erased with the person where it is personal', async () => {
    const actor = { type: 'user', id: 'u-11' } as const;
    const kept = { ...credential, credentialId: '018f6b3a-0000-7000-8000-000000000001' };
    const ids = [credential, kept].map((each) => AuditContext.run(each, () => record({ actor })));
    const [personal, fact] = await Promise.all(ids);
    expect(await getIds({ credentialId: credential.credentialId })).toEqual([personal]);
    expect(await getIds({ credentialId: kept.credentialId })).toEqual([fact]);
    expect(new Set(await getIds({ credentialKind: 'api_key' }))).toEqual(new Set([personal, fact]));
    expect(await find({ credentialId: credential.credentialId })).toMatchObject([{ request: credential }]);
    const [row] = parse(await exported('csv', `credentialId=${kept.credentialId}`), { columns: true });
    expect(row).toMatchObject(kept);
    expect(JSON.parse(await exported('ocsf', `credentialId=${kept.credentialId}`))).toMatchObject({
      actor: { session: { credential_uid: kept.credentialId } },
      unmapped: { credentialKind: 'api_key', credentialScopes: credential.credentialScopes },
    });
    await erase('u-11');
    expect((await find({ actorId: 'u-11', type: 'invoice_mailed' })).map(({ request }) => request)).toEqual(
      expect.arrayContaining([{ credentialKind: 'api_key', credentialScopes: credential.credentialScopes }, kept]),
    );
  });
});

it('a value that is refused is not stored, and its constraint is', async () => {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}/account`, { method: 'POST', body: '{"password":"hunter2"}', headers });
  expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('hunter2')]);
  await audit.drain();
  await settled(database);
  const [stored] = await database.superuserSql(
    `SELECT to_jsonb(e)::text AS event FROM audit_event e WHERE action = 'account_change'`,
  );
  expect(stored?.event).toContain('is too short');
  expect(stored?.event).not.toContain('hunter2');
});
