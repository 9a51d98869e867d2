import { describe, expect, it } from '@jest/globals';
import type { AuditEvent } from '../../src/audit/index.js';
import { AuditQuery } from '../../src/monitoring/index.js';
import { formatCursor, parseCursor } from '../../src/monitoring/read/query/event-query.dto.js';
import { ApiClient, eventually, kept, recordSealed, sampleEvent, testDatabase } from '../support/index.js';
import { openReview } from '../support/open-review.js';
import { ADMIN, startReferenceApp } from '../support/reference-app.js';
import { sampleAlert } from '../support/sample-alert.js';
import { TailReader } from '../support/tail-reader.js';
import { today } from '../support/today.js';
import { WHOLE } from '../support/whole.js';

/** Every event of the other store holds the mark, and no request does: whoever sees the mark saw such an event. */
const MARK = 'brass-lantern-7731';
const OTHER_TYPE = 'lantern_lit';
const PASSWORD = 'correct horse battery';
const TODAY = await today();
const TRACE = 'fe'.repeat(16);

const PERSONAL_OF_OTHERS = ['Greta Hush', '203.0.113.77', 'HushBrowser', 'greta@hush.example', 'Greta broke it'];

interface World {
  readonly own: string;
  readonly other: string;
  readonly id: string;
  readonly alert: string;
  /** `foreignCursor` is an administrator's, of the other store; `forgedCursor` is the auditor's own, with an event of the other store. */
  readonly foreignCursor: string;
  readonly forgedCursor: string;
}

/** An administrator sees the other store's events in this way, unless `showsNobody` is set. */
interface Way {
  readonly name: string;
  readonly path: (world: World) => string;
  readonly headers?: (world: World) => Readonly<Record<string, string>>;
  readonly showsNobody?: true;
}

const EVENTS = '/audit/events?limit=200';
const events = (name: string, query: (world: World) => string): Way => ({
  name,
  path: (world) => `${EVENTS}&${query(world)}`,
});

/** Add the ways of a new route here. A test below tries hostile values in each parameter by itself. */
const WAYS: readonly Way[] = [
  { name: 'no filter at all', path: () => EVENTS },
  events('the other tenant', ({ other }) => `tenantId=${other}`),
  events('both tenants', ({ own, other }) => `tenantId=${own}&tenantId=${other}`),
  events('the beginning of the type', () => 'type=lantern*'),
  events('the resource', () => 'resourceType=lamp&resourceId=lamp-1'),
  events('the session', () => 'sessionId=lamp-session'),
  events('the address', () => 'ip=198.51.100.0/24'),
  events('words of the details', () => 'q=brass'),
  events('a personal detail', () => 'q=keeper@lamps.example'),
  events('a detail', () => 'details.lamp.oil=whale'),
  events('the metadata', () => 'metadata.shelf=7'),
  events('what changed', () => 'changed=/flame'),
  {
    ...events('the cursor of the other', ({ other, foreignCursor }) => `tenantId=${other}&cursor=${foreignCursor}`),
    showsNobody: true,
  },
  { ...events('a forged cursor', ({ forgedCursor }) => `order=desc&cursor=${forgedCursor}`), showsNobody: true },
  { ...events('a type that is none', ({ other }) => `tenantId[]=${other}`), showsNobody: true },
  { ...events('another access', () => 'access=all&scope=all&audit.reads=all'), showsNobody: true },
  { name: 'the id', path: ({ id }) => `/audit/events/${id}` },
  { name: 'the id in capitals', path: ({ id }) => `/audit/events/${id.toUpperCase()}` },
  { name: 'what is related to it', path: ({ id }) => `/audit/events?relatedTo=${id}` },
  { name: 'the proof of it', path: ({ id }) => `/audit/events/${id}/proof`, showsNobody: true },
  { name: 'the salt of its personal part', path: ({ id }) => `/audit/events/${id}/proof?salt=true`, showsNobody: true },
  { name: 'the history of the resource', path: () => '/audit/resources/lamp/lamp-1' },
  { name: 'the sealed entries', path: () => '/audit/tile/entries/000.p/1', showsNobody: true },
  { name: 'counts', path: () => '/audit/stats' },
  { name: 'counts of the other tenant', path: ({ other }) => `/audit/stats?by=type&tenantId=${other}` },
  { name: 'counts by what a detail says', path: () => '/audit/stats?details.lamp.oil=whale&interval=hour' },
  { name: 'an overview', path: () => '/audit/stats/overview?groups=50' },
  { name: 'an overview of the other tenant', path: ({ other }) => `/audit/stats/overview?by=type&tenantId=${other}` },
  { name: 'what is newer', path: () => '/audit/events/tail?after=-1&limit=200' },
  { name: 'a tail', path: () => '/audit/events/tail?after=-1' },
  { name: 'what is beside it', path: ({ id }) => `/audit/events/${id}?neighbours=50` },
  { name: 'the profile of the actor', path: () => '/audit/actors/keeper-1/profile' },
  { name: 'what reviewers said of it', path: ({ id }) => `/audit/events/${id}?include=replies` },
  { name: 'the review of the day', path: () => `/audit/reviews/${TODAY}`, showsNobody: true },
  { name: 'the reviews of days', path: () => '/audit/reviews', showsNobody: true },
  { name: 'alerts', path: () => '/audit/alerts' },
  { name: 'alerts of the other tenant', path: ({ other }) => `/audit/alerts?tenantId=${other}&state=open` },
  { name: 'an alert with its events', path: ({ alert }) => `/audit/alerts/${alert}` },
  { name: 'the state', path: () => '/audit/state', showsNobody: true },
  { name: 'gaps', path: () => '/audit/gaps?first=0', showsNobody: true },
  { name: 'values of a type', path: () => '/audit/values?field=type&prefix=lantern' },
  { name: 'values of a name', path: () => '/audit/values?field=actorId&prefix=brass' },
  { name: 'values of a detail', path: () => '/audit/values?field=details.note' },
  {
    name: "the tenant's header",
    path: () => EVENTS,
    headers: ({ other }) => ({ 'x-tenant-id': other, 'x-store-id': other }),
  },
  {
    name: 'a path in a header',
    path: () => EVENTS,
    headers: ({ id }) => ({ 'x-original-url': `/audit/events/${id}`, 'x-rewrite-url': `/audit/events/${id}` }),
  },
];

/** Each parameter of the routes that read the ledger gets one of these values, in turn; with `npm run test:long -- whole`, each of them on each route. */
const HOSTILE = [
  `' OR '1'='1' --`,
  `x'; SET audit.reads = 'all'; SELECT * FROM audit_event; --`,
  `"} ) OR true || @ like_regex ".*`,
  '*',
  '{}',
];
const tokens = { admin: '', auditor: '', person: '' };
type Who = keyof typeof tokens;

const database = await testDatabase();
const app = await kept(startReferenceApp(database.url, { AUDIT_REVIEW: 'daily' }));
tokens.admin = await logIn(ADMIN.email, ADMIN.password);
const auditorId = await register('auditor@example.com');
const personId = await register('person@example.com');
tokens.auditor = await logIn('auditor@example.com', PASSWORD);
tokens.person = await logIn('person@example.com', PASSWORD);
const [own, other] = [await addStore('Own', true), await addStore('Other', false)];
const id = await addEvents(own, other);
const alert = sampleAlert([id], { tenantId: other, details: { title: MARK } });
await recordSealed(app.app, database, [alert]);
const reviewer = new ApiClient(app.url);
reviewer.token = tokens.admin;
await reviewer.send('POST', `/audit/threads/event/${id}`, { kind: 'comment', comment: MARK });
const all = await app.app.get(AuditQuery).find({ scope: 'all' }, { tenantId: other, limit: 1 });
const mine = await ask('auditor', '/audit/events?limit=1&order=desc');
const { nextCursor } = JSON.parse(mine.text) as { nextCursor: string };
const world = {
  own,
  other,
  id,
  alert: alert.id,
  foreignCursor: String(all.nextCursor),
  forgedCursor: formatCursor({
    id: 'f'.repeat(8) + id.slice(8),
    queryHash: parseCursor(nextCursor)?.queryHash ?? '',
  }),
};
await eventually(async () => (await ask('admin', `/audit/events/${id}/proof`)).status === 200);
await openReview(app.app);

async function logIn(email: string, password: string): Promise<string> {
  const client = new ApiClient(app.url);
  expect(await client.logIn(email, password)).toBe(200);
  return String(client.token);
}

async function register(email: string): Promise<string> {
  const { body } = await new ApiClient(app.url).send('POST', '/auth/register', {
    email,
    password: PASSWORD,
    name: 'X',
  });
  return String(body.id);
}

async function addStore(name: string, isAudited: boolean): Promise<string> {
  const client = new ApiClient(app.url);
  client.token = tokens.admin;
  const { body } = await client.send('POST', '/admin/stores', { name });
  const store = `/admin/stores/${String(body.id)}`;
  if (isAudited) {
    const permissions = { permissions: ['read_audit_log'] };
    expect((await client.send('PUT', `${store}/roles/auditor/permissions`, permissions)).status).toBe(200);
    expect((await client.send('POST', `${store}/members`, { userId: auditorId, role: 'auditor' })).status).toBe(201);
  }
  return String(body.id);
}

async function addEvents(own: string, other: string): Promise<string> {
  const lamp = (fields: Partial<AuditEvent> = {}): AuditEvent => {
    const event = sampleEvent({
      type: OTHER_TYPE,
      action: OTHER_TYPE,
      outcome: 'partial',
      category: 'lamps',
      severity: 'critical',
      tenantId: other,
      actor: { type: 'service', id: 'keeper-1', name: MARK, sessionId: 'lamp-session' },
      resource: { type: 'lamp', id: 'lamp-1' },
      request: { id: 'lamp-request', ip: '198.51.100.9', traceId: TRACE },
      reason: `the wick of ${MARK}`,
      changes: { diff: [{ path: '/flame', from: 'off', to: MARK }] },
      metadata: { shelf: 7, note: MARK },
      ...fields,
    });
    const details = { note: MARK, lamp: { oil: 'whale' }, email: 'keeper@lamps.example', self: event.id };
    return { ...event, details };
  };
  const greeting = sampleEvent({
    type: 'greeting_sent',
    tenantId: own,
    actor: { type: 'user', id: 'greta-1', name: 'Greta Hush' },
    resource: { type: 'user', id: personId },
    request: { id: 'greeting', ip: '203.0.113.77', userAgent: 'HushBrowser' },
    details: { email: 'greta@hush.example', greetingId: 'morning-7' },
    error: { name: 'Error', message: 'Greta broke it' },
  });
  const lit = lamp();
  const ofOwn = [sampleEvent({ tenantId: own }), sampleEvent({ tenantId: own, request: { id: 'lamp-request' } })];
  await recordSealed(app.app, database, [lit, lamp(), lamp(), ...ofOwn, greeting]);
  return lit.id;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function ask(who: Who, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const all = { ...headers, authorization: `Bearer ${tokens[who]}` };
  if (path.includes('/events/tail') && !path.includes('limit=')) return follow(app.url + path, all);
  const response = await fetch(app.url + path, { headers: all });
  return { status: response.status, text: await response.text() };
}

async function follow(url: string, headers: Readonly<Record<string, string>>): Promise<Answer> {
  const tail = await TailReader.open(url, headers);
  const { ok, status } = tail.response;
  if (!ok) return { status, text: await tail.response.text() };
  const events = await tail.untilUpToDate();
  tail.leave();
  return { status, text: JSON.stringify({ items: events.map(({ event }) => event) }) };
}

/** The asker's own events hold the searched values, so those values do not count as a leak. */
function leaksOf({ text }: Answer): readonly string[] {
  return [...(text.includes(MARK) ? [MARK] : []), ...foreignIn(parsed(text))];
}

function foreignIn(part: object): readonly string[] {
  const { tenantId, type, value } = part as Readonly<Record<string, unknown>>; // any JSON
  const isForeign = tenantId === world.other || [type, value].includes(OTHER_TYPE) || value === world.other;
  if (isForeign) return [JSON.stringify(part)];
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

describe('a store’s auditor', () => {
  it('sees the store’s own events', async () => {
    const { status, text } = await ask('auditor', EVENTS);
    expect(status).toBe(200);
    expect(text).toContain('greeting_sent');
    expect(text).toContain('Greta Hush');
  });

  it.each(WAYS)('sees nothing of another store by $name', async ({ path, headers, showsNobody }) => {
    const way = [path(world), headers?.(world)] as const;
    const answer = await ask('auditor', ...way);
    expect([200, 400, 403, 404]).toContain(answer.status);
    expect(leaksOf(answer)).toEqual([]);
    if (!showsNobody) expect(leaksOf(await ask('admin', ...way))).not.toEqual([]); // it is a way
  });

  it('is told of no count of another store', async () => {
    const { text } = await ask('auditor', `/audit/stats?tenantId=${world.other}`);
    expect(JSON.parse(text)).toMatchObject({ total: 0, groups: [] });
    expect((await ask('auditor', `/audit/events/${world.id}/proof`)).status).toBe(404);
  });

  it('sees nothing of it in what the auditor’s own reads left behind, nor does anybody see theirs', async () => {
    const theirs = `${EVENTS}&action=audit_log_viewed&actorId=${auditorId}`;
    const seen = await eventually(async () => {
      const { text } = await ask('auditor', theirs);
      return text.includes('audit_log_viewed') && text;
    });
    expect(leaksOf({ status: 200, text: seen })).toEqual([]);
    expect((await ask('person', theirs)).text).toContain('"items":[]');
  });

  it('gets nothing by hostile values, in whatever parameter of whatever route', async () => {
    const seen = new Map<number, number>();
    const paths = [...(await hostilePaths())];
    while (paths.length > 0) {
      // At most four exports may run at once.
      const answers = await Promise.all(
        paths.splice(0, 4).map(async (path) => ({ path, ...(await ask('auditor', path)) })),
      );
      for (const { path, status, text } of answers) {
        const leaks = leaksOf({ status, text });
        const broken = status >= 500 && !text.includes('AUDIT_BUSY'); // one that ended may not be counted off yet
        expect({ path, leaks, broken }).toEqual({ path, leaks: [], broken: false });
        seen.set(status, (seen.get(status) ?? 0) + 1);
      }
    }
    expect(seen.get(200)).toBeGreaterThan(10); // some are texts like any other
    expect(seen.get(400)).toBeGreaterThan(10);
  });
});

async function hostilePaths(): Promise<readonly string[]> {
  interface Described {
    readonly get?: { readonly parameters?: readonly { readonly name: string; readonly in: string }[] };
  }
  const { paths } = JSON.parse((await ask('admin', '/docs-json')).text) as { paths: Record<string, Described> };
  const routes = Object.entries(paths).filter(([path, { get }]) => path.startsWith('/audit/') && get !== undefined);
  expect(routes.length).toBeGreaterThan(5);
  const tried = new Set<string>();
  return routes.flatMap(([path, { get }], turn) => {
    const named = path.replaceAll('{id}', world.id).replaceAll('{type}', 'lamp').replaceAll('{N}', '000.p/1');
    const isNew = ({ name }: { readonly name: string }) => WHOLE || !tried.has(name);
    const parameters = (get?.parameters ?? []).filter((each) => isNew(each) || each.in === 'path');
    for (const { name } of parameters) tried.add(name);
    return parameters.flatMap((parameter, at) =>
      HOSTILE.filter((_, nth) => WHOLE || (nth + at + turn) % HOSTILE.length === 0).map((value) => {
        const hostile = encodeURIComponent(value);
        if (parameter.in === 'path')
          return path.replace(`{${parameter.name}}`, hostile).replaceAll(/\{\w+\}/g, world.id);
        return `${named}?${parameter.name.replace('{path}', hostile)}=${hostile}&tenantId=${world.other}`;
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

  const routes = new Map(WAYS.map((way) => [way.path(world).split('?')[0], way]));

  it.each([...routes.values()])('sees nothing of a store by $name', async ({ path, headers }) => {
    const answer = await ask('person', path(world), headers?.(world));
    expect([200, 400, 403, 404]).toContain(answer.status);
    expect(leaksOf(answer)).toEqual([]);
  });

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
