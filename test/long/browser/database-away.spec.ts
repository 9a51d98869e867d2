import { expect, it } from '@jest/globals';
import { startFaultCluster } from '../faults/support/fault-cluster.js';
import { kept, testDatabase } from '../../support/index.js';
import { accessibilityFaults, TestBrowser } from '../../support/browser.js';
import { ADMIN, startReferenceApp } from '../../support/reference-app.js';
import { logInOn } from '../../support/viewer-scene.js';
import { shown } from '../../support/shown.js';

const cluster = await kept(startFaultCluster());
const { url } = await testDatabase();
const application = await kept(startReferenceApp(url, { AUDIT_DATABASE_URL: cluster.url }));
const browser = await kept(TestBrowser.open());

it('a reader while the PostgreSQL of the ledger is down sees that the database is away, on every page, and continues when it is back', async () => {
  const page = await browser.newPage();
  const viewer = `${application.url}/audit/ui`;
  await page.goto(`${viewer}#/search?q=type:user_login_success`);
  await logInOn(page, ADMIN.email, ADMIN.password);
  await page.locator('.row-link').first().waitFor();
  const event = await page.locator('.row-link').first().getAttribute('data-event');
  await cluster.stop();

  await page.goto(`${viewer}#/event/${String(event)}`);
  await page.getByRole('heading', { name: 'The database is unreachable' }).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.getByRole('link', { name: 'Health' }).click();
  await page.locator('.state-card.is-error, .state-panel').first().waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.getByRole('link', { name: 'Search' }).click();
  await page.getByRole('combobox', { name: 'Query' }).fill('type:user_login_success outcome:success');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'The database is unreachable' }).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);

  await cluster.start();
  // The application reconnects by itself; until then, a new try shows the same error.
  const row = page.locator('.row-link').first();
  const retry = page.getByRole('button', { name: 'Try again' });
  for (let tries = 0; tries < 60 && (await row.count()) === 0; tries++) {
    await retry.click().catch(() => undefined);
    await row.or(retry).first().waitFor();
  }
  await shown(row).toContainText('Administrator logged in');
  await browser.closePages();
});
