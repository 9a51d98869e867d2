import { getRows, type TransactionClient } from './client-transaction.js';

interface KnexTransaction {
  readonly isTransaction: boolean;
  raw(sql: string, bindings: readonly unknown[]): Promise<unknown>;
  isCompleted(): boolean;
  readonly client: { readonly config: object };
}

/** Knex 3. Its parameters are question marks, in the order of the values. */
export const KNEX: TransactionClient = {
  name: 'Knex',
  passes: 'the trx of knex.transaction()',
  find(given) {
    if (typeof given !== 'function') return undefined;
    const transaction = given as Partial<KnexTransaction>; // a transaction of Knex is a function with fields
    if (typeof transaction.raw !== 'function') return undefined;
    if (transaction.isTransaction !== true || transaction.isCompleted?.() !== false) return 'idle';
    const { client } = transaction;
    if (!client) return undefined;
    const run = async (text: string, values: readonly unknown[]) =>
      getRows(await transaction.raw?.(text.replaceAll('?', String.raw`\?`).replace(/\$\d+/g, '?'), values));
    return { run, home: client.config };
  },
};
