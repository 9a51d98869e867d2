import { SerialTask } from '../../delivery/spill/serial-task.js';
import {
  getRows,
  type ClientTransaction,
  type FoundTransaction,
  type RunStatement,
  type TransactionClient,
} from './client-transaction.js';
import { DRIZZLE } from './drizzle.js';
import { KNEX } from './knex.js';
import { KYSELY } from './kysely.js';
import { MIKRO_ORM } from './mikro-orm.js';
import { PG } from './pg.js';
import { PRISMA } from './prisma.js';
import { SEQUELIZE } from './sequelize.js';

/** A function `(sql, parameters) => rows`. Knex's transaction, which is also a function, is found before. */
const FUNCTION: TransactionClient = {
  name: 'a function',
  passes: 'a function (sql, parameters) => Promise of the rows',
  find: (given) =>
    typeof given === 'function'
      ? { run: async (...statement) => getRows(await (given as RunStatement)(...statement)), home: given } // as documented
      : undefined,
};

export const CLIENTS: readonly TransactionClient[] = [
  DRIZZLE,
  PRISMA,
  KYSELY,
  MIKRO_ORM,
  KNEX,
  SEQUELIZE,
  PG,
  FUNCTION,
];

/** An event can join only a transaction of PostgreSQL. All transactions of the same connections share one such object. */
const transactionSources = new WeakMap<object, { readonly options: { readonly type: 'postgres' } }>();

/** A connection runs one statement at a time. Some clients refuse a second one meanwhile. */
const transactionQueues = new WeakMap<object, SerialTask>();

/**
 * Returns a client's transaction, so that an event can join it; `idle` if the object is of a client, but no transaction; `undefined` if the
 * object belongs to no client that this library knows.
 */
export function findClient(given: unknown): ClientTransaction | 'idle' | undefined {
  for (const client of CLIENTS) {
    const found = client.find(given);
    if (found !== undefined) return found === 'idle' ? found : toClientTransaction(client, found, given as object); // clients have fields
  }
  return undefined;
}

function toClientTransaction(
  { name }: TransactionClient,
  { run, home }: FoundTransaction,
  given: object,
): ClientTransaction {
  const dataSource = transactionSources.get(home) ?? { options: { type: 'postgres' } as const };
  transactionSources.set(home, dataSource);
  const turns = transactionQueues.get(given) ?? new SerialTask();
  transactionQueues.set(given, turns);
  const query: ClientTransaction['query'] = (text, values = []) => turns.run(() => run(text, values));
  return { client: name, handle: given, dataSource, query };
}
