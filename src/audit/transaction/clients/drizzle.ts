import { readFieldSafely } from '../../../base/read-safely.js';
import { hasMethod, type TransactionClient } from './client-transaction.js';
import { PG } from './pg.js';

/** Drizzle 0.36 to 0.45, with `drizzle-orm/node-postgres`. Only a transaction has `rollback()`. */
export const DRIZZLE: TransactionClient = {
  name: 'Drizzle',
  passes: 'the tx of db.transaction()',
  find(given) {
    const session = readFieldSafely(given, 'session') ?? readFieldSafely(readFieldSafely(given, '_'), 'session');
    const dialect = readFieldSafely(session, 'dialect');
    if (typeof dialect !== 'object' || dialect === null || !hasMethod(given, 'transaction')) return undefined;
    const found = PG.find(readFieldSafely(session, 'client'));
    if (found === 'idle' || !hasMethod(given, 'rollback')) return 'idle';
    return found && { ...found, home: dialect };
  },
};
