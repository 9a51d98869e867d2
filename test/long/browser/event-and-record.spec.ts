import { afterEach, describe, expect, it } from '@jest/globals';
import { AuditAggregator } from '../../../src/audit/index.js';
import { ApiClient, createTestDatabase, eventually, closeAfterTests } from '../../support/index.js';
import { accessibilityFaults } from '../../support/browser.js';
import { environmentWithContextKey } from '../../support/context-scene.js';
import { ADMIN } from '../../support/reference-app.js';
import { logInOn, ViewerScene } from '../../support/viewer-scene.js';
import { shown } from '../../support/shown.js';

const PASSWORD = 'a long secret phrase';
const HOSTILE = '<img src=x onerror=alert(1)>Mal\u202Elory\u200B نور 👩‍💻';
const SAFARI =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15';

const ids: Record<string, string> = {};

const database = await createTestDatabase();
const scene = await closeAfterTests(ViewerScene.on(database, 'express', await environmentWithContextKey(database)));
const people: Record<string, ApiClient> = {};
for (const [who, name] of Object.entries({ ada: 'Ada Lovelace', grace: 'Grace Hopper', hostile: HOSTILE })) {
  const person = new ApiClient(scene.application.url);
  const { body } = await person.send<{ id: string }>('POST', '/auth/register', {
    email: `${who}@example.com`,
    password: PASSWORD,
    name,
  });
  ids[who] = body.id;
  await person.logIn(`${who}@example.com`, PASSWORD);
  people[who] = person;
}
const before = 'A light tea from the hills of Uji. Brew at 70 degrees, for two minutes.';
const tea = { sku: 'tea', name: 'Green tea', priceCents: 450, stock: 40, description: before };
const product = String((await scene.admin.send('POST', '/products', tea)).body.id);
await scene.admin.send('PATCH', `/products/${product}`, { description: before.replace('Uji', 'Kyoto') });
await scene.admin.send('PUT', `/products/${product}/price`, { priceCents: 475 });
// Row changes are drained a moment after they were made. These are before the events of the order.
await eventually(async () => (await scene.admin.events(`resourceId=${product}&type=row_updated`)).length >= 2);
const items = [
  { sku: 'tea', quantity: 2, unitPriceCents: 475 },
  { sku: 'cup', quantity: 1, unitPriceCents: 1290 },
];
await scene.application.app.get(AuditAggregator).record('gift_sold', {
  details: { totalCents: 950, currency: 'EUR', points: 950 },
  changes: { before: { priceCents: 890, currency: 'EUR' }, after: { priceCents: 950, currency: 'EUR' } },
});
await people.ada?.logIn('ada@example.com', PASSWORD, { 'user-agent': SAFARI });
const order = String((await people.ada?.send('POST', '/orders', { items }))?.body.id);
await people.ada?.send('PATCH', `/orders/${order}`, { items: items.slice(0, 1) });
await people.grace?.send('POST', `/orders/${order}/cancel`, { reason: 'not mine' });
await people.ada?.send('POST', '/admin/stores', { name: 'not mine to make' });
await people.hostile?.send('POST', '/orders', { items: [] });
await scene.untilSealed();
await eventually(async () => (await scene.admin.events(`resourceId=${order}&type=row_updated`)).length > 0);
await scene.untilSealed();

afterEach(() => scene.browser.closePages());

const getId = async (query: string): Promise<string> => {
  const [event] = await scene.admin.events(query);
  if (event === undefined) throw new Error(`No event matches ${query}.`);
  return event.id;
};

describe('support: what happened to this order?', () => {
  it('reads a browser and an amount as people write them, with the recorded values in the titles', async () => {
    const login = await getId(`type=user_login_success&userAgent=${encodeURIComponent(SAFARI)}`);
    const page = await scene.visitAs(`#/event/${login}`);
    await shown(page.getByTitle(SAFARI)).toHaveText('Safari 26 on macOS');
    await page.goto(scene.buildUrl(`#/event/${await getId('type=gift_sold')}`));
    await page.getByRole('heading', { level: 1, name: 'priceCents: €8.90 → €9.50' }).waitFor();
    await shown(page.locator('.changes-before .value')).toHaveText('€8.90');
    const details = page.locator('.panel, .card', { has: page.getByRole('heading', { name: 'Details' }) });
    await shown(details.locator('dd')).toHaveText(['950', '€9.50', 'EUR']);
    await shown(details.getByTitle('950')).toHaveText('€9.50');
  });

  it('goes from a failed cancellation to the time line of the order, and steps through it', async () => {
    const page = await scene.visitAs(`#/event/${await getId('type=order_cancellation_failed')}`);
    await page.getByRole('link', { name: 'Time line of the record' }).click();
    await page.getByRole('heading', { name: 'Changes of this step' }).waitFor();
    await shown(page.locator('.record-sentence')).toHaveText(/^Grace Hopper tried to cancel order .* failed/);
    await page.getByRole('slider').press('Home');
    await page.locator('.record-sentence', { hasText: /(placed|inserted) order/ }).waitFor();
    await shown(page.getByText(/^Step 1 of \d+$/)).toHaveCount(1);
  });

  it('shows the record as it was after a step, who changed each field, and what the step changed', async () => {
    const page = await scene.visitAs(`#/record/product/${product}`);
    await page.locator('.time-line button', { hasText: 'changed the price of product' }).click();
    await page.locator('.record-fields .is-changed', { hasText: 'price_cents' }).waitFor();
    await shown(page.locator('.record-fields tr', { hasText: 'price_cents' })).toContainText('475');
    await page.locator('.time-line button', { hasText: 'changed product' }).click();
    await page.locator('.record-fields .is-changed', { hasText: 'description' }).waitFor();
    const price = page.locator('.record-fields tr', { hasText: 'price_cents' });
    await shown(price).toContainText('450');
    await shown(price.getByRole('link')).toHaveCount(1);
    expect(await accessibilityFaults(page)).toEqual([]);
  });
});

describe('an analyst: from one event to all of its kind', () => {
  it.each([
    ['Actor', () => `actor:${ids.ada ?? ''}`],
    ['IP address', () => 'ip:127.0.0.1'],
    ['Session', () => /^session:[\w-]+$/],
    ['Request', () => /^request:[\w-]+$/],
    ['Resource', () => `resource:order/${order}`],
    ['Event type', () => 'type:order_created'],
  ])('pivots on the %s', async (label, expected) => {
    const page = await scene.visitAs(`#/event/${await getId(`type=order_created&resourceId=${order}`)}`);
    await page.getByRole('link', { name: `Find all events with this: ${label}` }).click();
    await page.waitForURL(/#\/search/);
    const query = new URLSearchParams(page.url().split('?')[1]).get('q') ?? '';
    expect(query).toEqual(typeof expected() === 'string' ? expected() : expect.stringMatching(expected()));
    await page.locator('.event-row').first().waitFor();
  });

  it('sees the neighbours in the order of the list, and walks along them with j and k', async () => {
    const page = await scene.visitAs(`#/event/${await getId(`type=order_created&resourceId=${order}`)}`);
    await page.getByRole('link', { name: 'Event after' }).waitFor();
    const heading = page.locator('h1');
    const start = await heading.innerText();
    await page.keyboard.press('j');
    await shown(heading).not.toHaveText(start);
    await page.getByRole('link', { name: 'Event before' }).waitFor();
    await page.keyboard.press('k');
    await shown(heading).toHaveText(start);
  });

  it('shows the JSON, and the request as curl without the token', async () => {
    const page = await scene.visitAs(`#/event/${await getId(`type=order_created&resourceId=${order}`)}`);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.locator('.raw-json', { hasText: '"order_created"' }).waitFor();
    await page.getByRole('button', { name: 'Copy as curl' }).click();
    await page.getByText('Copied').first().waitFor();
    const copied = await page.evaluate<string>('navigator.clipboard.readText()');
    expect(copied).toContain('Bearer $TOKEN');
    expect(copied).toContain(`${scene.application.url}/audit/events/`);
  });
});

it.each([
  [403, 'You may not see this'],
  [503, 'The database is unreachable'],
])('what cannot be shown says what a %s means, and tries again', async (status, title) => {
  const page = await scene.visit(`#/event/${await getId(`type=order_created&resourceId=${order}`)}`);
  let isBroken = true;
  await page.route(/\/audit\/events\/[\w-]+\?names=true&/, (route) =>
    isBroken ? route.fulfill({ status, json: {} }) : route.continue(),
  );
  await logInOn(page, ADMIN.email, ADMIN.password);
  await page.getByRole('heading', { name: title }).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  isBroken = false;
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByText('placed order').first().waitFor();
});
