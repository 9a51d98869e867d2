import { readFieldSafely } from '../../../base/read-safely.js';
import { hasMethod, type TransactionClient } from './client-transaction.js';

interface PrismaTransaction {
  $queryRawUnsafe(sql: string, ...values: readonly unknown[]): Promise<unknown>;
}

/** Prisma 6 and 7: the `tx` of an interactive transaction. Only the client itself can connect. */
export const PRISMA: TransactionClient = {
  name: 'Prisma',
  passes: 'the tx of prisma.$transaction(async (tx) => …)',
  find(given) {
    if (!hasMethod(given, '$queryRawUnsafe')) return undefined;
    if (hasMethod(given, '$connect')) return 'idle';
    const transaction = given as PrismaTransaction; // it has the method
    const engine = readFieldSafely(given, '_engineConfig');
    const home = typeof engine === 'object' && engine !== null ? engine : transaction;
    return { run: (text, values) => transaction.$queryRawUnsafe(text, ...values), home };
  },
};
