import { describe, expect, it } from '@jest/globals';
import { testDatabase } from '../support/kept.js';

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

const database = await testDatabase();
await database.sql('CREATE TABLE answered AS SELECT generate_series(1, 3)');

describe('the benchmark', () => {
  const check = (answered: number) =>
    checkNothingLost(
      {
        countRows: async (_database, table) => {
          const [row] = await database.sql(`SELECT count(*) FROM ${table}`);
          return Number(row?.count);
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
