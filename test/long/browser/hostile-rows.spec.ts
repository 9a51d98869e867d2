import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { kept } from '../../support/index.js';
import { FORGED, RowForger } from '../../support/row-forger.js';
import { settled } from '../../support/settled.js';
import { ViewerScene } from '../../support/viewer-scene.js';

const scene = await kept(ViewerScene.open());
const forger = await kept(RowForger.open(scene.database));

it('the viewer shows each hostile event, and each row that somebody inserted past the sealer', async () => {
  const rows: Awaited<ReturnType<RowForger['finish']>>[] = [];
  for (const each of fc.sample(FORGED, 40)) rows.push(await forger.finish(each));
  for (const row of rows) await forger.insert(row);
  await settled(scene.database);
  const page = await scene.visitAs('#/search');
  await page.locator('.event-row').first().waitFor();
  for (const { id } of rows) {
    const answered = page.waitForResponse((response) => response.url().includes(`/audit/events/${id}?`));
    await page.goto(scene.addressOf(`#/event/${id}`));
    await answered;
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(scene.browser.faultsOf(page)).toEqual([]);
  }
});
