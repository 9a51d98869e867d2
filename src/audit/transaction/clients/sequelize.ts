import { readFieldSafely } from '../../../base/read-safely.js';
import { hasMethod, type TransactionClient } from './client-transaction.js';

interface SequelizeTransaction {
  readonly sequelize: { query(sql: string, options: object): Promise<unknown> };
}

/** Sequelize 6: the `Transaction` of `sequelize.transaction()`. */
export const SEQUELIZE: TransactionClient = {
  name: 'Sequelize',
  passes: 'the transaction of sequelize.transaction()',
  find(given) {
    if (hasMethod(given, 'define') && hasMethod(given, 'transaction')) return 'idle';
    const sequelize = readFieldSafely(given, 'sequelize');
    if (!hasMethod(sequelize, 'query') || !hasMethod(given, 'prepareEnvironment')) return undefined;
    if (readFieldSafely(given, 'finished') !== undefined) return 'idle';
    const transaction = given as SequelizeTransaction; // it has the fields
    const run = (text: string, bind: readonly unknown[]) =>
      transaction.sequelize.query(text, { bind, transaction, type: 'SELECT', raw: true, logging: false });
    return { run, home: transaction.sequelize };
  },
};
