import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { ApiClient, eventually, closeAfterTests } from '../../support/index.js';
import { accessibilityFaults } from '../../support/browser.js';
import { ADMIN } from '../../support/reference-app.js';
import { logInOn, ViewerScene } from '../../support/viewer-scene.js';
import { shown } from '../../support/shown.js';

const HOSTILE = 'Eve\u202Egnp.exe\u200B <img src=x onerror=alert(1)>';
const PASSWORD = 'a long secret';

const scene = await closeAfterTests(ViewerScene.open());
for (const [email, name] of [
  ['ada@example.com', 'Ada Lovelace'],
  ['eve@example.com', HOSTILE],
] as const) {
  await scene.admin.send('POST', '/auth/register', { email, password: PASSWORD, name });
}
const ada = new ApiClient(scene.application.url);
await ada.logIn('ada@example.com', PASSWORD);
const eve = new ApiClient(scene.application.url);
await eve.logIn('eve@example.com', PASSWORD);
await order(eve);
for (let nth = 0; nth < 3; nth++) await order(ada);
await ada.send('POST', '/admin/stores', { name: 'not mine to make' });
await scene.untilSealed();
afterEach(() => scene.browser.closePages());

async function order(client: ApiClient): Promise<void> {
  await client.send('POST', '/orders', { items: [{ sku: 'tea', quantity: 2, unitPriceCents: 450 }] });
}

const search = (q: string) => `#/search?${new URLSearchParams({ q }).toString()}`;
const getQueryInput = (page: Page) => page.getByRole('combobox', { name: 'Query' });
const findRows = (page: Page) => page.locator('.event-row .row-link');
const getAppliedQuery = (page: Page) => new URLSearchParams(new URL(page.url()).hash.split('?')[1]).get('q');

async function run(page: Page, query: string): Promise<void> {
  await getQueryInput(page).fill(query);
  await getQueryInput(page).press('Enter');
}

describe('the search page', () => {
  it('shows who did what as sentences, and breaks no rule of accessibility', async () => {
    const page = await scene.visitAs(search('type:order_created actor:*'));
    await page.getByText('Ada Lovelace placed order').first().waitFor();
    await page.getByText('4 events', { exact: true }).first().waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  it('completes names and values by keyboard, and keeps the query in the address', async () => {
    const page = await scene.visitAs();
    await findRows(page).first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('outc');
    await page.getByRole('option', { name: /^outcome:/ }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.keyboard.type('den');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await page.getByText('tried to create a store').waitFor();
    expect(getAppliedQuery(page)).toBe('outcome:denied');
    await page.goBack();
    await shown(getQueryInput(page)).toHaveValue('');
  });

  it('narrows and excludes by a click on a count, and takes a term back', async () => {
    const page = await scene.visitAs(search('-category:audit_access'));
    const types = page.getByRole('region', { name: 'Type' });
    await types.getByRole('button', { name: /^order_created/ }).click();
    await eventually(() => getAppliedQuery(page) === '-category:audit_access type:order_created');
    const actors = page.getByRole('region', { name: 'Actor' });
    await actors.getByRole('button', { name: 'Exclude Ada Lovelace' }).click();
    await page.getByText('1 event', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Remove type:order_created' }).click();
    await eventually(() => !(getAppliedQuery(page) ?? '').includes('order_created'));
  });

  it('narrows the time by keyboard on the histogram', async () => {
    const page = await scene.visitAs(search('since:-1h'));
    await page.locator('.bar').first().waitFor();
    await page.getByRole('slider').focus();
    await page.keyboard.press('End');
    await page.keyboard.press('Shift+ArrowLeft');
    await shown(page.getByRole('slider')).toHaveAttribute('aria-valuetext', /: \d+ events?$/);
    await page.keyboard.press('Enter');
    await eventually(() => /^since:\S+Z until:\S+Z$/.test(getAppliedQuery(page) ?? ''));
  });

  it('leads through the events by keyboard, each beside the list or as a page', async () => {
    const page = await scene.visitAs(search('type:order_created'));
    await findRows(page).nth(3).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    const chosen = await findRows(page).first().getAttribute('data-event');
    await shown.poll(() => page.evaluate('document.activeElement.dataset.event')).toBe(chosen);
    await page.keyboard.press('Enter');
    const panel = page.getByRole('complementary', { name: 'Event' });
    await shown(panel).toBeFocused();
    await panel.locator('.proof-checks').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.keyboard.press('j');
    const next = await findRows(page).nth(1).getAttribute('data-event');
    await page.waitForURL(new RegExp(`event=${String(next)}`));
    await page.keyboard.press('Escape');
    await shown(panel).toHaveCount(0);
    await shown.poll(() => page.evaluate('document.activeElement.dataset.event')).toBe(next);
    await page.keyboard.press('Enter');
    await panel.getByRole('link', { name: 'Open the full page' }).click();
    await page.waitForURL(`**/ui#/event/${String(next)}`);
    await page.goBack();
    await panel.getByRole('button', { name: 'Close' }).click();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys and queries' }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('follows the log live, and holds what comes during a pause', async () => {
    const page = await scene.visitAs(search('type:order_created'));
    await findRows(page).nth(3).waitFor();
    await page.keyboard.press('l');
    await order(ada);
    await findRows(page).nth(4).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await order(ada);
    await page.getByRole('button', { name: 'Show 1 new event' }).waitFor();
    await shown(findRows(page)).toHaveCount(5);
    await page.getByRole('button', { name: 'Resume' }).click();
    await findRows(page).nth(5).waitFor();
  });

  it('asks for a new log-in when the token ran out, and keeps what is typed', async () => {
    const page = await scene.browser.newPage();
    await page.goto(scene.buildUrl(search('type:order_created')));
    await logInOn(page, ADMIN.email, ADMIN.password);
    await findRows(page).first().waitFor();
    await getQueryInput(page).fill('type:order_created outcome:success'); // before the dialog takes the keyboard
    await page.evaluate(`fetch('/audit/logout', { method: 'POST' })`);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Your session expired' }).waitFor();
    await logInOn(page, ADMIN.email, ADMIN.password);
    await findRows(page).first().waitFor();
    await shown(getQueryInput(page)).toHaveValue('type:order_created outcome:success');
  });

  it('tells a reader without the right that they may not, and a lost connection as what it is', async () => {
    const page = await scene.visit(search('type:order_created'));
    await logInOn(page, 'ada@example.com', PASSWORD);
    await page.locator('.event-row, .state-panel').first().waitFor();
    await shown(page.locator('.event-row', { hasText: 'Eve' })).toHaveCount(0);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.context().setOffline(true);
    await run(page, 'type:order_created actor:*');
    await page.getByRole('heading', { name: 'No answer from the application' }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.context().setOffline(false);
    scene.browser.forgetFaults(page);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('heading', { name: 'No answer from the application' }).waitFor({ state: 'detached' });
  });
});

const elsewhere = createServer((_request, response) => response.end('<!doctype html><title>Elsewhere</title>'));
await closeAfterTests(elsewhere);
await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
const foreign = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`; // of the same site, so the browser sends the cookie

it('a reload keeps the session in a cookie that no script reads, and the sign-out ends the session', async () => {
  const page = await scene.visitAs('#/state');
  await page.reload();
  await page.locator('.state-card').first().waitFor();
  await shown(page.getByRole('dialog')).toHaveCount(0);
  await shown.poll(() => page.evaluate('document.cookie')).toBe('');
  const [cookie] = await page.context().cookies(scene.buildUrl());
  expect(cookie).toMatchObject({ path: '/audit', httpOnly: true, sameSite: 'Strict' });

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('dialog', { name: 'Sign in to the audit log' }).waitFor();
  expect(await page.context().cookies(scene.buildUrl())).toEqual([]);
  const headers = { cookie: `${String(cookie?.name)}=${String(cookie?.value)}` };
  expect((await fetch(`${scene.application.url}/audit/events`, { headers })).status).toBe(401);
});

it('a page of another origin changes nothing with the cookie', async () => {
  const page = await scene.visitAs('#/state');
  const other = await page.context().newPage();
  await other.goto(foreign);
  const forge = (path: string): Promise<unknown> =>
    other.evaluate(
      `fetch('${scene.application.url}${path}', { method: 'POST', mode: 'no-cors', credentials: 'include', body: '{}' }).then(() => 1)`,
    );
  await forge('/audit/logout');
  await forge('/audit/holds');
  const [refused] = await eventually(async () => {
    const events = (await scene.admin.events('outcome=denied')).filter(({ reason }) => reason === 'other_origin');
    return events.length === 2 && events;
  });
  expect(refused).toMatchObject({ outcome: 'denied', actor: { type: 'anonymous' } });
  await page.reload();
  await page.locator('.state-card').first().waitFor();
  scene.browser.forgetFaults(page); // the console names the refused requests
});
