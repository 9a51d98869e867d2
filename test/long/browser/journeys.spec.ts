import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { command as verify } from '../../../src/cli/verify/verify.command.js';
import { accessibilityFaults } from '../../support/browser.js';
import { openShop, PEOPLE, playDay } from '../../support/demonstration.js';
import { eventually, tempFolder, closeAfterTests } from '../../support/index.js';
import { ADMIN } from '../../support/reference-app.js';
import { shown } from '../../support/shown.js';

const scene = await closeAfterTests(openShop());
const shop = await playDay(scene);
afterEach(() => scene.browser.closePages());

const search = (q: string) => `#/search?${new URLSearchParams({ q }).toString()}`;
const findRows = (page: Page) => page.locator('.event-row .row-link');

/** A reader must always see where the focus is. */
const isFocusSeen = (page: Page) =>
  page.evaluate<boolean>(`[undefined, '::after'].some((part) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(document.activeElement, part);
    return (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none';
  })`);

it('a reader without a mouse skips to the content, and reaches every control by Tab with a visible focus', async () => {
  const page = await scene.visitAs('#/state');
  await page.locator('.state-card').first().waitFor();
  const first = page.locator('a[href], button, select, input').first();
  await shown(first).toHaveText('Skip to content');
  await first.focus();
  await shown.poll(() => isFocusSeen(page)).toBe(true);
  await page.keyboard.press('Enter');
  await shown.poll(() => page.evaluate('document.activeElement.id')).toBe('content');
  await page.keyboard.press('Tab');
  await shown.poll(() => isFocusSeen(page)).toBe(true);
});

describe('an analyst: who did this from that address?', () => {
  it('reads times in the own zone, and in UTC by a choice that the browser keeps', async () => {
    const page = await scene.visitAs(search('type:order_created since:-14d'), ADMIN, { timezoneId: 'Asia/Kolkata' });
    const time = page.locator('.row-time').first();
    await time.waitFor();
    const clock = async () => (await time.innerText()).slice(0, 5);
    const clockIn = async (timeZone: string) =>
      new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' }).format(
        new Date(String(await time.getAttribute('datetime'))),
      );
    await shown.poll(clock).toBe(await clockIn('Asia/Kolkata'));
    await shown(time).toHaveAttribute('title', / UTC$/);
    await page.getByLabel('Time zone').selectOption('UTC');
    await shown.poll(clock).toBe(await clockIn('UTC'));
    await page.reload();
    await time.waitFor();
    await shown.poll(clock).toBe(await clockIn('UTC'));
  });

  it('exports exactly this view, whose files the command line finds sound', async () => {
    const page = await scene.visitAs(search('type:order_created outcome:success since:-14d'));
    await findRows(page).first().waitFor();
    await page
      .getByText(/^\d+ events$/)
      .first()
      .waitFor();
    const total = Number(/^(\d+) events/.exec(await page.locator('.results-count').innerText())?.[1]);
    const folder = await tempFolder('audit-exported-');
    const saved: string[] = [];
    page.on('download', (download) => {
      const path = join(folder, download.suggestedFilename());
      void download.saveAs(path).then(() => saved.push(path));
    });
    await page.getByRole('button', { name: 'Export' }).click();
    await page.getByRole('dialog', { name: 'Export' }).getByRole('button', { name: 'Export' }).click();
    await eventually(() => saved.length === 2);
    const [file = ''] = saved.filter((path) => !path.endsWith('.manifest'));
    const { body } = await scene.admin.send<{ keys: { verifierKey: string }[] }>('GET', '/audit/keys');
    const { exitCode, output } = await verify.run([file, '--key', body.keys[0]?.verifierKey ?? '', '--json']);
    expect(exitCode).toBe(0);
    const { manifest } = JSON.parse(output ?? '') as { manifest: { count: number; filters: object } };
    expect(manifest.count).toBe(total);
    expect(JSON.stringify(manifest.filters)).toMatch(/order_created.*success|success.*order_created/);
    const { length } = (await readFile(file, 'utf8')).trim().split('\n');
    expect(length).toBeGreaterThanOrEqual(total);
  });
});

it('lists an operation and its row changes as one event, and shows the row changes on demand', async () => {
  const page = await scene.visitAs(search(`resource:order/${shop.order} type:order_created`));
  const rows = page.locator('.event-row');
  await page.getByRole('button', { name: '1 row' }).press('Enter');
  await shown(page.locator('.event-row.is-part .row-link')).toHaveText([/inserted order/]);
  await shown(rows).toHaveCount(2);
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.getByRole('button', { name: '1 row' }).press('Enter');
  await shown(rows).toHaveCount(1);
});

it('support that looks at an order sees a price that somebody changed with psql: when, what it was, and that the application did not do it', async () => {
  const page = await scene.visitAs(`#/record/product/${shop.product}`);
  const price = page.locator('.record-fields tr', { hasText: 'price_cents' });
  // Four operations, of which each also changed the row, and the change with psql.
  await page.getByText('Step 5 of 5').waitFor();
  await page.locator('.time-line button', { hasText: 'past the application' }).click();
  await page.locator('.record-fields .is-changed', { hasText: 'price_cents' }).waitFor();
  await shown(price).toHaveText(/\b1\b[^]*postgres/, { useInnerText: true });
  await page.locator('.time-line button', { hasText: 'changed the price' }).last().click();
  await shown(price).toContainText(/\b950\b/, { useInnerText: true });
  await shown(price).toContainText('Administrator');
  expect(await accessibilityFaults(page)).toEqual([]);
});

describe('an auditor: does the log prove what it says?', () => {
  it('erases a person, keeps the certificate, and sees afterwards what is gone and what is still proven', async () => {
    const { id } = shop.people.noor;
    const [placed] = await scene.admin.events(`type=order_created&actorId=${id}`);
    const page = await scene.visitAs(`#/person/${id}`);
    await page.getByRole('heading', { level: 1, name: PEOPLE.noor.name }).waitFor();
    await page.getByRole('button', { name: 'Erase this person …' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Reason').fill('asked by letter');
    await dialog.getByRole('button', { name: 'Count the events' }).click();
    await dialog.getByLabel(/To confirm, type/).fill(PEOPLE.noor.name);
    await dialog.getByRole('button', { name: 'Erase permanently' }).click();
    await page.getByText('The erasure is complete.').waitFor();
    await page.getByRole('button', { name: 'Save the certificate' }).waitFor();

    await page.reload();
    await page.getByText('This person was erased from the log.').waitFor();
    await shown(page.getByText(PEOPLE.noor.name)).toHaveCount(0);
    await shown(page.getByText(PEOPLE.noor.ip)).toHaveCount(0);
    expect(await accessibilityFaults(page)).toEqual([]);

    await page.goto(scene.buildUrl(`#/event/${String(placed?.id)}`));
    await page.getByText('Personal parts of this event were erased.').waitFor();
    await page.locator('[data-check=leaf][data-state=proven]').waitFor();
    await page.locator('[data-check=personal][data-state=open]').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    // The order is ascending, since the page draws only the rows in sight.
    await page.goto(scene.buildUrl(`${search('since:-1h -category:audit_access')}&order=asc`));
    await page.locator('.gap-row.is-erased').first().waitFor();
  });
});
