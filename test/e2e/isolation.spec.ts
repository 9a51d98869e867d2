import { describe, expect, it } from '@jest/globals';
import type { AuditEvent } from '../../src/audit/index.js';
import { AuditQuery, describeLedger } from '../../src/monitoring/index.js';
import { encodeCursor, decodeCursor } from '../../src/monitoring/read/query/event-query.dto.js';
import { StreamsModule } from '../../src/extensions/streams/index.js';
import { AuditViewerModule } from '../../src/extensions/viewer/index.js';
import { AlertsModule } from '../../src/extensions/alerts/index.js';
import { eventually, keptApp, recordSealed, sampleEvent, testDatabase } from '../support/index.js';
import { accessOfHeader, startLedgerApp } from '../support/ledger-app.js';
import { sampleAlert } from '../support/sample-alert.js';
import { TailReader } from '../support/tail-reader.js';
import { WHOLE } from '../support/whole.js';

/** Every event of the other store holds the mark, and no request does: whoever sees the mark saw such an event. */
const MARK = 'brass-lantern-7731';
const OTHER_TYPE = 'lantern_lit';
const [OWN, OTHER] = ['store-own', 'store-other'];
const EVENTS = '/audit/events?limit=200';

const PERSONAL_OF_OTHERS = ['Greta Hush', '203.0.113.77', 'HushBrowser', 'greta@hush.example', 'Greta broke it'];

const ACCESS = {
  admin: { scope: 'all' },
  auditor: { scope: 'tenants', tenantIds: [OWN] },
  person: { scope: 'subject', subjectId: 'person-1' },
} as const;
type Who = keyof typeof ACCESS;

const database = await testDatabase();
const { app, url } = await keptApp(
  startLedgerApp(database.url, {
    audit: { resolveActor: (request) => ({ id: (request as { headers: Record<string, string> }).headers['x-actor'] }) },
    monitoring: { authorize: accessOfHeader, recordReads: true },
    extensions: [AlertsModule.forRoot({}), StreamsModule.forRoot(), AuditViewerModule.forRoot()],
  }),
);

interface Answer {
  readonly status: number;
  readonly text: string;
}

const buildHeaders = (who: Who) => ({ 'x-access': JSON.stringify(ACCESS[who]), 'x-actor': who });

async function ask(who: Who, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const all = { ...headers, ...buildHeaders(who) };
  if (path.includes('/events/tail') && !path.includes('limit=')) return follow(url + path, all);
  const response = await fetch(url + path, { headers: all });
  return { status: response.status, text: await response.text() };
}

async function follow(address: string, headers: Readonly<Record<string, string>>): Promise<Answer> {
  const tail = await TailReader.open(address, headers);
  const { ok, status } = tail.response;
  if (!ok) return { status, text: await tail.response.text() };
  const events = await tail.untilUpToDate();
  tail.leave();
  return { status, text: JSON.stringify({ items: events.map(({ event }) => event) }) };
}

function lamp(): AuditEvent {
  const event = sampleEvent({
    ...{ type: OTHER_TYPE, action: OTHER_TYPE, outcome: 'partial', category: 'lamps', severity: 'critical' },
    tenantId: OTHER,
    actor: { type: 'service', id: 'keeper-1', name: MARK, sessionId: 'lamp-session' },
    resource: { type: 'lamp', id: 'lamp-1' },
    request: { id: 'lamp-request', ip: '198.51.100.9', traceId: 'fe'.repeat(16) },
    reason: `the wick of ${MARK}`,
    changes: { diff: [{ path: '/flame', from: 'off', to: MARK }] },
    metadata: { shelf: 7, note: MARK },
  });
  const details = { note: MARK, lamp: { oil: 'whale' }, email: 'keeper@lamps.example', self: event.id };
  return { ...event, details };
}

const lit = lamp();
const { id } = lit;
const alert = sampleAlert([id], { tenantId: OTHER, details: { title: MARK } });
const greeting = sampleEvent({
  type: 'greeting_sent',
  tenantId: OWN,
  actor: { type: 'user', id: 'greta-1', name: 'Greta Hush' },
  resource: { type: 'user', id: ACCESS.person.subjectId },
  request: { id: 'greeting', ip: '203.0.113.77', userAgent: 'HushBrowser' },
  details: { email: 'greta@hush.example', greetingId: 'morning-7' },
  error: { name: 'Error', message: 'Greta broke it' },
});
const ofOwn = [sampleEvent({ tenantId: OWN }), sampleEvent({ tenantId: OWN, request: { id: 'lamp-request' } })];
await recordSealed(app, database, [lit, lamp(), lamp(), ...ofOwn, greeting, alert]);
await eventually(async () => (await ask('admin', `/audit/events/${id}/proof`)).status === 200);
/** It is an administrator's, of the other store. */
const foreign = await app.get(AuditQuery).find({ scope: 'all' }, { tenantId: OTHER, limit: 1 });
const mine = await ask('auditor', '/audit/events?limit=1&order=desc');
/** It is the auditor's own, with an event of the other store. */
const forged = encodeCursor({
  id: 'f'.repeat(8) + id.slice(8),
  queryHash: decodeCursor((JSON.parse(mine.text) as { nextCursor: string }).nextCursor)?.queryHash ?? '',
});

type Way = readonly [name: string, path: string, headers?: Readonly<Record<string, string>>];

/** An administrator sees the other store's events in these ways. Add the ways of a new route here; a test below tries hostile values by itself. */
const WAYS: readonly Way[] = [
  ['no filter at all', EVENTS],
  ['the other tenant', `${EVENTS}&tenantId=${OTHER}`],
  ['both tenants', `${EVENTS}&tenantId=${OWN}&tenantId=${OTHER}`],
  ['the beginning of the type', `${EVENTS}&type=lantern*`],
  ['the resource', `${EVENTS}&resourceType=lamp&resourceId=lamp-1`],
  ['the session', `${EVENTS}&sessionId=lamp-session`],
  ['the address', `${EVENTS}&ip=198.51.100.0/24`],
  ['words of the details', `${EVENTS}&q=brass`],
  ['a personal detail', `${EVENTS}&q=keeper@lamps.example`],
  ['a detail', `${EVENTS}&details.lamp.oil=whale`],
  ['the metadata', `${EVENTS}&metadata.shelf=7`],
  ['what changed', `${EVENTS}&changed=/flame`],
  ['the id', `/audit/events/${id}`],
  ['the id in capitals', `/audit/events/${id.toUpperCase()}`],
  ['what is related to it', `/audit/events?relatedTo=${id}`],
  ['the history of the resource', '/audit/resources/lamp/lamp-1'],
  ['counts', '/audit/stats'],
  ['counts of the other tenant', `/audit/stats?by=type&tenantId=${OTHER}`],
  ['counts by what a detail says', '/audit/stats?details.lamp.oil=whale&interval=hour'],
  ['an overview', '/audit/stats/overview?groups=50'],
  ['an overview of the other tenant', `/audit/stats/overview?by=type&tenantId=${OTHER}`],
  ['what is newer', '/audit/events/tail?after=-1&limit=200'],
  ['a tail', '/audit/events/tail?after=-1'],
  ['what is beside it', `/audit/events/${id}?neighbours=50`],
  ['the profile of the actor', '/audit/actors/keeper-1/profile'],
  ['alerts of the other tenant', `/audit/events?type=alert_raised&tenantId=${OTHER}`],
  ['an alert with its events', `/audit/events/${alert.id}?include=matched`],
  ['values of a type', '/audit/values?field=type&prefix=lantern'],
  ['values of a name', '/audit/values?field=actorId&prefix=brass'],
  ['values of a detail', '/audit/values?field=details.note'],
  ["the tenant's header", EVENTS, { 'x-tenant-id': OTHER, 'x-store-id': OTHER }],
  ['a path in a header', EVENTS, { 'x-original-url': `/audit/events/${id}`, 'x-rewrite-url': `/audit/events/${id}` }],
];

/** These ways show the events to nobody. */
const CLOSED: readonly Way[] = [
  ['the cursor of the other', `${EVENTS}&tenantId=${OTHER}&cursor=${String(foreign.nextCursor)}`],
  ['a forged cursor', `${EVENTS}&order=desc&cursor=${forged}`],
  ['a type that is none', `${EVENTS}&tenantId[]=${OTHER}`],
  ['another access', `${EVENTS}&access=all&scope=all&audit.reads=all`],
  ['the proof of it', `/audit/events/${id}/proof`],
  ['the salt of its personal part', `/audit/events/${id}/proof?salt=true`],
  ['the sealed entries', '/audit/tile/entries/000.p/1'],
  ['the state', '/audit/state'],
  ['gaps', '/audit/gaps?first=0'],
];

/** Each parameter of the routes that read the ledger gets one of these values, in turn; with `npm run test:long -- whole`, each of them on each route. */
const HOSTILE = [
  `' OR '1'='1' --`,
  `x'; SET audit.reads = 'all'; SELECT * FROM audit_event; --`,
  `"} ) OR true || @ like_regex ".*`,
  '*',
  '{}',
];

/** The asker's own events hold the searched values, so those values do not count as a leak. */
function findLeaks({ text }: Answer): readonly string[] {
  return [...(text.includes(MARK) ? [MARK] : []), ...foreignIn(parsed(text))];
}

function foreignIn(part: object): readonly string[] {
  const { tenantId, type, value } = part as Readonly<Record<string, unknown>>; // any JSON
  if (tenantId === OTHER || [type, value].includes(OTHER_TYPE) || value === OTHER) return [JSON.stringify(part)];
  return Object.entries(part).flatMap(([name, inner]: [string, unknown]) =>
    typeof inner === 'object' && inner !== null && name !== 'details' ? foreignIn(inner) : [],
  );
}

function parsed(text: string): object {
  try {
    return JSON.parse(text) as object; // every JSON answer of these routes is an object
  } catch {
    return {}; // a proof, an entry, an export
  }
}

async function expectNothing(who: Who, [, path, headers]: Way): Promise<void> {
  const answer = await ask(who, path, headers);
  expect([200, 400, 403, 404]).toContain(answer.status);
  expect(findLeaks(answer)).toEqual([]);
}

describe('a store’s auditor', () => {
  it('sees the store’s own events', async () => {
    const { status, text } = await ask('auditor', EVENTS);
    expect(status).toBe(200);
    expect(text).toContain('greeting_sent');
    expect(text).toContain('Greta Hush');
  });

  it.each(WAYS)('sees nothing of another store by %s', async (...way) => {
    await expectNothing('auditor', way);
    expect(findLeaks(await ask('admin', way[1], way[2]))).not.toEqual([]); // it is a way
  });

  it.each(CLOSED)('sees nothing of another store by %s', (...way) => expectNothing('auditor', way));

  it('is told of no count of another store', async () => {
    const { text } = await ask('auditor', `/audit/stats?tenantId=${OTHER}`);
    expect(JSON.parse(text)).toMatchObject({ total: 0, groups: [] });
    expect((await ask('auditor', `/audit/events/${id}/proof`)).status).toBe(404);
  });

  it('sees nothing of it in what the auditor’s own reads left behind, nor does anybody see theirs', async () => {
    const theirs = `${EVENTS}&action=audit_log_viewed&actorId=auditor`;
    const seen = await eventually(async () => {
      const { text } = await ask('auditor', theirs);
      return text.includes('audit_log_viewed') && text;
    });
    expect(findLeaks({ status: 200, text: seen })).toEqual([]);
    expect((await ask('person', theirs)).text).toContain('"items":[]');
  });

  it('gets nothing by hostile values, in whatever parameter of whatever route', async () => {
    const seen = new Map<number, number>();
    const paths = [...hostilePaths()];
    while (paths.length > 0) {
      // At most four exports may run at once.
      const answers = await Promise.all(
        paths.splice(0, 4).map(async (path) => ({ path, ...(await ask('auditor', path)) })),
      );
      for (const { path, status, text } of answers) {
        const leaks = findLeaks({ status, text });
        const broken = status >= 500 && !text.includes('AUDIT_BUSY'); // one that ended may not be counted off yet
        expect({ path, leaks, broken }).toEqual({ path, leaks: [], broken: false });
        seen.set(status, (seen.get(status) ?? 0) + 1);
      }
    }
    expect(seen.get(200)).toBeGreaterThan(10); // some are texts like any other
    expect(seen.get(400)).toBeGreaterThan(10);
  });
});

function hostilePaths(): readonly string[] {
  const { paths } = describeLedger(app, {});
  const routes = Object.entries(paths).filter(([path, { get }]) => path.startsWith('/audit/') && get !== undefined);
  expect(routes.length).toBeGreaterThan(5);
  const tried = new Set<string>();
  return routes.flatMap(([path, { get }], turn) => {
    const described = get as { readonly parameters?: readonly { readonly name: string; readonly in: string }[] }; // a path without it is left out
    const named = path.replaceAll('{id}', id).replaceAll('{type}', 'lamp').replaceAll('{N}', '000.p/1');
    const isNew = ({ name }: { readonly name: string }) => WHOLE || !tried.has(name);
    const parameters = (described.parameters ?? []).filter((each) => isNew(each) || each.in === 'path');
    for (const { name } of parameters) tried.add(name);
    return parameters.flatMap((parameter, at) =>
      HOSTILE.filter((_, nth) => WHOLE || (nth + at + turn) % HOSTILE.length === 0).map((value) => {
        const hostile = encodeURIComponent(value);
        if (parameter.in === 'path') return path.replace(`{${parameter.name}}`, hostile).replaceAll(/\{\w+\}/g, id);
        return `${named}?${parameter.name.replace('{path}', hostile)}=${hostile}&tenantId=${OTHER}`;
      }),
    );
  });
}

describe('a person', () => {
  it('sees what others did to them, and nothing personal of these others', async () => {
    const { text } = await ask('person', EVENTS);
    expect(text).toContain('greeting_sent');
    for (const personal of PERSONAL_OF_OTHERS) expect(text).not.toContain(personal);
    const admins = (await ask('admin', `${EVENTS}&type=greeting_sent`)).text;
    for (const personal of PERSONAL_OF_OTHERS) expect(admins).toContain(personal);
  });

  const routes = new Map([...WAYS, ...CLOSED].map((way) => [way[1].split('?')[0], way]));

  it.each([...routes.values()])('sees nothing of a store by %s', (...way) => expectNothing('person', way));

  it.each(['ip=203.0.113.0/24', 'q=hush', 'details.email=greta@hush.example'])(
    'cannot guess what is personal of others by %s',
    async (query) => {
      const found = async (who: Who): Promise<boolean> =>
        (await ask(who, `${EVENTS}&type=greeting_sent&${query}`)).text.includes('greeting_sent');
      expect(await found('admin')).toBe(true);
      expect(await found('person')).toBe(false);
      const counted = await ask('person', `/audit/stats?type=greeting_sent&${query}`);
      expect(JSON.parse(counted.text)).toMatchObject({ total: 0 });
    },
  );

  it('finds what is not personal in it', async () => {
    expect((await ask('person', `${EVENTS}&q=morning-7`)).text).toContain('greeting_sent');
  });
});
