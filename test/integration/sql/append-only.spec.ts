import { describe, expect, it } from '@jest/globals';
import { ACCEPTED, useSqlScene } from '../../support/sql-scene.js';

const { addEventsAt, failure, query, personalColumnsOf, rows, seal } = useSqlScene();

describe('audit_event_refuse_change', () => {
  it('refuses to change any column but the personal ones, also to who says that it is an erasure', async () => {
    const [id] = await addEventsAt(ACCEPTED, 1);
    const columns = await rows(`
      SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
       WHERE attrelid = 'audit_event'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`);
    const personal = await personalColumnsOf(id);
    expect(columns.map(({ name }) => name)).toEqual(expect.arrayContaining([...personal]));
    await query(`SET LOCAL audit.act = 'erase'`);
    const erase = personal.map((name) => `${name} = NULL`).join(', ');
    expect(await failure(`UPDATE audit_event SET ${erase}`)).toBe('it did not fail');
    for (const { name, type } of columns) {
      if (personal.includes(String(name))) continue;
      const other = OTHER_VALUES[String(type)] ?? `fail: a value of ${String(type)}`;
      const alone = `UPDATE audit_event SET "${String(name)}" = ${other}`;
      expect(`${String(name)} ${await failure(alone)}`).toContain(`${String(name)} 42501: `);
      expect(`${String(name)} ${await failure(`${alone}, ${erase}`)}`).toContain(`${String(name)} 42501: `);
    }
    for (const name of personal) {
      const type = columns.find((column) => column.name === name)?.type;
      const put = `UPDATE audit_event SET "${name}" = ${OTHER_VALUES[String(type)] ?? 'fail'}`;
      expect(await failure(put)).toContain('42501: ');
    }
  });
});

/** A value that no sample event has, by the type of the column. */
const OTHER_VALUES: Readonly<Record<string, string>> = {
  uuid: `'01900000-0000-7000-8000-000000000000'`,
  smallint: '7',
  'timestamp with time zone': `'2001-01-01Z'`,
  text: `'admin'`,
  json: `'{"forged": 1}'`,
  inet: `'192.0.2.1'`,
  'double precision': '7.5',
  boolean: 'true',
  bytea: `decode(repeat('ab', 16), 'hex')`,
};

it('audit_log_refuse_change refuses every change to leaves, checkpoints, cosignatures, signing keys and acts', async () => {
  await addEventsAt(ACCEPTED, 1);
  await seal();
  const columns: Partial<Record<string, string>> = {
    audit_signing_key: 'verifier_key',
    audit_leaf: 'index',
    audit_act: 'event_id',
  };
  for (const table of ['audit_leaf', 'audit_checkpoint', 'audit_cosignature', 'audit_signing_key', 'audit_act']) {
    const column = columns[table] ?? 'size';
    for (const change of [`DELETE FROM ${table}`, `TRUNCATE ${table}`, `UPDATE ${table} SET ${column} = ${column}`]) {
      expect(await failure(change)).toMatch(new RegExp(`^42501: Cannot \\w+ the table ${table}: it is append-only`));
    }
  }
});
