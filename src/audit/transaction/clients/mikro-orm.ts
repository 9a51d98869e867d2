import { hasMethod, type TransactionClient } from './client-transaction.js';
import { KNEX } from './knex.js';
import { KYSELY } from './kysely.js';

interface MikroOrmManager {
  getTransactionContext(): unknown;
}

/** MikroORM 7, whose transactions are Kysely's, and 6, whose transactions are Knex's. */
export const MIKRO_ORM: TransactionClient = {
  name: 'MikroORM',
  passes: 'the em of em.transactional()',
  find(given) {
    if (!hasMethod(given, 'getTransactionContext') || !hasMethod(given, 'fork')) return undefined;
    const context = (given as MikroOrmManager).getTransactionContext(); // it has the method
    return context === undefined ? 'idle' : (KYSELY.find(context) ?? KNEX.find(context));
  },
};
