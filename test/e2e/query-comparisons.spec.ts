import { describe, expect, it } from '@jest/globals';
import type { AuditEvent } from '../../src/audit/index.js';
import { ApiClient, keptApp, recordSealed, sampleEvent, testDatabase } from '../support/index.js';
import { startLedgerApp } from '../support/ledger-app.js';

const GIVEN: Readonly<Record<string, Partial<AuditEvent>>> = {
  hay_bought: { details: { amount: 999.5, dueAt: '2026-11-01T00:00:00Z', note: 'from the farm' }, outcome: 'success' },
  oats_bought: {
    details: { amount: '1000.00', dueAt: '2026-11-01T03:00:00.250+02:00', tags: ['big', 'new'] },
    tenantId: 'north',
    actor: { type: 'service', id: 'keeper-1', name: 'Kim Keeper', onBehalfOf: { type: 'user', id: 'vet-7' } },
  },
  cart_bought: {
    details: { amount: 2_500, dueAt: '2026-12-01', note: '>1000', 'a"b': 1 },
    actor: { type: 'user', id: 'visitor*', name: 'Vera Visitor' },
  },
};

const database = await testDatabase();
const { app, url } = await keptApp(startLedgerApp(database.url));
const admin = new ApiClient(url);
const zoo = Object.entries(GIVEN).map(([type, fields], nth) => {
  const request = {
    ip: `203.0.113.${nth + 1}`,
    method: nth === 0 ? 'GET' : 'POST',
    route: `/zoo/${nth}/:id`,
    statusCode: [200, 404, 503][nth] ?? 0,
    userAgent: `Farm/${nth}.0 (hay)`,
  };
  const event = sampleEvent({ type, action: type, category: 'zoo', request, ...fields });
  if (fields.tenantId === undefined) Reflect.deleteProperty(event, 'tenantId');
  return event;
});
const logIns = ['user_login_success', 'user_login_failed'];
await recordSealed(app, database, [...zoo, ...logIns.map((type) => sampleEvent({ type, action: 'user_login' }))]);

describe('comparisons in GET /audit/events', () => {
  const find = async (query: string) =>
    (await admin.events(`category=zoo&order=asc&${query}`)).map(({ type }) => type.split('_', 1)[0]);

  it.each([
    ['details.amount[gte]=1000', ['oats', 'cart']],
    ['details.amount[gt]=1000', ['cart']],
    ['details.amount[lt]=1000', ['hay']],
    ['details.amount[lte]=1000', ['hay', 'oats']],
    ['details.amount[gte]=1000&details.amount[lt]=2500', ['oats']],
    ['details.amount[gt]=-1', ['hay', 'oats', 'cart']],
    ['details.amount[ne]=2500', ['hay', 'oats']],
    ['details.amount[ne]=2500&details.amount[ne]=999.5', ['oats']],
    ['details.note[ne]=from*', ['oats', 'cart']],
    ['details.note=from*', ['hay']],
    ['details.note[eq]=%3E1000', ['cart']],
    ['details.note[exists]=true', ['hay', 'cart']],
    ['details.note[exists]=false', ['oats']],
    ['details.tags[ne]=new', ['hay', 'cart']],
    ['details.dueAt[gte]=2026-11-01T00:30:00Z', ['oats', 'cart']],
    ['details.dueAt[lt]=2026-11-01T03:00:01%2B02:00', ['hay', 'oats']],
    ['details.dueAt[gt]=2026-11-30', ['cart']],
    ['details.dueAt[lt]=-9999w', []],
    ['details.a"b[gte]=1', ['cart']],
    ['metadata.nothing[exists]=false', ['hay', 'oats', 'cart']],
    ['actorId=keeper*', ['oats']],
    ['actorId[ne]=keeper-1', ['hay', 'cart']],
    ['actorId[eq]=visitor*', ['cart']],
    ['type[eq]=order_*', []],
    ['tenantId[exists]=false', ['hay', 'cart']],
    ['tenantId[exists]=true', ['oats']],
    ['actorName=Kim Keeper', ['oats']],
    ['actorName=V*', ['cart']],
    ['onBehalfOf=vet-7', ['oats']],
    ['onBehalfOf[ne]=vet-7', ['hay', 'cart']],
    ['type[ne]=hay_*', ['oats', 'cart']],
    ['type=hay_bought&type=oats_bought&type[ne]=oats*', ['hay']],
    ['type[ne]=oats*&type=hay_bought&type=oats_bought', ['hay']],
    ['outcome[ne]=success', []],
    ['route=/zoo/1/:id', ['oats']],
    ['route=/zoo/*&route[ne]=/zoo/1/:id', ['hay', 'cart']],
    ['method=get', ['hay']],
    ['method[ne]=GET', ['oats', 'cart']],
    ['statusCode=404', ['oats']],
    ['statusCode=5xx', ['cart']],
    ['statusCode=2xx&statusCode=4XX', ['hay', 'oats']],
    ['statusCode[gte]=404', ['oats', 'cart']],
    ['statusCode[ne]=5xx', ['hay', 'oats']],
    ['userAgent=Farm/2.0 (hay)', ['cart']],
    ['userAgent=Farm/*', ['hay', 'oats', 'cart']],
    ['ip=203.0.113.0/31', ['hay']],
    ['ip[ne]=203.0.113.0/31', ['oats', 'cart']],
    ['since=-24h', ['hay', 'oats', 'cart']],
    ['from=-1w', ['hay', 'oats', 'cart']],
    ['from=2026-11-01T08:00:00+02:00', ['hay', 'oats', 'cart']], // in a URL, a + is a space
    ['to=-24h', []],
  ])('%s', async (query, expected) => {
    expect(await find(query)).toEqual(expected);
  });

  it.each([
    ['details.amount>1000', 'details.amount>1000 is not a filter: write details.amount=…, details.amount[ne]=…'],
    ['details.amount[0].b=5', 'details.amount[0].b is not a filter'],
    ['details.amount~=5', 'details.amount~ is not a filter'],
    [
      'details.amount[foo]=1',
      'details.amount[foo] is not a filter: write details.amount=…, details.amount[ne]=…, details.amount[gt]=…',
    ],
    ['details.amount[gte]=much', 'details.amount[gte] must be a number, or a time such as'],
    ['details.amount[gte]=1&details.amount[gte]=2', 'details.amount[gte] must be a number'],
    ['details.note[exists]=maybe', 'details.note[exists] must be true or false'],
    ['actorId[like]=a', 'actorId[like] is not a filter: write actorId=…, actorId[ne]=… or actorId[exists]=true'],
    ['actorId[gt]=a', 'actorId[gt] is not a filter'],
    ['actorId!=a', 'actorId! is an unknown parameter (did you mean actorId?)'],
    ['statusCode=600', 'statusCode must be a status code such as 404, or a class of them such as 5xx'],
    ['statusCode[gte]=2026-11-01', 'statusCode[gte] must be a number such as 500'],
    ['from>=2026-11-01', 'from> is an unknown parameter (did you mean from?)'],
    [
      'from=2026-11-21&to=2026-11-21',
      'to is exclusive, so that the range is empty; for that whole day, write to=2026-11-22',
    ],
    ['since=-24h&from=2026-11-01', 'since must not be given with from'],
    ['since=24x', 'or how long ago, such as 24h'],
    ['compliance=pci', 'compliance must be one of'],
    ['method=%20', 'method must be an HTTP method such as POST'],
  ])('answers 400 to %s and names the right form', async (query, said) => {
    const { status, body } = await admin.send('GET', `/audit/events?${query}`);
    expect([status, body.message]).toEqual([400, [expect.stringContaining(said)]]);
  });

  it('finds by compliance tag, for an action with all its outcomes', async () => {
    const types = async (query: string) => new Set((await admin.events(query)).map(({ type }) => type));
    expect(await types('compliance=pci_dss&type=user_login*')).toEqual(new Set(logIns));
    expect(await types('compliance[ne]=pci_dss&type=user_login*')).toEqual(new Set());
    expect(await types('compliance[exists]=false&category=zoo')).toEqual(
      new Set(['hay_bought', 'oats_bought', 'cart_bought']),
    );
    expect(await types('compliance=pci_dss&category=zoo')).toEqual(new Set());
  });
});
