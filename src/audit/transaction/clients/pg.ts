import { readFieldSafely } from '../../../base/read-safely.js';
import { hasMethod, getRows, type TransactionClient } from './client-transaction.js';

interface PgClient {
  query(text: string, values: readonly unknown[]): Promise<unknown>;
  /** Since pg 8.20: `I` outside a transaction. */
  getTransactionStatus?(): string | null;
}

/** pg 8: a `Client`, also of a pool, after `BEGIN`. */
export const PG: TransactionClient = {
  name: 'pg',
  passes: 'the client on which you sent BEGIN',
  find(given) {
    if (!hasMethod(given, 'query') || !hasMethod(given, 'connect')) return undefined;
    if (!hasMethod(readFieldSafely(given, 'connection'), 'parse')) return hasMethod(given, 'end') ? 'idle' : undefined;
    const client = given as PgClient; // it has the method, and only the client of pg has such a connection
    if (client.getTransactionStatus?.() === 'I') return 'idle';
    const run = async (text: string, values: readonly unknown[]) => getRows(await client.query(text, values));
    return { run, home: client };
  },
};
