import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { accessibilityFaults } from '../support/browser.js';
import { logInOn, ViewerScene } from '../support/viewer-scene.js';
import { ADMIN } from '../support/reference-app.js';

let scene: ViewerScene;

beforeAll(async () => {
  scene = await ViewerScene.open();
});
afterEach(() => scene.browser.closePages());
afterAll(() => scene.close());

describe('the log-in of the viewer', () => {
  it('lets an administrator in, and keeps the token in memory only', async () => {
    const page = await scene.visit();
    await page.getByRole('dialog').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await logInOn(page, ADMIN.email, ADMIN.password);
    await page.locator('main').waitFor();
    expect(
      await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])'),
    ).not.toMatch(/eyJ/);
  });
});
