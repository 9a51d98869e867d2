import { afterEach, expect, it } from '@jest/globals';
import { kept } from '../../support/kept.js';
import { accessibilityFaults } from '../../support/browser.js';
import { ViewerScene } from '../../support/viewer-scene.js';

const scene = await kept(ViewerScene.open());
await scene.untilSealed();

afterEach(() => scene.browser.closePages());

it('the menu of saved views saves, renames, opens and deletes a view by the keyboard alone', async () => {
  const page = await scene.visitAs('#/search?q=outcome%3Adenied&order=asc');
  await page.getByRole('button', { name: 'Oldest first' }).waitFor();
  await page.locator('.results-count').getByText(/event/).waitFor();
  await page.evaluate('document.activeElement?.blur()');
  await page.keyboard.press('v');
  const menu = page.getByRole('dialog', { name: 'Views' });
  await menu.getByText('No saved views yet.').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await menu.getByLabel('Save this query as').focus();
  await page.keyboard.type('Denied');
  await page.keyboard.press('Enter');
  await menu.getByRole('button', { name: 'Denied', exact: true }).waitFor();

  await menu.getByRole('button', { name: 'Change the view Denied' }).focus();
  await page.keyboard.press('Enter');
  await menu.getByLabel('New name').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.keyboard.press('Control+A');
  await page.keyboard.type('Refused');
  await menu.getByLabel('Share it with readers of the same access').focus();
  await page.keyboard.press('Space');
  await menu.getByRole('button', { name: 'Save' }).focus();
  await page.keyboard.press('Enter');
  await menu.getByRole('button', { name: 'Refused shared' }).waitFor();

  await page.goto(scene.addressOf('#/search?q=type%3Auser_*'));
  await page.getByRole('button', { name: 'Newest first' }).waitFor();
  await page.evaluate('document.activeElement?.blur()');
  await page.keyboard.press('v');
  await menu.getByRole('button', { name: 'Refused shared' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Oldest first' }).waitFor();
  expect(decodeURIComponent(page.url())).toContain('q=outcome:denied');

  await page.getByRole('button', { name: 'Views' }).click();
  await menu.getByRole('button', { name: 'Delete the view Refused' }).click();
  await menu.getByText('No saved views yet.').waitFor();
});
