import { afterEach, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Locator, Page } from 'playwright-core';
import { AuditAggregator } from '../../src/audit/index.js';
import { closeAfterTests } from '../support/close-after-tests.js';
import { ApiClient } from '../support/api-client.js';
import { accessibilityFaults } from '../support/browser.js';
import { logInOn, ViewerScene } from '../support/viewer-scene.js';
import { ADMIN } from '../support/reference-app.js';
import { shown } from '../support/shown.js';
import { tempFolder } from '../support/temp-folder.js';

const WIDE = { width: 1600, height: 900 };
const PHONE = { width: 390, height: 844 };
const ADA = { email: 'ada@example.com', password: 'a long secret phrase', name: 'Ada Lovelace' };

const scene = await closeAfterTests(ViewerScene.open());
const person = new ApiClient(scene.application.url);
const ada = (await person.send<{ id: string }>('POST', '/auth/register', ADA)).body.id;
for (const name of ['Ben', 'Cy'])
  await person.send('POST', '/auth/register', { ...ADA, email: `${name}@example.com`, name });
await person.logIn(ADA.email, 'not the password');
await person.logIn(ADA.email, ADA.password);
await scene.admin.send('PATCH', `/admin/users/${ada}`, { roles: ['user', 'auditor'] });
const product = { sku: 'sencha-100', name: 'Sencha, 100 g', priceCents: 890, stock: 240 };
const tea = (await scene.admin.send<{ id: string }>('POST', '/products', product)).body.id;
await scene.admin.send('PUT', `/products/${tea}/price`, { priceCents: 950 });
await scene.application.app.get(AuditAggregator).record('disk_filled', {
  ...{ severity: 'critical', outcome: 'failure', category: 'system', actor: { type: 'service', id: 'storage' } },
});
await scene.untilSealed();
afterEach(() => scene.browser.closePages());

const search = (query: string): string => `#/search?${new URLSearchParams({ q: query }).toString()}`;
const firstRow = (page: Page): Locator => page.locator('.event-row').first();

it('the log-in of the viewer lets an administrator in, and keeps the token in memory only', async () => {
  const page = await scene.visit();
  await page.getByRole('dialog').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await logInOn(page, ADMIN.email, ADMIN.password);
  await page.locator('main').waitFor();
  const stored = await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])');
  expect(stored).not.toMatch(/eyJ/);
});

describe('a list of events', () => {
  it('marks what is critical, and narrows to the value that is clicked', async () => {
    const page = await scene.visitAs(search('since:-1d -category:audit_access'), ADMIN, { viewport: WIDE });
    const grave = page.locator('.event-row', { has: page.locator('.is-severity-critical') });
    await shown(grave.getByRole('link')).toHaveText(/^critical\s+Service storage/);
    await grave.getByRole('button', { name: 'disk_filled' }).click();
    await page.getByRole('button', { name: 'Remove type:disk_filled' }).waitFor();
  });

  it('has the names of people and records beside their ids, as their pages do', async () => {
    const page = await scene.visitAs(search('type:user_updated'));
    await shown(firstRow(page)).toContainText(`user Ada Lovelace (…${ada.slice(-6)})`);
    await page.goto(scene.buildUrl(search('type:price_changed')));
    await shown(firstRow(page)).toContainText(`product Sencha, 100 g (…${tea.slice(-6)})`);
    await page.goto(scene.buildUrl(`#/record/product/${tea}`));
    await page.getByRole('heading', { level: 1, name: 'product Sencha, 100 g' }).waitFor();
  });
});

describe('the first page', () => {
  it('offers questions that this ledger answers, and leaves out the ledger’s own events', async () => {
    const page = await scene.visitAs();
    const questions = page.getByRole('region', { name: 'Questions' });
    await questions.getByRole('link', { name: 'What was changed past the application?' }).waitFor();
    await page.getByRole('button', { name: 'disk_filled' }).first().waitFor();
    await shown(page.locator('.search-counts')).not.toContainText('audit_');
    expect(await accessibilityFaults(page)).toEqual([]);
    await questions.getByRole('link', { name: /Who .*product Sencha, 100 g/ }).click();
    await shown(firstRow(page)).toContainText('changed the price of product Sencha');
    await page.goBack();
    await page.getByRole('button', { name: 'Remove without events about this log' }).click();
    await page.locator('.row-type', { hasText: 'audit_log_viewed' }).first().waitFor({ state: 'attached' });
  });

  it('finds the events of a person and of a record by names and days', async () => {
    const page = await scene.visitAs();
    const day = new Date().toISOString().slice(0, 10);
    await page.getByLabel('By').fill('ada');
    const option = await page
      .locator('option', { hasText: '' })
      .and(page.locator('[value^="Ada"]'))
      .getAttribute('value');
    await page.getByLabel('By').fill(String(option));
    await page.getByLabel('From').fill(day);
    await page.getByLabel('Until').fill(day);
    await page.getByRole('button', { name: 'Find events' }).click();
    await page.waitForURL(/actor(:|%3A).*since(:|%3A).*until(:|%3A)/);
    await shown(firstRow(page)).toContainText('Ada Lovelace');
    await page.goto(scene.buildUrl(search('sencha')));
    await page.getByRole('button', { name: 'All events of product Sencha, 100 g' }).click();
    await page.waitForURL(new RegExp(`about(:|%3A)product(/|%2F)${tea}`));
    await shown(firstRow(page)).toContainText('product Sencha');
  });

  it('shows who looked at the data of a person, without the reader’s own searches', async () => {
    const auditor = new ApiClient(scene.application.url);
    await auditor.logIn(ADA.email, ADA.password);
    await auditor.send('GET', `/audit/events?about=product/${tea}`);
    const { id } = (await scene.admin.send<{ id: string }>('GET', '/auth/me')).body;
    await auditor.send('GET', `/audit/events?about=user/${id}`);
    const page = await scene.visitAs(search(`category:audit_access ${tea}`));
    await page.getByText('without your own reads').waitFor();
    await shown(firstRow(page)).toContainText('Ada Lovelace read the audit log · about: product Sencha, 100 g (…');
    await shown(page.locator('.event-row', { hasText: 'Administrator' })).toHaveCount(0);
    await page.goto(scene.buildUrl(search('category:audit_access administrator')));
    await shown(firstRow(page)).toContainText('Ada Lovelace read the audit log · about: user Administrator (…');
  });
});

it('a row shows the whole new value of a change at 1280 pixels', async () => {
  const page = await scene.visitAs(search('type:price_changed'), ADMIN, { viewport: { width: 1280, height: 800 } });
  const figures = firstRow(page).locator('.row-figures');
  await shown(figures).toContainText('890 → 950');
  const isCut = (element: { scrollWidth: number; clientWidth: number }) => element.scrollWidth > element.clientWidth;
  await shown.poll(() => figures.evaluate(isCut)).toBe(false);
});

it('the pages on a phone are all in sight at the top', async () => {
  const page = await scene.visitAs('', ADMIN, { viewport: PHONE });
  const ends = await page
    .locator('nav a')
    .evaluateAll((links: { getBoundingClientRect(): { right: number } }[]) =>
      links.map((link) => link.getBoundingClientRect().right),
    );
  expect(ends).toHaveLength(3);
  expect(Math.max(...ends)).toBeLessThanOrEqual(PHONE.width);
});

it.each([
  ['ada failed login on:today', 'tried to log in as ada@example.com'],
  ['failed log-ins ada@example.com', 'tried to log in as ada@example.com'],
  ['auditor role', 'changed roles of user Ada Lovelace'],
])('the pages on a phone answer %s', async (typed, answer) => {
  const page = await scene.visitAs('', ADMIN, { viewport: PHONE });
  const input = page.getByRole('combobox', { name: 'Query' });
  await input.fill(typed);
  await input.press('Enter');
  await page.waitForURL((url) => !url.hash.includes('audit_access'));
  await page.getByText(answer).first().waitFor();
  const { y = PHONE.height } = (await page.getByText(answer).first().boundingBox()) ?? {};
  expect(y).toBeLessThan(PHONE.height);
  await shown.poll(() => page.evaluate('document.documentElement.scrollWidth')).toBe(PHONE.width);
});

it('the state of the log names each card, and calls nothing well that nobody checked', async () => {
  const page = await scene.visitAs('#/state');
  const cards = page.locator('.state-card');
  await cards.first().waitFor();
  for (const title of await cards.locator('h2').allInnerTexts()) expect(title).toMatch(/^\p{Lu}/u);
  const integrity = page.getByRole('region', { name: 'Integrity' });
  await shown
    .poll(() => integrity.innerText())
    .toMatch(/^Integrity\n(ok[^]*checked events\n[1-9]|warning[^]*checked events\n0\b)/);
});

it('a search for who read about somebody offers the reads of the log', async () => {
  const page = await scene.visitAs(search('looked at ada'));
  await page.getByRole('link', { name: 'Who looked at the data of Ada Lovelace?' }).click();
  await page.waitForURL(new RegExp(`category(:|%3A)audit_access.*${ada}`));
});

describe('a query that finds nothing', () => {
  it('with a mistake lists nothing, and says what is wrong', async () => {
    const page = await scene.visitAs(search('outcome:dneied'));
    await page.getByRole('alert').getByText('is not one of').waitFor();
    await shown(page.locator('.row, .results-count strong, .histogram')).toHaveCount(0);
  });

  it('with a time in words names them and what to write instead, and is empty once it is cleared', async () => {
    const page = await scene.visitAs(search(''));
    const input = page.getByRole('combobox', { name: 'Query' });
    await input.fill('who:admin last 2 days');
    await input.press('Enter');
    await page.getByRole('alert').getByText('is not understood').waitFor();
    await page.getByRole('button', { name: 'since:2d' }).click();
    await page.waitForURL(/who(:|%3A)admin(\+|%20)since(:|%3A)2d/);
    await page.getByRole('button', { name: 'Clear' }).first().click();
    await shown(input).toHaveValue('');
    await page.getByText('without events about this log').waitFor();
  });

  it.each([
    ['admin 27 Nov 2020', 'Use on:2020-11-27', 'admin on:2020-11-27'],
    ['admin 2020-11-27', 'Use on:2020-11-27', 'admin on:2020-11-27'],
    ['admin since:25.11.2020', 'Use 2020-11-25', 'admin since:2020-11-25'],
    ['who read admin', 'Use category:audit_access', 'category:audit_access admin'],
    ['What did admin do on 27 Nov 2020?', 'Leave it out', 'admin do on:2020-11-27'],
  ])('%s is answered by one click', async (typed, offered, query) => {
    const page = await scene.visitAs(search(typed));
    await page.getByRole('button', { name: offered }).click();
    await page.waitForURL((url) => new URLSearchParams(url.hash.split('?')[1]).get('q') === query);
  });

  it('by a name that no event has is answered with the nearest', async () => {
    const page = await scene.visitAs(search('type:user_logni_failed since:yesterday'));
    await page.getByText('no event has ever had this type; did you mean user_login_failed?').waitFor();
    await page.getByRole('button', { name: 'user_login_failed', exact: true }).click();
    await page.waitForURL(/type(:|%3A)user_login_failed/);
  });

  it('by words says where it looked, and offers who is called so', async () => {
    const page = await scene.visitAs(search('admin zzzz since:-7d'));
    await page.getByText('The search covers').waitFor();
    await page.getByText('zzzz: no event in this range of time has this word').waitFor();
    await page.getByRole('button', { name: 'All events of user Administrator' }).click({ timeout: 15_000 });
    await page.waitForURL(/about(:|%3A)/);
    await page.locator('.results-count strong', { hasText: /^[1-9]\d* events?$/ }).waitFor();
  });
});

it('what is too much to count is listed, and never called none', async () => {
  const page = await scene.visitAs('#/state');
  await page.route('**/stats/overview?*', async (route) => {
    const answer = (await (await route.fetch()).json()) as object;
    await route.fulfill({ json: { ...answer, total: 0, estimate: { sampled: 0, share: 0, margin: 0 } } });
  });
  await page.goto(scene.buildUrl('#/search?q=since%3A-7d'));
  await page.getByText('Too many to count in time').first().waitFor(); // also beside a list that is still loading
  await page.locator('.results-count strong', { hasText: /^(≥ )?[1-9]\d* events?$/ }).waitFor();
});

it('evidence of the current view is one file that proves every event of it without a network, and says that it has salts', async () => {
  const count = (await scene.admin.events('type=user_registered')).length;
  const page = await scene.visitAs(search('type:user_registered'));
  await page.locator('.event-row').first().waitFor();
  await page.getByRole('button', { name: 'Export' }).first().click();
  const waiting = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save evidence' }).click();
  const file = join(await tempFolder('evidence-'), 'evidence.html');
  await (await waiting).saveAs(file);
  await page.getByText(`Saved, with ${count} sealed events`).waitFor();

  const offline = await scene.browser.newPage({ offline: true });
  await offline.goto(pathToFileURL(file).href);
  await offline.locator('[data-verdict=open]').waitFor(); // the expert has not pasted the key
  await shown(offline.locator('h2')).toHaveCount(count);
  await shown(offline.locator('[data-check=leaf][data-state=proven]')).toHaveCount(count);
  await shown(offline.locator('[data-check=personal][data-state=proven]')).toHaveCount(count);
  await offline.getByText('Treat it as personal data').waitFor();

  const { items } = await scene.admin
    .send<{ items: readonly { details: object }[] }>(
      'GET',
      '/audit/events?type=audit_log_viewed&limit=200&details.salt=true',
    )
    .then(({ body }) => body);
  expect(items.length).toBeGreaterThanOrEqual(count);
});

it('the erasure of a person is found by a search, offers the addresses that the ledger knows, and leaves nothing of them on the page', async () => {
  const page = await scene.visitAs(search('forget ada lovelace'));
  await page.getByText('nestjs-audit-ledger erase --subject').waitFor();
  await page.getByRole('link', { name: 'Erase Ada Lovelace …' }).click();
  await page.getByRole('button', { name: 'Erase this person …' }).click();
  const dialog = page.getByRole('dialog');
  const known = dialog.getByLabel('Also known as');
  await shown(known).toHaveValue(ADA.email);
  await dialog.getByRole('button', { name: ADA.name }).click();
  await shown(known).toHaveValue(`${ADA.email}\n${ADA.name}`);
  await dialog.getByLabel('Reason').fill('asked by letter');
  await dialog.getByRole('button', { name: 'Count the events' }).click();
  await dialog.getByLabel(/To confirm/).fill(ADA.name);
  await dialog.getByRole('button', { name: 'Erase permanently' }).click();
  await page.getByText('The erasure is complete.').waitFor();
  await shown(page.getByText(ADA.name)).toHaveCount(0);
});
