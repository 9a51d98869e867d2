import { expect, it } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { factsOfRow, LEDGER_COLUMNS } from '../../../src/monitoring/store/ledger-row.js';
import { factNames } from '../../../src/monitoring/keep/lifecycle/erasure/remains.js';
import { ACCEPTED, useSqlScene } from '../../support/sql-scene.js';

const { addEventsAt, query, rows } = useSqlScene();

const namesOf = async (ids: readonly unknown[]) => {
  const found = await rows('SELECT * FROM audit_fact_names($1)', [ids]);
  return Object.fromEntries(found.map(({ name, events }) => [String(name), Number(events)]));
};

it('audit_fact_names names the fields that are facts, as they are named of archived events, and never those that are personal', async () => {
  const [one] = await addEventsAt(ACCEPTED, 1, {
    actor: { type: 'user', id: 'ada@example.com', name: 'Ada', onBehalfOf: { type: 'user', id: 'u-2' } },
    reason: 'moved to Paris',
    details: { attempts: 3, note: 'by Ada', nested: { total: 1 } },
    changes: { before: { total: 1 }, after: { total: 2 }, diff: [{ path: '/total', from: 1, to: 2 }] },
    error: { name: 'TypeError', code: 'ECONNREFUSED', message: 'Ada is gone' },
  });
  const [other] = await addEventsAt(ACCEPTED, 1, { actor: { type: 'user', id: 'u-1' } });
  const [row = {}] = await rows(`SELECT ${LEDGER_COLUMNS} FROM audit_event WHERE id = $1`, [one]);
  const expected = [...factNames(factsOfRow(row)), '/personal'].toSorted();
  const names = Object.keys(await namesOf([one])).toSorted();
  expect(names).toEqual(expected);
  expect(names).toEqual(expect.arrayContaining(['/details/attempts', '/changes/diff', '/error/code', '/tenantId']));
  expect(names.filter((name) => /note|message|reason|userAgent|\/ip|\/actor\/(id|name)/.test(name))).toEqual([]);

  await query('SELECT audit_erase($1)', [[one]]);
  expect(Object.keys(await namesOf([one])).toSorted()).toEqual(names);
  expect(await namesOf([one, other])).toMatchObject({ '/id': 2, '/actor/id': 1, '/details/attempts': 1 });
});

const exportsWith = async (most = 10) => {
  const found = await rows('SELECT * FROM audit_exports_with($1, $2)', [[6, 7], most]);
  return found.map((row) => [row.export_id, row.is_certain]);
};
const told = async (outcome: 'attempted' | 'success' | 'partial' | 'failure', id: string, details: object) => {
  const resource = { type: 'audit_export', id };
  const [event] = await addEventsAt(ACCEPTED, 1, { outcome, resource, details: { ...details } });
  return event;
};
const place = (eventId: unknown, index: number) =>
  query('INSERT INTO audit_leaf VALUES ($1, $2, $3)', [index, eventId, Buffer.alloc(32)]);

it('audit_exports_with finds the exports whose places have an erased event, and those that never said how they ended', async () => {
  const [erased] = await addEventsAt(ACCEPTED, 1, { actor: { type: 'user', id: 'u-1' } });
  await place(erased, 5);
  const ids = Array.from({ length: 7 }, () => uuidv7());
  const [whole = '', part = '', before = '', cut = '', open = '', failed = '', odd = ''] = ids;
  await told('attempted', whole, {});
  await told('success', whole, { firstIndex: 5, lastIndex: 6, shown: 2 });
  await told('success', part, { firstIndex: 0, lastIndex: 9, shown: 3 });
  await told('success', before, { firstIndex: 0, lastIndex: 4, shown: 5 });
  await told('partial', cut, { firstIndex: 5, lastIndex: 5, shown: 1 });
  await place(await told('attempted', open, {}), 7);
  await place(await told('attempted', failed, {}), 8);
  await told('failure', failed, {});
  await told('success', odd, { firstIndex: 'x', lastIndex: 'y', shown: 'z' });
  expect(await exportsWith()).toEqual([]); // nothing was erased yet

  await query('INSERT INTO audit_erased (event_id, act) VALUES ($1, 7)', [erased]);
  expect(await exportsWith()).toEqual([
    [open, false],
    [cut, true],
    [part, false],
    [whole, true],
  ]);
  expect(await exportsWith(1)).toEqual([[open, false]]);
});
