import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { accessibilityFaults } from '../../support/browser.js';
import { ADMIN } from '../../support/reference-app.js';
import { ViewerScene } from '../../support/viewer-scene.js';

let scene: ViewerScene;

beforeAll(async () => {
  scene = await ViewerScene.open();
  await scene.untilSealed();
});

afterEach(() => scene.browser.closePages());
afterAll(() => scene.close());

describe('the menu of saved views', () => {
  it('saves, renames, opens and deletes a view by the keyboard alone', async () => {
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
    await menu.getByLabel('Share it with those who see what I see').focus();
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

  it('says why a name cannot be used', async () => {
    const page = await scene.visitAs('#/search');
    await page.getByRole('button', { name: 'Views' }).click();
    const menu = page.getByRole('dialog', { name: 'Views' });
    for (const query of ['first', 'second']) {
      await menu.getByLabel('Save this query as').fill('Twice');
      await menu.getByRole('button', { name: 'Save' }).click();
      if (query === 'first') {
        await menu.getByRole('button', { name: 'Twice', exact: true }).waitFor();
        await page.keyboard.press('Escape');
        await page.getByRole('button', { name: 'Newest first' }).click();
        await page.getByRole('button', { name: 'Oldest first' }).waitFor();
        await page.getByRole('button', { name: 'Views' }).click();
      }
    }
    await menu.getByText(/another view of this name/).waitFor();
  });

  it('fits a phone in the dark, in German', async () => {
    const options = { viewport: { width: 390, height: 844 }, colorScheme: 'dark', locale: 'de-DE' } as const;
    const page = await scene.visitAs('#/search', ADMIN, options);
    await page.getByRole('button', { name: 'Ansichten' }).click();
    const menu = page.getByRole('dialog', { name: 'Ansichten' });
    await menu.getByRole('button', { name: 'Ansicht Twice ändern' }).click();
    await menu.getByLabel('Neuer Name').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
  });
});
