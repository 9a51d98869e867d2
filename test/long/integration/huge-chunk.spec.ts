import { expect, it } from '@jest/globals';
import { captureTables, startRowChanges } from '../../support/row-changes-scene.js';
import { eventually, testDatabase, kept } from '../../support/index.js';

const database = await testDatabase();
await database.sql('CREATE TABLE rate (id int PRIMARY KEY)');
await captureTables(database.url, { 'public.rate': {} });
await database.sql(`INSERT INTO audit_row_change (operation, source, origin, statement_rows, changes, lines)
   VALUES ('INSERT', '{"schema": "public", "table": "rate"}', '{}', 1, 1, repeat('x', 540000000))`);
await database.sql('INSERT INTO rate VALUES (7)');
const scene = await kept(startRowChanges(database));

it('a chunk that is longer than any text of JavaScript is parked and named, and holds nothing up', async () => {
  await eventually(async () => {
    const [row] = await database.sql('SELECT count(*)::int AS waiting FROM audit_row_change');
    return row?.waiting === 0 || scene.drainError() !== undefined;
  });
  expect(scene.drainError()).toBeUndefined();
  expect((await scene.events('rate')).map(({ resource }) => resource?.id)).toEqual(['7']);
  const parked = await database.sql('SELECT source, error FROM audit_row_change_parked');
  expect(parked).toEqual([{ source: { schema: 'public', table: 'rate' }, error: expect.stringContaining('540 MB') }]);
});
