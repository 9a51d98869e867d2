import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { closeAfterTests } from '../../support/close-after-tests.js';
import { openShop, ATTACKER_IP, PASSWORD, PEOPLE, playDay } from '../../support/demonstration.js';
import { ADMIN } from '../../support/reference-app.js';

const FOLDER = '.data/screenshots';
const SIZES = { 1280: 800, 390: 844 } as const;

await mkdir(FOLDER, { recursive: true });
const scene = await closeAfterTests(openShop());
const played = await playDay(scene);
const [event] = await scene.admin.events(`type=product_updated&resourceId=${played.product}`);
const cancelled = event?.id ?? '';
afterEach(() => scene.browser.closePages());

const search = (q: string) => `#/search?${new URLSearchParams({ q }).toString()}`;

async function settled(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle');
  await page
    .locator('.skeleton, .counts-waiting, .is-loading, .is-stale, [aria-busy=true]')
    .first()
    .waitFor({ state: 'detached' });
}

interface Shown {
  readonly name: string;
  readonly route: () => string;
  readonly ready: string;
  readonly as?: { readonly email: string; readonly password: string };
  readonly act?: (page: Page) => Promise<unknown>;
}

const STATES: readonly Shown[] = [
  { name: 'search', route: () => search('since:-14d -category:audit_access'), ready: '.event-row' },
  {
    name: 'attack',
    route: () => search(`ip:${ATTACKER_IP} since:-1d`),
    ready: '.event-row',
    act: (page) => page.locator('.row-link').first().focus(),
  },
  { name: 'empty', route: () => search('actor:nobody since:-1d'), ready: '.state-panel' },
  {
    name: 'completion',
    route: () => search('since:-14d'),
    ready: '.event-row',
    act: async (page) => {
      await page.keyboard.press('/');
      await page.keyboard.type('outcome:d');
      await page.locator('[role=option]').first().waitFor(); // not those of the select of zones
    },
  },
  {
    name: 'help',
    route: () => search('since:-1d'),
    ready: '.event-row',
    act: async (page) => {
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'event',
    route: () => `#/event/${cancelled}`,
    ready: '[data-check=consistency]',
    act: (page) => page.locator('.changes tr').first().waitFor(),
  },
  { name: 'record', route: () => `#/record/product/${played.product}`, ready: '.record-fields tr' },
  { name: 'person', route: () => `#/person/${played.people.grace.id}`, ready: '.event-line' },
  {
    name: 'erase',
    route: () => `#/person/${played.people.noor.id}`,
    ready: '.event-line',
    act: async (page) => {
      await page.locator('.is-danger').click();
      await page.locator('.erase-dialog input').fill('asked by letter');
      await page.locator('.erase-dialog [type=submit]').click();
      await page.locator('.erase-dialog [autocomplete=off]').waitFor();
    },
  },
  { name: 'day', route: () => '#/day', ready: '.page h1' },
  { name: 'alerts', route: () => '#/alerts', ready: '.page h1' },
  { name: 'state', route: () => '#/state', ready: '.state-card' },
  {
    name: 'denied',
    route: () => '#/state',
    ready: '.state-panel, .state-card',
    as: { email: PEOPLE.ada.email, password: PASSWORD },
  },
];

const LOOKS = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
} as const;

describe.each(['light', 'dark'] as const)('%s', (poll) => {
  describe.each([1280, 390] as const)('%i pixels', (width) => {
    const options = { ...LOOKS[poll], viewport: { width, height: SIZES[width] }, timezoneId: 'Europe/Rome' };
    const save = (page: Page, name: string, isComplete = false) =>
      page.screenshot({ path: join(FOLDER, `${name}-${width}-${poll}.png`), fullPage: isComplete });

    it('the log-in', async () => {
      const page = await scene.visit('', options);
      await page.getByRole('dialog').waitFor();
      await save(page, 'log-in');
    });

    it.each(STATES)('$name', async ({ name, route, ready, as = ADMIN, act }) => {
      const page = await scene.visitAs(route(), as, options);
      await page.locator(ready).first().waitFor();
      await act?.(page);
      await page.mouse.move(0, 0);
      await settled(page);
      const isLong = !['search', 'attack', 'completion', 'help', 'erase'].includes(name);
      await save(page, name, isLong);
    });
  });
});

it.each(STATES.filter(({ name }) => ['search', 'attack', 'event', 'record'].includes(name)))(
  'documentation $name',
  async ({ name, route, ready, act }) => {
    const colorScheme = name === 'attack' ? 'dark' : 'light';
    const page = await scene.visitAs(route(), ADMIN, { colorScheme, timezoneId: 'Europe/Rome' });
    await page.locator(ready).first().waitFor();
    await act?.(page);
    await page.mouse.move(0, 0);
    await settled(page);
    await page.screenshot({ path: `docs/images/viewer-${name}.jpg`, type: 'jpeg', quality: 72 });
  },
);
