import { afterEach, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import {
  ApiClient,
  eventually,
  closeAfterTests,
  recordSealed,
  sampleEvent,
  testDatabase,
} from '../../support/index.js';
import { accessibilityFaults, TestBrowser, type PageOptions } from '../../support/browser.js';
import { ADMIN, startReferenceApp } from '../../support/reference-app.js';
import { shown } from '../../support/shown.js';

const PASSWORD = 'correct horse battery';
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; require-trusted-types-for 'script'";

const stores = { own: '', other: '' };

const database = await testDatabase();
const app = await closeAfterTests(startReferenceApp(database.url));
const browser = await closeAfterTests(TestBrowser.open());
const admin = new ApiClient(app.url);
await admin.logIn(ADMIN.email, ADMIN.password);
const ada = new ApiClient(app.url);
const account = { email: 'ada@example.com', password: PASSWORD, name: 'Ada' };
const { body: registered } = await ada.send('POST', '/auth/register', account);
for (const name of ['own', 'other'] as const) {
  const { body } = await admin.send('POST', '/admin/stores', { name });
  stores[name] = String(body.id);
}
const store = `/admin/stores/${stores.own}`;
await admin.send('PUT', `${store}/roles/auditor/permissions`, { permissions: ['read_audit_log'] });
await admin.send('POST', `${store}/members`, { userId: registered.id, role: 'auditor' });
await ada.logIn(account.email, account.password);
const token = String(ada.token);
const lamp = (tenantId: string, name: string) =>
  sampleEvent({ type: 'lamp_lit', action: 'lamp_lit', tenantId, actor: { type: 'user', id: name, name } });
const own = lamp(stores.own, 'Olga Own');
const eventId = own.id;
await recordSealed(app.app, database, [own, lamp(stores.other, 'Otto Other')]);
await eventually(async () => (await admin.send('GET', `/audit/events/${eventId}`)).body.index !== undefined);

afterEach(() => browser.closePages());

/** The script sets the token as a property. */
async function host(attributes: string, options: PageOptions = {}, given = token): Promise<Page> {
  const page = await browser.newPage(options);
  await page.route(`${app.url}/host`, (route) =>
    route.fulfill({
      contentType: 'text/html',
      headers: { 'content-security-policy': POLICY },
      body: `<!doctype html><html lang="en"><head><title>The store</title><link rel="icon" href="data:,">
        <script type="module" src="/audit/ui/audit-log.js"></script><script type="module" src="/host.js"></script></head>
        <body><main><h1>The store</h1><input aria-label="Notes"><audit-log ${attributes}></audit-log></main></body></html>`,
    }),
  );
  await page.route(`${app.url}/host.js`, (route) =>
    route.fulfill({
      contentType: 'text/javascript',
      body: `globalThis.heard = [];
        const log = document.querySelector('audit-log');
        for (const name of ['token-expired', 'query-change']) log.addEventListener(name, (event) => heard.push([name, event.detail]));
        log.token = ${JSON.stringify(given)};`,
    }),
  );
  await page.goto(`${app.url}/host`);
  return page;
}

const LAMPS = 'query="type:lamp_lit"';

describe('<audit-log>', () => {
  it("shows a tenant's administrator the events of the tenant, an event and its proof, and leaves the page's address alone", async () => {
    const page = await host(`tenant="${stores.own}" ${LAMPS}`);
    const row = page.locator('.event-row');
    await row.first().waitFor();
    await shown(row).toHaveCount(1);
    await shown(row.first()).toContainText('Olga Own');
    expect(await accessibilityFaults(page)).toEqual([]);
    await row.first().locator('.row-link').click();
    await page.locator('.proof-checks').waitFor();
    await page.locator('.proof-checks').getByText('computed').first().waitFor();
    expect(page.url()).toBe(`${app.url}/host`);
    await shown.poll(() => page.evaluate<number>('history.length')).toBeLessThan(3);
    await shown.poll(() => page.title()).toBe('The store');
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Back' }).click();
    await row.first().waitFor();
  });

  it.each([
    ['no tenant', () => LAMPS, 1],
    ['the tenant of others', () => `tenant="${stores.other}" ${LAMPS}`, 0],
    ['a query for the tenant of others', () => `query="type:lamp_lit tenant:${stores.other}"`, 0],
  ])('shows nothing of others with %s', async (_what, attributes, expected) => {
    const page = await host(attributes());
    await page
      .locator(expected === 0 ? '.state-panel' : '.event-row')
      .first()
      .waitFor();
    await shown(page.locator('.event-row')).toHaveCount(expected);
    await shown(page.locator('audit-log')).not.toContainText('Otto Other');
  });

  it('says that the token ran out, and continues with the next one', async () => {
    const page = await host(LAMPS, {}, 'an old token');
    await page.getByText('Your session expired.').waitFor();
    await shown.poll(() => page.evaluate<unknown>('heard')).toEqual([['token-expired', null]]);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.evaluate(`document.querySelector('audit-log').token = ${JSON.stringify(token)}`);
    await page.locator('.event-row').first().waitFor();
    await shown(page.getByText('Your session expired.')).toHaveCount(0);
    await shown.poll(() => page.evaluate<string>(`document.querySelector('audit-log').query`)).toBe('type:lamp_lit');
  });

  it('follows its attributes, tells a changed query, and takes keys only where it has the focus', async () => {
    const page = await host(`${LAMPS} theme="dark"`);
    await page.locator('.event-row').first().waitFor();
    await shown(page.locator('.audit-viewer')).toHaveAttribute('data-theme', 'dark');
    await page.evaluate(`document.querySelector('audit-log').query = 'type:nothing_such'`);
    await page.locator('.state-panel').waitFor();
    await shown.poll(() => page.evaluate<unknown>('heard')).toEqual([['query-change', { query: 'type:nothing_such' }]]);
    await page.getByLabel('Notes').focus();
    await page.evaluate('document.activeElement.blur()');
    await page.keyboard.press('?');
    await shown(page.getByRole('dialog')).toHaveCount(0);
    await page.getByRole('button', { name: 'Export' }).focus();
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
  });
});
