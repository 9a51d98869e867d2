import { EntitySchema, MikroORM } from '@mikro-orm/postgresql';
import { sql as drizzleSql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import knex from 'knex';
import * as kysely from 'kysely';
import pg from 'pg';
import { Sequelize } from 'sequelize';
import { DataSource, type EntityManager } from 'typeorm';

type Work = (transaction: object) => Promise<void>;

/** A client that runs transactions, as its own documentation shows. */
export interface TestClient {
  /** Commits after `work`, and rolls back if it rejects. */
  transact(work: Work): Promise<void>;
  /** Runs `work` in a savepoint of the transaction, if the client has such a call. */
  nest?(transaction: object, work: Work): Promise<void>;
  run(transaction: object, text: string): Promise<unknown>;
  /** What is of the client, but no transaction. */
  readonly idle: object;
  end(): Promise<unknown>;
}

export type PgClasses = Pick<typeof pg, 'Client' | 'Pool'>;
export type MakeClient = (url: string, classes: PgClasses) => Promise<TestClient> | TestClient;

const Note = new EntitySchema<{ text: string }>({
  name: 'Note',
  properties: { text: { type: 'string', primary: true } },
});

/** The tests end connections. A connection in use reports that, too, and without a listener that ends the process. */
export function createPool(Pool: typeof pg.Pool, connectionString: string): pg.Pool {
  const pool = new Pool({ connectionString, max: 1 });
  pool.on('error', () => undefined).on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** `pass` makes what the caller passes of the client on which a transaction began. */
function ofPg(pass: (client: pg.ClientBase) => object): MakeClient {
  return (connectionString, { Pool }) => {
    const pool = createPool(Pool, connectionString);
    const clients = new WeakMap<object, pg.ClientBase>();
    const getClient = (transaction: object): pg.ClientBase =>
      clients.get(transaction) ?? (transaction as pg.PoolClient);
    const around = async (transaction: object, [begin, end, undo]: readonly string[], work: Work) => {
      const client = getClient(transaction);
      await client.query(begin ?? '');
      try {
        await work(transaction);
        await client.query(end ?? '');
      } catch (error) {
        await client.query(undo ?? '').catch(() => undefined);
        throw error;
      }
    };
    return {
      transact: async (work) => {
        const client = await pool.connect();
        const transaction = pass(client);
        clients.set(transaction, client);
        await around(transaction, ['BEGIN', 'COMMIT', 'ROLLBACK'], work).finally(() => client.release());
      },
      nest: (transaction, work) => around(transaction, ['SAVEPOINT s', 'RELEASE s', 'ROLLBACK TO SAVEPOINT s'], work),
      run: (transaction, text) => getClient(transaction).query(text),
      idle: pool,
      end: () => pool.end(),
    };
  };
}

/** Takes a version of Kysely. */
export function makeKysely({ Kysely, PostgresDialect, sql }: typeof kysely): MakeClient {
  return (connectionString, { Pool }) => {
    const db = new Kysely<object>({ dialect: new PostgresDialect({ pool: createPool(Pool, connectionString) }) });
    return {
      transact: (work) => db.transaction().execute(work),
      run: (trx, text) => sql.raw(text).execute(trx as typeof db),
      idle: db,
      end: () => db.destroy(),
    };
  };
}

// Each transaction is given to `run` and `nest` of the client that made it.
export const TRANSACTION_CLIENTS: Readonly<Record<string, MakeClient>> = {
  pg: ofPg((client) => client),
  'a function': ofPg((client) => async (text: string, values?: unknown[]): Promise<unknown> => {
    const { rows } = await client.query(text, values);
    return rows;
  }),
  Drizzle: (connectionString, { Pool }) => {
    const pool = createPool(Pool, connectionString);
    const db = drizzle(pool);
    return {
      transact: (work) => db.transaction(work),
      nest: (tx, work) => (tx as typeof db).transaction(work),
      run: (tx, text) => (tx as typeof db).execute(drizzleSql.raw(text)),
      idle: db,
      end: () => pool.end(),
    };
  },
  Kysely: makeKysely(kysely),
  MikroORM: async (connectionString, { Pool }) => {
    const orm = await MikroORM.init({
      ...{
        clientUrl: connectionString,
        entities: [Note],
        driverOptions: () => new kysely.PostgresDialect({ pool: createPool(Pool, connectionString) }),
        debug: false,
      },
    });
    return {
      transact: (work) => orm.em.fork().transactional(work),
      nest: (em, work) => (em as typeof orm.em).transactional(work),
      run: (em, text) => (em as typeof orm.em).execute(text),
      idle: orm.em.fork(),
      end: async () => {
        await orm.close();
        Reflect.deleteProperty(process.env, 'MIKRO_ORM_COLORS'); // MikroORM sets it
      },
    };
  },
  Knex: (connection, { Client }) => {
    const db = knex({ client: 'pg', connection, pool: { min: 0, max: 1 } });
    (db.client as { driver: object }).driver = { ...pg, Client };
    return {
      transact: (work) => db.transaction(work),
      nest: (trx, work) => (trx as typeof db).transaction(work),
      run: async (trx, text): Promise<unknown> => (trx as typeof db).raw(text),
      idle: db,
      end: () => db.destroy(),
    };
  },
  Sequelize: (url, classes) => {
    const sequelize = new Sequelize(url, { logging: false, dialectModule: { ...pg, ...classes }, pool: { max: 1 } });
    return {
      transact: (work) => sequelize.transaction(work),
      nest: (transaction, work) => sequelize.transaction({ transaction: transaction as never }, work),
      run: (transaction, text) => sequelize.query(text, { transaction: transaction as never }),
      idle: sequelize,
      end: () => sequelize.close(),
    };
  },
  TypeORM: async (url, classes) => {
    const driver = { ...pg, ...classes };
    const source = await new DataSource({ type: 'postgres', url, poolSize: 1, driver }).initialize();
    return {
      transact: (work) => source.transaction(work),
      nest: (manager, work) => (manager as EntityManager).transaction(work),
      run: (manager, text) => (manager as EntityManager).query(text),
      idle: source.manager,
      end: () => source.destroy(),
    };
  },
};
