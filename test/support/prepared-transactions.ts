import { runSql } from './sql.js';

/** CI must have prepared transactions: there, tests that need them fail instead of being skipped. */
export async function arePreparedTransactionsOff(): Promise<boolean> {
  const [setting] = await runSql(String(process.env.TEST_PG_SUPERUSER_URL), 'SHOW max_prepared_transactions');
  const isOff = setting?.max_prepared_transactions === '0' && process.env.CI === undefined;
  if (isOff) process.stderr.write('Left out: the server of TEST_POSTGRES_URL has max_prepared_transactions = 0.\n');
  return isOff;
}
