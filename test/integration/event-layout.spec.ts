import { describe, expect, it } from '@jest/globals';
import { EVENT_FIELDS } from '../../src/modules/monitoring/sealing/event-layout.js';
import { EVENT_COLUMNS } from '../../src/modules/monitoring/store/event-columns.js';
import { MARKED_COLUMNS } from '../../src/modules/monitoring/store/personal-columns.js';
import { runSql } from '../support/sql.js';
import { createTestDatabase } from '../support/test-database.js';

describe('the layout of an event', () => {
  it('has the columns of the migrated table, each of its type', async () => {
    const database = await createTestDatabase();
    try {
      const columns = await runSql(
        database.url,
        `SELECT attname AS name, format_type(atttypid, NULL) AS type, attnotnull AS required
           FROM pg_attribute WHERE attrelid = 'audit_event'::regclass AND attnum > 0 AND NOT attisdropped`,
      );
      expect(columns.map(({ name }) => name).toSorted()).toEqual(EVENT_COLUMNS.map(({ name }) => name).toSorted());
      for (const { column, kind, required = kind === 'flag' } of EVENT_FIELDS) {
        expect(columns).toContainEqual({ name: column, type: TYPES[kind], required });
      }
    } finally {
      await database.drop();
    }
  });

  it('has each pointer, column and bit once', () => {
    for (const given of [EVENT_FIELDS.map(({ pointer }) => pointer), EVENT_FIELDS.map(({ column }) => column)]) {
      expect(new Set(given).size).toBe(given.length);
    }
    expect(MARKED_COLUMNS.map(({ bit }) => bit)).toEqual(MARKED_COLUMNS.map((_, nth) => 2 ** nth));
  });
});

const TYPES = {
  uuid: 'uuid',
  time: 'timestamp with time zone',
  text: 'text',
  smallint: 'smallint',
  double: 'double precision',
  flag: 'boolean',
  inet: 'inet',
  json: 'json',
} as const;
