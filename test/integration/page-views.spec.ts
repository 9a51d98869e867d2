import { expect, it } from '@jest/globals';
import { AuditQuery, type LedgerEvent } from '../../src/monitoring/index.js';
import { AuditViewerModule } from '../../src/rooms/viewer/index.js';
import { WatchModule } from '../../src/rooms/watch/index.js';
import { eventually, keptApp, recordSealed, sampleEvent, settled, testDatabase } from '../support/index.js';
import { accessOfHeader, startLedgerApp } from '../support/ledger-app.js';
import { runs } from '../support/whole.js';

const ALL = { scope: 'all' } as const;
const OTHERS = 20;
const VIEWS = runs(10);
/** The requests of the viewer for its list, and for the page of an event. */
const LIST = ['events?limit=100&names=true&rows=false', 'stats/overview?by=outcome', 'gaps?first=0&last=99'];
const PAGE = 'names=true&include=related&include=proof&include=salt&include=gaps&include=replies&neighbours=3';

const database = await testDatabase();
const rooms = [WatchModule.forRoot(), AuditViewerModule.forRoot()];
const app = await keptApp(
  startLedgerApp(database.url, { monitoring: { authorize: accessOfHeader, recordReads: true }, rooms }),
);

async function get<Body>(path: string): Promise<Body> {
  const response = await fetch(`${app.url}/audit/${path}`, { headers: { 'x-access': JSON.stringify(ALL) } });
  expect([path, response.status]).toEqual([path, 200]);
  return (await response.json()) as Body;
}

async function reads(): Promise<readonly LedgerEvent[]> {
  await settled(database);
  return (await app.app.get(AuditQuery).find(ALL, { category: 'audit_access', limit: 200, order: 'asc' })).items;
}

it('each page view of the viewer is one read event, with the ids of all events that the page shows', async () => {
  const request = { id: 'r-1' };
  const events = Array.from({ length: OTHERS }, () => sampleEvent({ request }));
  await recordSealed(app.app, database, events);
  for (const path of LIST) await get(path);
  const before = await eventually(async () => {
    const found = await reads();
    return found.length >= LIST.length && found;
  });
  expect(before).toHaveLength(LIST.length);
  const shown: (readonly string[])[] = [];
  for (const { id } of events.slice(0, VIEWS)) {
    const { included } = await get<{
      included: {
        related: { items: { id: string }[] };
        neighbours: { before: { id: string }[]; after: { id: string }[] };
        proof: { sealed: { salt: string } };
      };
    }>(`events/${id}?${PAGE}`);
    const { related, neighbours, proof } = included;
    expect(proof.sealed.salt).toEqual(expect.any(String));
    const others = [...related.items, ...neighbours.before, ...neighbours.after];
    shown.push([...new Set([id, ...others.map((event) => event.id)])].toSorted());
  }
  const after = await eventually(async () => {
    const found = (await reads()).slice(before.length);
    return found.length >= VIEWS && found;
  });
  expect(after).toHaveLength(VIEWS);
  const recorded = after.map(({ details }) => details as unknown as { ids: string[]; shown: number; salt: boolean });
  expect(recorded.map(({ ids }) => ids.toSorted())).toEqual(shown);
  expect(recorded.every(({ salt, ids, shown: count }) => salt && count === ids.length)).toBe(true);
  expect(after[0]).toMatchObject({
    request: { route: '/audit/events/:id' },
    details: { access: ALL, filters: { id: events[0]?.id, include: ['related', 'proof', 'salt', 'gaps', 'replies'] } },
  });
});
