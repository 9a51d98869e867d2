import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { ApiClient, closeAfterTests, recordSealed, sampleEvent } from '../../support/index.js';
import { accessibilityFaults } from '../../support/browser.js';
import { sampleAlert } from '../../support/sample-alert.js';
import { ViewerScene } from '../../support/viewer-scene.js';
import { watched } from '../../support/watched.js';
import { shown } from '../../support/shown.js';

const PHONE = { width: 390, height: 844 };

const failed = [sampleEvent({ type: 'user_login_failed' }), sampleEvent({ type: 'user_login_failed' })];
const ids = failed.map(({ id }) => id);
const alerts = [
  sampleAlert(ids, { occurredAt: new Date(Date.now() - 7_200_000).toISOString() }),
  sampleAlert(ids, { details: { title: 'A spray <b>of</b> passwords', rule: 'password_spray', level: 'critical' } }),
  sampleAlert(ids, { details: { title: 'Nothing of interest', level: 'low' } }),
];

const scene = await closeAfterTests(ViewerScene.open('express', { AUDIT_ALERTS: 'true' }));
await watched(scene.database); // rules begin at the end of the ledger
await recordSealed(scene.application.app, scene.database, [...failed, ...alerts]);
await scene.untilSealed();

const PASSWORD = 'a long secret phrase';

const people: Record<string, string> = {};

for (const [who, name] of Object.entries({ ada: 'Ada Lovelace', grace: 'Grace Hopper' })) {
  const person = new ApiClient(scene.application.url);
  const account = { email: `${who}@example.com`, password: PASSWORD, name };
  people[who] = (await person.send<{ id: string }>('POST', '/auth/register', account)).body.id;
  await person.logIn(account.email, PASSWORD);
  await person.send('POST', '/orders', { items: [{ sku: 'tea', quantity: 1, unitPriceCents: 450 }] });
  await person.send('POST', '/admin/stores', { name: 'not mine to make' });
}
await scene.admin.send('PATCH', `/admin/users/${people.ada ?? ''}`, { roles: ['user', 'auditor'] });
await scene.untilSealed();

afterEach(() => scene.browser.closePages());

const isWithinWidth = (page: Page) =>
  page.evaluate<boolean>('document.documentElement.scrollWidth <= document.documentElement.clientWidth');

describe('an auditor', () => {
  it('sees how the log is, and what to do', async () => {
    const page = await scene.visitAs('#/state');
    const integrity = page.getByRole('region', { name: 'Integrity' });
    await integrity.waitFor();
    await page.getByText('No legal hold is active.').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.setViewportSize(PHONE);
    await shown.poll(() => isWithinWidth(page)).toBe(true);
  });
});

describe('an actor', () => {
  it('is shown with sessions, addresses, and who changed what they may do', async () => {
    const page = await scene.visitAs(`#/person/${people.ada ?? ''}`);
    await page.getByRole('heading', { level: 1, name: 'Ada Lovelace' }).waitFor();
    const rights = page.getByRole('region', { name: 'Rights' });
    await rights.getByText(/^Administrator changed roles of user Ada Lovelace/).waitFor();
    await shown(page.getByRole('group', { name: 'IP addresses' })).toContainText('127.0.0.1');
    await page.getByRole('group', { name: 'Sessions' }).getByRole('row').nth(1).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.setViewportSize(PHONE);
    await shown.poll(() => isWithinWidth(page)).toBe(true);
    await page.getByRole('link', { name: 'All events' }).click();
    await page.locator('.event-row').first().waitFor();
    expect(decodeURIComponent(page.url())).toContain(`about:user/${people.ada ?? ''}`);
  });

  it('is shown with what they did, and on request with what they read in the log', async () => {
    const [administrator] = await scene.admin.events('type=user_updated');
    const page = await scene.visitAs(`#/person/${String(administrator?.actor.id)}`);
    const recent = page.getByRole('region', { name: 'Last events' });
    await recent.getByText('changed roles of user Ada Lovelace').waitFor();
    await shown(recent.getByText('read the audit log')).toHaveCount(0);
    await page.getByRole('button', { name: 'Remove without reads of this log' }).click();
    await page.waitForURL(/reads=true/);
    await recent.getByText('read the audit log').first().waitFor();
  });

  it('gets a report of what is held about them', async () => {
    const page = await scene.visitAs(`#/person/${people.ada ?? ''}`);
    const waiting = page.waitForEvent('download');
    await page.getByRole('button', { name: 'As JSON' }).click();
    const file = await (await waiting).path();
    expect(await readFile(file, 'utf8')).toContain(people.ada);
  });
});

describe('an analyst', () => {
  it('finds the alerts by one link, and from an alert the events that it matched', async () => {
    const page = await scene.visitAs('#/search');
    await page.getByRole('navigation').getByRole('link', { name: 'Alerts' }).click();
    await page.waitForURL((url) => decodeURIComponent(url.hash).includes('type:alert_raised'));
    await shown(page.locator('.event-row')).toHaveCount(3);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByText('A spray <b>of</b> passwords').click();
    const matched = page.getByRole('region', { name: 'Matched events' });
    await shown(matched.locator('.event-line')).toHaveCount(2);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.setViewportSize(PHONE);
    await shown.poll(() => isWithinWidth(page)).toBe(true);
    await matched.locator('.event-line').first().click();
    await page.waitForURL((url) => url.hash.includes(String(ids[0])));
  });
});
