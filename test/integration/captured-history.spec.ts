import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuditHistory, AuditQuery } from '../../src/modules/monitoring/index.js';
import { captureTables, startRowChanges, type RowChangesScene } from '../support/row-changes-scene.js';
import { runSql } from '../support/sql.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const ALL = { scope: 'all' } as const;

describe('the history of a captured row', () => {
  let database: TestDatabase;
  let scene: RowChangesScene;
  let history: AuditHistory;

  beforeAll(async () => {
    database = await createTestDatabase();
    scene = await startRowChanges(database, { bulkRows: 3 });
    history = scene.app.get(AuditHistory);
  });
  afterAll(async () => {
    await scene.close();
    await database.drop();
  });

  const run = (statement: string) => runSql(database.url, statement);

  it('goes from its insert to its delete, over a key of two columns that changes', async () => {
    await run(
      `CREATE TABLE seat (row_no int, aisle text, price numeric(8,2), pin text, card text, PRIMARY KEY (row_no, aisle))`,
    );
    await captureTables(database.url, { 'public.seat': { redact: ['pin'], digest: ['card'], facts: ['aisle'] } });
    await run(`INSERT INTO seat VALUES (1, 'a,b', 10, '1234', '4111')`);
    await run('UPDATE seat SET price = 12.50');
    await run(`UPDATE seat SET row_no = 2, pin = '9999'`);
    const [, , rekeyed] = await scene.events();
    const moved = new Date(String(rekeyed?.occurredAt));
    const former = { type: 'seat', id: String.raw`1,a\,b` };
    const resource = { type: 'seat', id: String.raw`2,a\,b` };

    expect(await history.state(ALL, resource)).toMatchObject({
      exists: true,
      values: { row_no: 2, aisle: 'a,b', price: '12.50' },
      unknown: [
        { why: 'redacted', fields: ['pin'] },
        { why: 'digested', fields: ['card'] },
      ],
    });
    expect(await history.state(ALL, former)).toMatchObject({ exists: false, movedTo: resource });
    const before = new Date(moved.getTime() - 1);
    expect(await history.state(ALL, former, before)).toMatchObject({ exists: true, values: { price: '12.50' } });
    const { fields } = await history.blame(ALL, resource);
    expect(fields.map(({ field, event }) => [field, event?.id])).toEqual(
      await scene.events().then(([inserted, updated]) => [
        ['aisle', inserted?.id],
        ['card', inserted?.id],
        ['pin', rekeyed?.id],
        ['price', updated?.id],
        ['row_no', rekeyed?.id],
      ]),
    );
    expect((await scene.app.get(AuditQuery).history(ALL, resource)).items).toHaveLength(3);

    await run('DELETE FROM seat');
    await scene.events();
    expect(await history.state(ALL, resource)).toMatchObject({ exists: false, event: { type: 'row_deleted' } });
  });

  it('says where the images of a bulk change are gone, which stand apart', async () => {
    await run('CREATE TABLE bin (id int PRIMARY KEY, size int)');
    await captureTables(database.url, { 'public.bin': {} });
    await run('INSERT INTO bin VALUES (1, 1)');
    await run('INSERT INTO bin SELECT n, n FROM generate_series(2, 6) n');
    await run('UPDATE bin SET size = size + 1');
    await scene.events();
    expect(await history.state(ALL, { type: 'bin', id: '1' })).toMatchObject({
      values: { id: 1, size: 2 },
      unknown: [],
    });
    await runSql(database.superuserUrl, 'DELETE FROM audit_row_image');
    expect(await history.state(ALL, { type: 'bin', id: '1' })).toMatchObject({
      exists: true,
      values: null,
      unknown: [{ why: 'images_apart' }],
    });
    await run('UPDATE bin SET size = 9 WHERE id = 1');
    await scene.events();
    const { fields, unknown } = await history.blame(ALL, { type: 'bin', id: '1' });
    expect(fields.map(({ field, event }) => [field, event?.type])).toEqual([
      ['id', undefined],
      ['size', 'row_updated'],
    ]);
    expect(unknown).toEqual([{ why: 'images_apart', fields: ['id'] }]);
  });
});
