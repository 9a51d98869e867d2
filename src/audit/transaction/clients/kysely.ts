import { readFieldSafely } from '../../../base/read-safely.js';
import { hasMethod, getRows, type TransactionClient } from './client-transaction.js';

interface KyselyTransaction {
  executeQuery(query: object): Promise<unknown>;
  getExecutor(): { readonly adapter: object };
}

/** Kysely 0.27 to 0.29: the `trx` of `db.transaction().execute()`, or a controlled transaction. */
export const KYSELY: TransactionClient = {
  name: 'Kysely',
  passes: 'the trx of db.transaction().execute()',
  find(given) {
    if (!hasMethod(given, 'executeQuery') || !hasMethod(given, 'getExecutor')) return undefined;
    if (readFieldSafely(given, 'isTransaction') !== true) return 'idle';
    const transaction = given as KyselyTransaction; // it has the methods
    const run = async (sql: string, parameters: readonly unknown[]) => {
      const query = { kind: 'RawNode', sqlFragments: [sql], parameters: [] };
      return getRows(await transaction.executeQuery({ sql, parameters, query, queryId: { queryId: 'audit' } }));
    };
    return { run, home: transaction.getExecutor().adapter };
  },
};
