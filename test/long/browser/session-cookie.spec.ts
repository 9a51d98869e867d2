import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from '@jest/globals';
import { eventually } from '../../support/index.js';
import { kept } from '../../support/kept.js';
import { shown } from '../../support/shown.js';
import { ViewerScene } from '../../support/viewer-scene.js';

const scene = await kept(ViewerScene.open());
const elsewhere = createServer((_request, response) => response.end('<!doctype html><title>Elsewhere</title>'));
await kept(elsewhere);
await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
const foreign = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`; // of the same site, so the browser sends the cookie

afterEach(() => scene.browser.closePages());

it('a reload keeps the session in a cookie that no script reads, and the sign-out ends the session', async () => {
  const page = await scene.visitAs('#/state');
  await page.reload();
  await page.locator('.state-card').first().waitFor();
  await shown(page.getByRole('dialog')).toHaveCount(0);
  await shown.poll(() => page.evaluate('document.cookie')).toBe('');
  const [cookie] = await page.context().cookies(scene.addressOf());
  expect(cookie).toMatchObject({ path: '/audit', httpOnly: true, sameSite: 'Strict' });

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('dialog', { name: 'Sign in to the audit log' }).waitFor();
  expect(await page.context().cookies(scene.addressOf())).toEqual([]);
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
  await forge('/audit/suppressions');
  const [refused] = await eventually(async () => {
    const events = (await scene.admin.events('outcome=denied')).filter(({ reason }) => reason === 'other_origin');
    return events.length === 2 && events;
  });
  expect(refused).toMatchObject({ outcome: 'denied', actor: { type: 'anonymous' } });
  await page.reload();
  await page.locator('.state-card').first().waitFor();
  scene.browser.forgetFaults(page); // the console names the refused requests
});
