import { uuidv7 } from 'uuidv7';
import { type AuditEvent } from '../../src/audit/index.js';
import { buildCatalogueFactRules } from '../../src/audit/nest-free.js';
import { storeEvents } from './stored-events.js';
import { ApiClient } from './api-client.js';
import { environmentWithContextKey } from './context-scene.js';
import { eventually } from './eventually.js';
import { idAt } from './sample-event.js';
import { withClient } from './sql.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';
import { ViewerScene } from './viewer-scene.js';
import { tempFolder } from './temp-folder.js';

export const PASSWORD = 'a long secret phrase';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0';
const SAFARI = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 15_6) AppleWebKit/605.1.15 Version/26.1 Safari/605.1.15';

export const PEOPLE = {
  ada: { name: 'Ada Lovelace', email: 'ada@example.com', ip: '203.0.113.24', userAgent: FIREFOX },
  grace: { name: 'Grace Hopper', email: 'grace@example.com', ip: '198.51.100.7', userAgent: SAFARI },
  linus: { name: 'Linus Ekberg', email: 'linus@example.com', ip: '2001:db8:20::5', userAgent: FIREFOX },
  noor: { name: 'نور الهاشمي', email: 'noor@example.com', ip: '192.0.2.140', userAgent: SAFARI },
  maria: { name: 'María Fernández', email: 'maria@example.com', ip: '198.51.100.61', userAgent: SAFARI },
} as const;
export type PersonName = keyof typeof PEOPLE;

export const ATTACKER_IP = '45.83.64.19';

export interface Demonstration {
  readonly people: Readonly<Record<PersonName, { readonly id: string; readonly client: ApiClient }>>;
  readonly store: string;
  readonly product: string;
  readonly order: string;
}

const HOUR_MS = 3_600_000;
const DAYS = 13;

type Told = Pick<AuditEvent, 'type' | 'action' | 'category'> & Partial<AuditEvent>;

const DAILY: readonly Told[] = [
  { type: 'user_login_success', action: 'user_login', category: 'authentication', details: { method: 'password' } },
  { type: 'order_created', action: 'order_creation', category: 'order', resource: { type: 'order', id: '4711' } },
  { type: 'payment_received', action: 'payment_receipt', category: 'payment', resource: { type: 'order', id: '4711' } },
  { type: 'order_shipped', action: 'order_shipment', category: 'order', resource: { type: 'order', id: '4698' } },
  {
    type: 'order_cancellation_failed',
    action: 'order_cancellation',
    category: 'order',
    outcome: 'failure',
    severity: 'warning',
    reason: 'already shipped',
    resource: { type: 'order', id: '4698' },
  },
  {
    type: 'price_changed',
    action: 'price_change',
    category: 'product',
    resource: { type: 'product', id: 'sencha-100' },
    changes: { before: { price: 890 }, after: { price: 950 }, diff: [{ path: '/price', from: 890, to: 950 }] },
  },
  {
    ...{
      type: 'payment_failed',
      action: 'payment_receipt',
      category: 'payment',
      outcome: 'failure',
      severity: 'error',
    },
    ...{ reason: 'network_error', resource: { type: 'order', id: '4711' } },
  },
  {
    type: 'data_export_denied',
    action: 'data_export',
    category: 'compliance',
    outcome: 'denied',
    severity: 'warning',
    reason: 'missing role',
  },
];

const ORDER_OF_OLD: Told = {
  type: 'order_created',
  action: 'order_creation',
  category: 'order',
  resource: { type: 'order', id: '17' },
};

/** Call the function before an application seals the ledger. */
async function addHistory({ superuserUrl }: TestDatabase, now = Date.now()): Promise<void> {
  const people = Object.values(PEOPLE);
  const events: AuditEvent[] = [];
  // These events are older than the application's retention period, so the retention retires them.
  const old = new Date(now - 200 * 24 * HOUR_MS).toISOString();
  for (let nth = 0; nth < 3; nth++) events.push(eventBy(PEOPLE.maria, old, ORDER_OF_OLD));
  for (let hour = DAYS * 24; hour >= 2; hour--) {
    const time = new Date(now - hour * HOUR_MS);
    const isDay = time.getUTCHours() >= 7 && time.getUTCHours() <= 18;
    const busy = isDay ? 2 + ((hour * 7) % 5) : hour % 3 === 0 ? 1 : 0;
    for (let nth = 0; nth < busy; nth++) {
      const at = new Date(time.getTime() + nth * 421_007).toISOString();
      const person = people[(hour * 3 + nth) % people.length] ?? PEOPLE.ada;
      const reported = DAILY[(hour * hour + nth * 3) % (nth === 0 ? 4 : DAILY.length)] ?? DAILY[0];
      if (reported) events.push(eventBy(person, at, reported));
    }
  }
  const rules = buildCatalogueFactRules();
  await withClient(superuserUrl, async (client) => {
    for (const month of new Set(events.map(({ occurredAt }) => occurredAt.slice(0, 7)))) {
      await client.query('SELECT audit_event_make_partition($1)', [`${month}-01`]);
    }
    for (let from = 0; from < events.length; from += 200) {
      await storeEvents(client, events.slice(from, from + 200), () => rules);
    }
  });
}

function eventBy({ name, email, ip, userAgent }: (typeof PEOPLE)[PersonName], at: string, reported: Told): AuditEvent {
  const route = {
    method: 'POST',
    route: `/${reported.action.replaceAll('_', '-')}`,
    statusCode: 200,
    durationMs: 18.4,
  };
  return {
    id: idAt(at),
    schemaVersion: 2,
    occurredAt: at,
    outcome: 'success',
    severity: 'info',
    actor: { type: 'user', id: email, name, sessionId: `session-of-${email}` },
    request: { id: uuidv7(), ip, userAgent, ...route },
    details: {},
    metadata: {},
    ...reported,
  };
}

export async function openShop(): Promise<ViewerScene> {
  const database = await createTestDatabase();
  await addHistory(database);
  return ViewerScene.on(database, 'express', {
    ...(await environmentWithContextKey(database)),
    TRUST_PROXY: 'loopback',
    AUDIT_ARCHIVE_DIR: await tempFolder('audit-archives-'),
  });
}

export async function playDay(scene: ViewerScene): Promise<Demonstration> {
  const names = Object.keys(PEOPLE) as PersonName[]; // its own names
  const people = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await register(scene, name)] as const)),
  ) as Demonstration['people'];
  const { ada, grace, linus, maria, noor } = people;
  const admin = scene.admin;
  const store = await create(admin, 'POST', '/admin/stores', { name: 'Tea house, Kyoto' });
  await admin.send('PUT', `/admin/stores/${store}/roles/manager/permissions`, { permissions: ['read_audit_log'] });
  await admin.send('POST', `/admin/stores/${store}/members`, { userId: linus.id, role: 'manager' });
  await admin.send('POST', `/admin/stores/${store}/members`, { userId: ada.id, role: 'clerk' });
  const about = 'A light green tea from the hills of Uji. Brew at 70 degrees, for two minutes.';
  const tea = { sku: 'sencha-100', name: 'Sencha, 100 g', priceCents: 890, stock: 240, description: about };
  const product = await create(admin, 'POST', '/products', tea);
  await admin.send('PATCH', `/products/${product}`, { description: about.replace('two', 'three') });
  await admin.send('PUT', `/products/${product}/price`, { priceCents: 950 });
  await admin.send('PUT', `/products/${product}/inventory`, { stock: 238 });
  const items = [
    { sku: 'sencha-100', quantity: 2, unitPriceCents: 950 },
    { sku: 'teapot-iron', quantity: 1, unitPriceCents: 6490 },
  ];
  const order = await create(ada.client, 'POST', '/orders', { items, storeId: store });
  await ada.client.send('PATCH', `/orders/${order}`, { items: items.slice(0, 1) });
  await grace.client.send('POST', `/orders/${order}/cancel`, { reason: 'ordered by mistake' });
  await ada.client.send('POST', `/orders/${order}/cancel`, { reason: 'ordered by mistake' });
  await maria.client.send('POST', '/orders', { items: items.slice(1) });
  await noor.client.send('POST', '/orders', { items });
  await grace.client.send('POST', '/admin/stores', { name: 'Grace’s corner' });
  await admin.send('PATCH', `/admin/users/${grace.id}`, { roles: ['user', 'auditor'] });
  const attacker = clientAt(scene, ATTACKER_IP, 'python-requests/2.32');
  for (let nth = 0; nth < 4; nth++) await attacker.logIn(PEOPLE.maria.email, `guess number ${nth}`);
  await attacker.logIn('office@example.com', 'guess number 5');
  // Somebody with psql changes a price, past the application.
  await scene.database.superuserSql(`UPDATE catalog_product SET price_cents = 1 WHERE id = $1`, [product]);
  await eventually(async () => (await admin.events(`resourceId=${product}&category=data_change`)).length >= 5);
  await scene.untilSealed();
  return { people, store, product, order };
}

async function register(scene: ViewerScene, name: PersonName): Promise<{ id: string; client: ApiClient }> {
  const { email, ip, userAgent, name: called } = PEOPLE[name];
  const client = clientAt(scene, ip, userAgent);
  const id = await create(client, 'POST', '/auth/register', { email, password: PASSWORD, name: called });
  await client.logIn(email, PASSWORD);
  return { id, client };
}

function clientAt(scene: ViewerScene, ip: string, userAgent: string): ApiClient {
  return new ApiClient(scene.application.url, { 'x-forwarded-for': ip, 'user-agent': userAgent });
}

async function create(client: ApiClient, method: string, path: string, body: object): Promise<string> {
  const answer = await client.send<{ id?: string }>(method, path, body);
  if (answer.body.id === undefined) throw new Error(`${method} ${path} answered ${JSON.stringify(answer.body)}`);
  return answer.body.id;
}
