import { expect, it } from '@jest/globals';
import { useSqlScene } from '../../support/sql-scene.js';

const { addEventsAt, failure, one, storedIds } = useSqlScene();

const make = (moment: string) => one('SELECT audit_event_make_partition($1)', [moment]);

it('audit_event_make_partition makes it append-only, and no right of anybody else', async () => {
  await make('2031-05-01Z');
  const [id] = await addEventsAt('2031-05-10T12:00:00.000Z', 1);
  for (const change of ['DELETE FROM', 'TRUNCATE', `UPDATE`]) {
    const set = change === 'UPDATE' ? ` SET reason = 'x'` : '';
    expect(await failure(`${change} audit_event_2031_05${set}`)).toMatch(/^42501: .*append-only/);
  }
  expect(await storedIds()).toEqual([id]);
  for (const role of ['reader', 'writer', 'sequencer', 'keeper']) {
    const privileges = 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE';
    expect(await one(`SELECT has_table_privilege(audit_role($1), 'audit_event_2031_05', $2)`, [role, privileges])).toBe(
      false,
    );
  }
});
