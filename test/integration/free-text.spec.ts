import { describe, expect, it } from '@jest/globals';
import { keptApp, testDatabase } from '../support/kept.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { sampleEvent } from '../support/sample-event.js';
import { recordSealed } from '../support/settled.js';

const database = await testDatabase();
const { app, url } = await keptApp(startLedgerApp(database.url, { audit: { factFields: ['label'] } }));
const request = { ip: '198.51.100.7', route: '/refunds/:id' };
const plain = {
  actor: { type: 'service', id: 'svc-1' },
  resource: { type: 'job', id: 'j-1' },
  reason: 'none',
} as const;
await recordSealed(app, database, [
  sampleEvent({
    ...{ ...plain, type: 'refund_granted', metadata: { label: 'maria' }, request, details: { note: 'Für Straße 5' } },
    actor: { type: 'user', id: 'u-77', name: 'María Nuñez Łęcka' },
    resource: { type: 'parcel', id: '01a2-ff' },
  }),
  sampleEvent({
    ...{ ...plain, metadata: { label: 'müller' }, details: { who: 'MÜLLER', decomposed: 'Zoe\u0308' } },
    request: { id: 'r-9' },
  }),
  sampleEvent({
    ...{ ...plain, request: { id: 'r-9' }, metadata: { label: 'granted' }, details: {} },
    changes: {
      before: { owner: 'Zita', roles: ['user'] },
      after: { owner: 'Zita', roles: ['user', 'admin'], note: 'Vertretung' },
      diff: [
        { path: '/roles/1', to: 'admin' },
        { path: '/note', to: 'Vertretung' },
      ],
    },
  }),
  sampleEvent({
    ...{
      ...plain,
      type: 'audit_log_viewed',
      action: 'audit_log_viewed',
      category: 'audit_access',
      request: { id: 'r-9' },
    },
    ...{ metadata: { label: 'read' }, details: { filters: { q: 'maria zoe admin' } } },
  }),
]);

async function find(query: Readonly<Record<string, string>>): Promise<readonly unknown[]> {
  const response = await fetch(`${url}/audit/events?${new URLSearchParams(query).toString()}`);
  const { items } = (await response.json()) as { items: readonly { readonly metadata: { readonly label: string } }[] };
  return items.map(({ metadata }) => metadata.label);
}

describe('free text', () => {
  it.each([
    'maria',
    'MARÍA nunez',
    'lecka',
    'u-77',
    'parcel',
    '01A2',
    'parcel/01a2',
    'refund_granted',
    '198.51.100.7',
    '/refunds',
    'strasse',
    'fur 5',
    'maria parcel straße',
  ])('finds people and things by whatever names them, in any case and without accents: %s', async (q) =>
    expect(await find({ q })).toEqual(['maria']),
  );

  it.each(['muller', 'Mueller', 'müller', 'zoe', 'Zoë', 'none svc-1 zoe'])('finds %s', async (q) =>
    expect(await find({ q })).toEqual(['müller']),
  );

  it.each(['admin roles', 'vertretung', 'zita'])('finds what changed, and the values beside it: %s', async (q) =>
    expect(await find({ q })).toEqual(['granted']),
  );

  it('finds a read of the ledger, and not by what it looked for', async () =>
    expect(await find({ q: 'audit_log_viewed' })).toEqual(['read']));

  it.each(['maria zoe', 'who', 'mari*', 'p.rcel', 'ä'.repeat(500)])('does not find %s', async (q) =>
    expect(await find({ q })).toEqual([]),
  );

  it.each(['maria', 'nunez', 'MAR*', 'María Nuñez Łęcka', 'u-77'])(
    'the name of an actor is found by %s',
    async (actorName) => expect(await find({ actorName })).toEqual(['maria']),
  );

  it('an exact name is that alone', async () => {
    expect(await find({ 'actorName[eq]': 'maria' })).toEqual([]);
    expect(await find({ 'actorName[ne]': 'maria' })).toEqual(['read', 'granted', 'müller']);
  });
});
