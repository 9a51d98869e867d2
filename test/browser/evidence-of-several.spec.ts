import { afterEach, expect, it } from '@jest/globals';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { kept } from '../support/kept.js';
import { ApiClient } from '../support/api-client.js';
import { accessibilityFaults } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { ViewerScene } from '../support/viewer-scene.js';
import { shown } from '../support/shown.js';

const PASSWORD = 'a long secret phrase';
const QUERY = 'type:user_registered';

const scene = await kept(ViewerScene.open());
for (const name of ['ada', 'ben', 'cy']) {
  const account = { email: `${name}@example.com`, password: PASSWORD, name };
  await new ApiClient(scene.application.url).send('POST', '/auth/register', account);
}
await eventually(async () => {
  const found = await scene.admin.events('type=user_registered');
  return found.length >= 3 && found.every((event) => 'index' in event);
});

afterEach(() => scene.browser.closePages());

it('evidence of the current view is one file that proves every event of it without a network, and says that it has salts', async () => {
  const count = (await scene.admin.events('type=user_registered')).length;
  const page = await scene.visitAs(`#/search?q=${encodeURIComponent(QUERY)}`);
  await page.locator('.event-row').first().waitFor();
  await page.getByRole('button', { name: 'Export' }).first().click();
  const waiting = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save evidence' }).click();
  const file = join(await mkdtemp(join(tmpdir(), 'evidence-')), 'evidence.html');
  await (await waiting).saveAs(file);
  await page.getByText(`Saved, with ${count} sealed events`).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);

  const offline = await scene.browser.newPage({ offline: true });
  await offline.goto(pathToFileURL(file).href);
  await offline.locator('[data-verdict=open]').waitFor(); // the expert has not pasted the key
  await shown(offline.locator('h2')).toHaveCount(count);
  await shown(offline.locator('[data-check=leaf][data-state=proven]')).toHaveCount(count);
  await shown(offline.locator('[data-check=personal][data-state=proven]')).toHaveCount(count);
  await offline.getByText('Treat it as personal data').waitFor();

  const { items } = await scene.admin
    .send<{ items: readonly { details: object }[] }>(
      'GET',
      '/audit/events?type=audit_log_viewed&limit=200&details.salt=true',
    )
    .then(({ body }) => body);
  expect(items.length).toBeGreaterThanOrEqual(count);
});
