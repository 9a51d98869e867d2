import { runSql } from './sql.js';

/** Whether the server of TEST_POSTGRES_URL takes no prepared transactions. In CI it must: what needs them fails there instead. */
export async function arePreparedTransactionsOff(): Promise<boolean> {
  const [setting] = await runSql(String(process.env.TEST_PG_SUPERUSER_URL), 'SHOW max_prepared_transactions');
  const isOff = setting?.max_prepared_transactions === '0' && process.env.CI === undefined;
  if (isOff) process.stderr.write('Left out: the server of TEST_POSTGRES_URL has max_prepared_transactions = 0.\n');
  return isOff;
}
