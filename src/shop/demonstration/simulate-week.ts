import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { AuditAggregator } from '../../audit/index.js';
import { parseJson } from '../../audit/nest-free.js';
import { UserStore } from '../auth/index.js';
import { withClient } from '../database/index.js';

const [DAY_MS, STEP_MS] = [86_400_000, 420_000];
const PASSWORD = randomBytes(24).toString('base64url'); // nobody logs in as a person of the demonstration later
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0';
const PEOPLE = {
  maria: { name: 'María Fernández', ip: '198.51.100.61' },
  ada: { name: 'Ada Lovelace', ip: '203.0.113.24' },
  grace: { name: 'Grace Hopper', ip: '198.51.100.7' },
  linus: { name: 'Linus Ekberg', ip: '192.0.2.88' },
  noor: { name: 'Noor Haddad', ip: '192.0.2.140' },
} as const;
const GUESSER = { 'x-forwarded-for': '45.83.64.19', 'user-agent': 'python-requests/2.32' };
const TEA = { sku: 'sencha-100', quantity: 2, unitPriceCents: 890 };
const POT = { sku: 'teapot-iron', quantity: 1, unitPriceCents: 6490 };

type Person = keyof typeof PEOPLE;
type Json = Readonly<Record<string, unknown>>;
type Headers = Readonly<Record<string, string>>;

type Answer = Partial<Record<'id' | 'accessToken', string>> & { readonly items?: readonly { readonly id: string }[] };

/** A request's header: by how many milliseconds its clock is earlier. */
const EARLIER = 'x-earlier-ms';
const clock = new AsyncLocalStorage<number>();

/** Marks the events of {@link simulateWeek}. */
export const demonstrationMetadata = (): Json => (clock.getStore() === undefined ? {} : { demonstration: true });

/**
 * Plays a week of a small shop, if the shop has no account except its administrator's. The shop's own routes record it, each with an
 * earlier clock. What the database or a rule notices happens today. At `url`, the shop must trust the `X-Forwarded-For` of this computer;
 * `ownerUrl` is the address of its database for another login.
 */
export async function simulateWeek(app: INestApplication, url: string, ownerUrl: string): Promise<void> {
  const owner = { connectionString: ownerUrl, application_name: 'psql' };
  const { rows } = await withClient(owner, (client) => client.query('SELECT FROM auth_user LIMIT 2'));
  if (rows.length > 1) return;
  const { now } = Date;
  const server = app.getHttpServer() as Server; // Express and Fastify both run on Node's server
  const setClock = ({ headers: { [EARLIER]: earlierMs } }: IncomingMessage) =>
    earlierMs === undefined ? undefined : clock.enterWith(Number(earlierMs));
  server.prependListener('request', setClock);
  Date.now = () => now() - (clock.getStore() ?? 0); // the library reads the time of an event here
  try {
    const product = await runScript(app, url);
    const change = 'UPDATE catalog_product SET price_cents = 95 WHERE id = $1';
    await withClient(owner, (client) => client.query(change, [product]));
  } finally {
    Date.now = now;
    server.off('request', setClock);
  }
}

/** Resolves with the id of a product. */
async function runScript(app: INestApplication, url: string): Promise<string> {
  const tokens = new Map<string, string>();
  let steps = 0;

  /** Sends a request at an earlier time. Resolves with the answer, also of a refusal. */
  async function send(daysAgo: number, route: string, body: Json | undefined, headers: Headers): Promise<Answer> {
    const [method = '', path = ''] = route.split(' ');
    const earlierMs = daysAgo === 0 ? 0 : daysAgo * DAY_MS - steps++ * STEP_MS;
    const own = { 'content-type': 'application/json', 'user-agent': BROWSER, [EARLIER]: String(earlierMs) };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(url + path, { method, headers: { ...own, ...headers }, ...sent });
    const text = await response.text();
    return text === '' ? {} : (parseJson(text) as Answer); // the shop's own answer
  }

  /** Sends a request as a person, who logs in first on each day. Resolves with the id in the answer; empty if it has none. */
  async function as(who: Person, daysAgo: number, route: string, body?: Json): Promise<string> {
    const from = { 'x-forwarded-for': PEOPLE[who].ip };
    const [known, { email, password }] = [`${who} ${daysAgo}`, getAccount(who)];
    const logIn = () => send(daysAgo, 'POST /auth/login', { email, password }, from);
    const token = tokens.get(known) ?? (await logIn()).accessToken ?? '';
    tokens.set(known, token);
    const { id, items } = await send(daysAgo, route, body, { ...from, authorization: `Bearer ${token}` });
    return id ?? items?.[0]?.id ?? '';
  }

  const register = async (who: Person, daysAgo: number): Promise<string> =>
    (await send(daysAgo, 'POST /auth/register', getAccount(who), { 'x-forwarded-for': PEOPLE[who].ip })).id ?? '';
  const guess = (who: Person, daysAgo: number, headers: Headers) =>
    send(daysAgo, 'POST /auth/login', { email: getAccount(who).email, password: 'a wrong guess' }, headers);

  await app.get(UserStore).add({ ...getAccount('maria'), roles: ['user', 'admin'] });
  const message = 'The events with the metadata "demonstration" are invented. They show a week of a small shop.';
  await app.get(AuditAggregator).record('demonstration_played', { actor: { type: 'system' }, details: { message } });

  const product = (sku: string, name: string, priceCents: number, stock: number) =>
    as('maria', 7, 'POST /products', { sku, name, priceCents, stock });
  const tea = await product(TEA.sku, 'Sencha, 100 g', 890, 240);
  await product(POT.sku, 'Iron teapot', 6490, 12);
  const matcha = await product('matcha-30', 'Matcha, 30 g', 1900, 40);
  const [ada, grace] = [await register('ada', 6), await register('grace', 6), await register('linus', 6)];
  const first = await as('ada', 6, 'POST /orders', { items: [TEA] });
  await as('ada', 6, `POST /orders/${first}/payments`, { paymentMethodToken: 'tok_visa', last4: '4242' });
  await as('maria', 5, `POST /orders/${first}/ship`);
  await as('maria', 5, `PUT /products/${tea}/price`, { priceCents: 950 });
  await guess('grace', 4, { 'x-forwarded-for': PEOPLE.grace.ip });
  const second = await as('grace', 4, 'POST /orders', { items: [POT] });
  await as('grace', 4, `POST /orders/${second}/payments`, { paymentMethodToken: 'tok_card_declined', last4: '0002' });
  await as('grace', 4, `POST /orders/${second}/payments`, { paymentMethodToken: 'tok_visa', last4: '1881' });
  await as('maria', 3, `POST /orders/${second}/refunds`, { amountCents: 64_900, reason: 'the lid is broken' }); // too much: rolled back
  await as('maria', 3, `POST /orders/${second}/refunds`, { amountCents: 2_000, reason: 'the lid is broken' });
  const third = await as('linus', 3, 'POST /orders', { items: [TEA, POT] });
  await as('linus', 3, `PATCH /orders/${third}`, { items: [POT] });
  await as('linus', 3, `POST /orders/${third}/cancel`, { reason: 'ordered by mistake' });
  await as('grace', 2, 'POST /admin/stores', { name: 'The corner of Grace' }); // denied
  await as('maria', 2, `PATCH /admin/users/${grace}`, { roles: ['user', 'auditor'] });
  await as('maria', 2, `GET /audit/events?about=user/${grace}`);
  await as('grace', 2, `GET /audit/events?about=user/${ada}`);
  await as('maria', 1, `DELETE /products/${matcha}`);
  await register('noor', 1);
  await as('noor', 1, 'POST /orders', { items: [POT] });
  await as('noor', 0, 'DELETE /me', { password: PASSWORD });
  for (let nth = 0; nth < 10; nth++) await guess('linus', 0, GUESSER);
  return tea;
}

function getAccount(who: Person) {
  return { email: `${who}@example.com`, name: PEOPLE[who].name, password: PASSWORD };
}
