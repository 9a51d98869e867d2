import { describe, expect, it } from '@jest/globals';
import { AuditAggregator } from '../../src/audit/index.js';
import { describeLedger } from '../../src/monitoring/index.js';
import { AuditViewerModule } from '../../src/extensions/viewer/index.js';
import { AlertsModule } from '../../src/extensions/alerts/index.js';
import { accessOfHeader, startLedgerApp } from '../support/ledger-app.js';
import { keptApp, settled, testDatabase } from '../support/index.js';
import { TailReader } from '../support/tail-reader.js';

const ALL = { 'x-access': JSON.stringify({ scope: 'all' }) };
const ADA = { 'x-access': JSON.stringify({ scope: 'subject', subjectId: 'ada' }) };
const dayFromNow = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const [FROM, TO] = [`from=${dayFromNow(-100)}`, `to=${dayFromNow(100)}`];
const RANGE = `${FROM}&${TO}`;

/** The queries of a route. Most routes have no parameter with a default that depends on the time. */
const QUERIES: Readonly<Record<string, readonly string[]>> = {
  '/audit/events/tail': ['', '&after=-1', '&after=0', '&after=1', '&after=100000'].map((after) => `?limit=50${after}`),
  '/audit/events/{id}': ['', '?include=related&include=gaps&include=matched&neighbours=5'],
  '/audit/resources/{type}/{id}': ['?show=events&show=state&show=blame'],
  '/audit/gaps': ['', '?first=0', '?first=1&last=100000', `?${RANGE}`, `?${TO}`, `?${FROM}`],
  '/audit/sample': [`?seed=x&${RANGE}`],
  '/audit/stats': [`?by=type&${RANGE}`],
  '/audit/stats/overview': [`?${RANGE}`],
  '/audit/values': ['?field=type'],
  '/audit/actors/{id}/profile': [`?${RANGE}`],
  '/audit/export': [`?format=jsonl&${RANGE}`],
};

/** A proof contains a signed checkpoint, which states the size. */
const LEFT_OUT = ['/audit/events/{id}/proof'];

const database = await testDatabase();
const extensions = [AlertsModule.forRoot(), AuditViewerModule.forRoot()];
const { app, url } = await keptApp(
  startLedgerApp(database.url, { monitoring: { authorize: accessOfHeader }, extensions }),
);

async function read(path: string, headers: Readonly<Record<string, string>>): Promise<string> {
  const answer = await fetch(url + path, { headers });
  const text = (await answer.text()).replaceAll(/"at":"[^"]+"/g, '"at":"now"');
  return `${answer.status} ${text}`;
}

async function add(actorId: string, count: number): Promise<void> {
  const audit = app.get(AuditAggregator);
  for (let nth = 0; nth < count; nth++)
    await audit.record('user_login_success', { actor: { type: 'user', id: actorId } });
  await settled(database);
}

await add('ada', 1);
await add('bob', 3);
await add('ada', 2);
const own = (JSON.parse((await read('/audit/events', ADA)).slice(4)) as { items: { id: string }[] }).items[1]?.id ?? '';

function calls(): readonly string[] {
  const { paths } = describeLedger(app, {});
  const routes = Object.keys(paths).filter((path) => paths[path]?.get && !LEFT_OUT.includes(path));
  return routes.flatMap((route) => {
    const path = route
      .replace(/\/(actors|subjects)\/\{id\}/, '/$1/ada')
      .replace('/{type}/{id}', '/user/ada')
      .replace('{L}/{N}', '0/000')
      .replace('{N}', '000')
      .replace('{day}', '2026-11-20')
      .replace(/\{\w+\}/, own);
    return (QUERIES[route] ?? ['']).map((query) => path + query);
  });
}

describe('the size of the ledger', () => {
  it('is in no answer to a reader of their own events: other people’s events change none', async () => {
    const seen = async (): Promise<readonly (readonly [string, string])[]> => {
      const all: (readonly [string, string])[] = [];
      for (const call of calls()) all.push([call, await read(call, ADA)]);
      return all;
    };
    const before = await seen();
    await add('bob', 7);
    expect(await seen()).toEqual(before);
    expect(before.filter(([, answer]) => answer.startsWith('200')).length).toBeGreaterThan(20);
    expect(JSON.parse((await read('/audit/events/tail?limit=50', ALL)).slice(4))).toMatchObject({
      after: (await settled(database)) - 1,
    });
  });

  it('is in no comment of the tail of such a reader, who gets each own event', async () => {
    const tail = await TailReader.open(`${url}/audit/events/tail?after=-1`, ADA);
    try {
      await tail.until(3);
      await tail.untilUpToDate();
      await add('bob', 5);
      await add('ada', 1);
      const events = await tail.until(4);
      const indexes = events.map(({ place }) => place);
      expect(tail.places.filter((place) => !indexes.includes(place))).toEqual([]);
    } finally {
      tail.leave();
    }
  });
});

it('a reader who follows the ledger many times keeps neither others nor readers of everything from it', async () => {
  const of = (id: string) => ({ 'x-access': JSON.stringify({ scope: 'subject', subjectId: id }) });
  const open = async (count: number, headers: Readonly<Record<string, string>>): Promise<readonly TailReader[]> =>
    Promise.all(Array.from({ length: count }, () => TailReader.open(`${url}/audit/events/tail`, headers)));
  const statuses = (tails: readonly TailReader[]) => tails.map(({ response }) => response.status).sort();
  const tails = [...(await open(7, of('eve')))]; // the server may not have seen yet that Ada's tail has left
  expect(statuses(tails)).toEqual([200, 200, 200, 200, 200, 503, 503]);
  for (let nth = 0; nth < 8; nth++) tails.push(...(await open(5, of(`crowd-${nth}`))));
  expect(tails.filter(({ response }) => response.status === 200)).toHaveLength(40);
  const [admin] = await open(1, ALL);
  expect(admin?.response.status).toBe(200);
  const refused = tails.find(({ response }) => response.status === 503);
  expect(await refused?.response.json()).toMatchObject({
    code: 'AUDIT_BUSY',
    message: expect.stringContaining('you follow it 5 times already'),
  });
  for (const tail of [...tails, admin]) tail?.leave();
});
