import { expect, it } from '@jest/globals';
import { AuditContext } from '../../src/audit/index.js';
import { runChecks } from '../../src/monitoring/store/check.js';
import { CAPTURE_CHECKS } from '../../src/rooms/row-changes/capture-checks.js';
import { openContextScene } from '../support/context-scene.js';
import { kept } from '../support/kept.js';
import { captureTables, startRowChanges } from '../support/row-changes-scene.js';

const { database, pg } = await openContextScene();
await captureTables(database.url, { 'public.thing': {} });
const scene = await kept(startRowChanges(database, { tables: { 'public.thing': {} } }));
const client = await kept(new pg.Client({ connectionString: database.url }));
await client.connect();

async function contexts(): Promise<unknown> {
  await scene.events();
  const auditor = { rows: (text: string, values: readonly unknown[] = []) => database.sql(text, [...values]) };
  const options = { tables: { 'public.thing': {} }, lateAfterSeconds: 60 };
  const checks = await runChecks(CAPTURE_CHECKS, { auditor, capture: { options } });
  return checks.find(({ name }) => name === 'contexts');
}

it('the doctor says whether the contexts of row changes arrive', async () => {
  await AuditContext.run({ actor: { type: 'user', id: 'alice' } }, () => client.query(`INSERT INTO thing VALUES (1)`));
  expect(await contexts()).toMatchObject({ status: 'ok', says: expect.stringContaining('The last 1 row changes') });
  await database.sql(`INSERT INTO thing VALUES (2)`); // by a pool that is not audited
  expect(await contexts()).toMatchObject({
    status: 'warning',
    says: expect.stringContaining('1 of the last 2 row changes by the application had no context'),
  });
});
