import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

// The script is JavaScript, of this shape.
const { checkNothingLost } = (await import(
  new URL('../../bench/parts/check-nothing-lost.mjs', import.meta.url).href
)) as {
  checkNothingLost: (
    cluster: { countRows: (database: string, table: string) => Promise<number> },
    contender: { name: string; database: string; answered: number },
    table: string,
    patienceMs: number,
  ) => Promise<void>;
};

describe('the benchmark', () => {
  let database: TestDatabase;
  let client: pg.Client;

  beforeEach(async () => {
    database = await createTestDatabase();
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query('CREATE TABLE answered AS SELECT generate_series(1, 3)');
  });

  afterEach(async () => {
    await client.end();
    await database.drop();
  });

  const check = (answered: number) =>
    checkNothingLost(
      {
        countRows: async (_database, table) => {
          const { rows } = await client.query<{ count: string }>(`SELECT count(*) FROM ${table}`);
          return Number(rows[0]?.count);
        },
      },
      { name: 'durable', database: 'any', answered },
      'answered',
      0,
    );

  it('passes a contender with one row for each answered request', async () => {
    await expect(check(3)).resolves.toBeUndefined();
  });

  it.each([4, 2])('fails one that answered %i requests and has 3 rows', async (answered) => {
    await expect(check(answered)).rejects.toThrow(
      `The contender durable answered ${answered} requests, and answered has 3 rows.`,
    );
  });
});
