import { afterEach, describe, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { kept } from '../support/kept.js';
import { ViewerScene } from '../support/viewer-scene.js';
import { shown } from '../support/shown.js';

const scene = await kept(ViewerScene.open());
await scene.admin.send('GET', '/auth/me');
afterEach(() => scene.browser.closePages());

const at = (query: string): Promise<Page> => scene.visitAs(`#/search?q=${encodeURIComponent(query)}`);

describe('a query that finds nothing', () => {
  it('with a mistake lists nothing, and says what is wrong', async () => {
    const page = await at('outcome:dneied');
    await page.getByRole('alert').getByText('is not one of').waitFor();
    await shown(page.locator('.row, .results-count strong')).toHaveCount(0);
  });

  it('with a time in words names them and what to write instead, and is empty once it is cleared', async () => {
    const page = await at('');
    const input = page.getByRole('combobox', { name: 'Query' });
    await input.fill('who:admin last 2 days');
    await input.press('Enter');
    await page.getByRole('alert').getByText('is not understood').waitFor();
    await page.getByRole('button', { name: 'since:2d' }).click();
    await input.press('Enter');
    await page.waitForURL(/who(:|%3A)admin(\+|%20)since(:|%3A)2d/);
    await page.getByRole('button', { name: 'Clear' }).first().click();
    await shown(input).toHaveValue('');
    await page.getByText('without events about this log').waitFor();
  });

  it('by a name that no event has is answered with the nearest', async () => {
    const page = await at('type:user_logni_failed since:yesterday');
    await page.getByText('no event has ever had this type; did you mean user_login_failed?').waitFor();
    await page.getByRole('button', { name: 'user_login_failed', exact: true }).click();
    await page.waitForURL(/type(:|%3A)user_login_failed/);
  });

  it('by words says where it looked, and offers who is called so', async () => {
    const page = await at('admin zzzz since:-7d');
    await page.getByText('The search covers').waitFor();
    await page.getByText('zzzz: no event in this range of time has this word').waitFor();
    await page.getByRole('button', { name: /^Actor Administrator: \d+ event/ }).click({ timeout: 15_000 });
    await page.waitForURL(/actor(:|%3A)/);
    await page.locator('.results-count strong', { hasText: /^[1-9]\d* events?$/ }).waitFor();
  });
});

it('what is too much to count is listed, and never called none', async () => {
  const page = await scene.visitAs('#/state');
  await page.route('**/stats/overview?*', async (route) => {
    const answer = (await (await route.fetch()).json()) as object;
    await route.fulfill({ json: { ...answer, total: 0, estimate: { sampled: 0, share: 0, margin: 0 } } });
  });
  await page.goto(scene.addressOf('#/search?q=since%3A-7d'));
  await page.getByText('Too many to count in time').first().waitFor(); // also beside a list that is still loading
  await page.locator('.results-count strong', { hasText: /^(≥ )?[1-9]\d* events?$/ }).waitFor();
});
