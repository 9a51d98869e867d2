import { afterEach, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { kept, recordSealed, sampleEvent } from '../../support/index.js';
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

const scene = await kept(ViewerScene.open('express', { AUDIT_WATCH: 'true' }));
await watched(scene.database); // rules begin at the end of the ledger
await recordSealed(scene.application.app, scene.database, [...failed, ...alerts]);
await scene.untilSealed();

afterEach(() => scene.browser.closePages());

const isWithinWidth = (page: Page) =>
  page.evaluate<boolean>('document.documentElement.scrollWidth <= document.documentElement.clientWidth');

const titles = async (page: Page): Promise<readonly string[]> => {
  const lines = await page.locator('.alert-title').allInnerTexts();
  return lines.map((line) => line.split('\n')[0] ?? '');
};

describe('an analyst', () => {
  it('sees what is not resolved, newest first, and finds alerts by level', async () => {
    const page = await scene.visitAs('#/search');
    await page.getByRole('navigation').getByRole('link', { name: 'Alerts' }).click();
    await page.locator('.alert-line').first().waitFor();
    await shown(page.locator('.alert-line')).toHaveCount(3);
    await shown.poll(() => titles(page)).toContainEqual(expect.stringContaining('A spray <b>of</b> passwords'));
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByLabel('Level').selectOption('critical');
    await page.locator('.alert-line').nth(1).waitFor({ state: 'detached' });
    await shown.poll(() => titles(page)).toEqual([expect.stringContaining('A spray')]);
    await page.setViewportSize(PHONE);
    await shown.poll(() => isWithinWidth(page)).toBe(true);
  });

  it('acknowledges and resolves one by the keyboard, and opens its events', async () => {
    const page = await scene.visitAs(`#/alerts/${String(alerts[0]?.id)}`);
    await page.getByRole('heading', { level: 1, name: 'Many failed log-ins' }).waitFor();
    await shown(page.locator('.event-line')).toHaveCount(2);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByLabel('Comment').fill('I look at it');
    await page.getByRole('button', { name: 'Acknowledge' }).press('Enter');
    await page.getByText('acknowledged it').waitFor();
    await page.getByText('I look at it').waitFor();
    await page.getByLabel('Verdict').selectOption({ label: 'allowed' });
    await page.getByRole('button', { name: 'Resolve' }).press('Enter');
    await page.getByText('resolved it: allowed').waitFor();
    await shown(page.getByRole('button', { name: 'Resolve' })).toHaveCount(0);
    await page.setViewportSize(PHONE);
    await shown.poll(() => isWithinWidth(page)).toBe(true);
    await page.locator('.event-line').first().click();
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(page.url()).toContain(`#/event/${String(ids[0])}`);
  });

  it('suppresses what is like an alert, and ends it', async () => {
    const page = await scene.visitAs(`#/alerts/${String(alerts[1]?.id)}`);
    await page.getByLabel('Reason').fill('The scanner of the office');
    await page.getByRole('button', { name: 'Suppress' }).click();
    await page.getByText(/^Suppressed until/).waitFor();
    await page.getByRole('link', { name: 'All alerts' }).click();
    await page.getByText('The scanner of the office').waitFor();
    await page.getByText('0 alerts suppressed').waitFor();
    await page.getByRole('button', { name: 'End' }).click();
    await page.getByLabel('Reason').fill('It is gone');
    await page.getByRole('button', { name: 'End now' }).click();
    await page.getByText('Nothing is suppressed.').waitFor();
  });
});
