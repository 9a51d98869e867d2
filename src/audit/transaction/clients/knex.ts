import { readFieldSafely } from '../../event/read-safely.js';
import { hasMethod, rowsIn, type TransactionClient } from './client-transaction.js';

interface KnexTransaction {
  raw(sql: string, bindings: readonly unknown[]): Promise<unknown>;
  isCompleted(): boolean;
  readonly client: { readonly config: object };
}

/** Knex 3. Its parameters are question marks, in the order of the values. */
export const KNEX: TransactionClient = {
  name: 'Knex',
  passes: 'the trx of knex.transaction()',
  find(given) {
    if (typeof given !== 'function' || !hasMethod(given, 'raw')) return undefined;
    if (readFieldSafely(given, 'isTransaction') !== true) return 'idle';
    const transaction = given as unknown as KnexTransaction; // a transaction of Knex, which is a function with fields
    if (transaction.isCompleted()) return 'idle';
    const run = async (text: string, values: readonly unknown[]) =>
      rowsIn(await transaction.raw(text.replaceAll('?', String.raw`\?`).replace(/\$\d+/g, '?'), values));
    return { run, home: transaction.client.config };
  },
};
