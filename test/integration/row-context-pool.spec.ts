import { once } from 'node:events';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import { DataSource } from 'typeorm';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditContext, AuditModule } from '../../src/audit/index.js';
import { eventually, closeAfterTests, openClient } from '../support/index.js';
import { openContextScene } from '../support/context-scene.js';

const REQUESTS = 140;
const CONNECTIONS = 5;

const scene = await openContextScene();
const admin = await closeAfterTests(openClient(scene.database.superuserUrl));
afterEach(() => scene.database.sql('TRUNCATE thing, seen'));

/** Each statement may run on another connection. */
type Run = (text: string, values?: unknown[]) => Promise<unknown>;

interface Connections {
  readonly run: Run;
  readonly transact: (work: (run: Run) => Promise<unknown>) => Promise<unknown>;
}

const INSERT = 'INSERT INTO thing VALUES ($1, $2)';
const noMatter = (): undefined => undefined;

async function interrupt(how: 'pg_cancel_backend' | 'pg_terminate_backend', pid: unknown): Promise<void> {
  await eventually(async () => {
    const { rows } = await admin.query(
      `SELECT ${how}(pid) FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'`,
      [pid],
    );
    return rows.length > 0;
  });
}

async function interrupted(run: Run, how: Parameters<typeof interrupt>[0], id: number): Promise<void> {
  const rows = (await run('SELECT pg_backend_pid() AS pid')) as readonly { readonly pid: number }[];
  await Promise.all([
    expect(run(`INSERT INTO thing SELECT ${id}, pg_sleep(600)::text`)).rejects.toThrow(),
    interrupt(how, rows[0]?.pid),
  ]);
}

const REQUEST_KINDS: readonly ((connections: Connections, name: string, id: number) => Promise<unknown>)[] = [
  ({ run }, name, id) => run(INSERT, [id, name]),
  async ({ run, transact }, name, id) => {
    const fails = transact(async (each) => {
      await each(INSERT, [id, name]);
      await each(INSERT, [id, name]);
    });
    await expect(fails).rejects.toMatchObject({ code: '23505' });
    await run(INSERT, [id + 1, name]);
  },
  ({ transact }, name, id) =>
    transact(async (run) => {
      await run('SAVEPOINT one');
      await run(INSERT, [id, name]);
      await run('ROLLBACK TO SAVEPOINT one');
      await run(INSERT, [id + 1, name]);
    }),
  async ({ run }, name, id) => {
    await expect(run('INSERT INTO nothing VALUES ($1)', [id])).rejects.toMatchObject({ code: '42P01' });
    await run(`INSERT INTO thing VALUES (${id}, '${name}'); SELECT 1`);
  },
  async ({ run, transact }, name, id) => {
    const timedOut = transact(async (each) => {
      await each(INSERT, [id, name]);
      await each(`SET LOCAL statement_timeout = '1ms'`);
      await each('UPDATE thing SET name = pg_sleep(600)::text WHERE id = $1', [id]);
    });
    await expect(timedOut).rejects.toMatchObject({ code: '57014' });
    await run(INSERT, [id + 1, name]);
  },
  async ({ run, transact }, name, id) => {
    await transact((each) => interrupted(each, 'pg_cancel_backend', id)).catch(noMatter);
    await run(INSERT, [id + 1, name]);
  },
  async ({ run, transact }, name, id) => {
    await transact((each) => interrupted(each, 'pg_terminate_backend', id)).catch(noMatter);
    await run(INSERT, [id + 1, name]);
  },
];

async function serveRequests(connections: Connections): Promise<void> {
  await Promise.all(
    Array.from({ length: REQUESTS }, async (_, index) => {
      const request = REQUEST_KINDS[index % REQUEST_KINDS.length];
      const id = index * 10;
      if (index % 9 === 8) return request?.(connections, 'nobody', id);
      const name = `user-${index}`;
      return AuditContext.run({ actor: { type: 'user', id: name }, requestId: `request-${index}` }, async () =>
        request?.(connections, name, id),
      );
    }),
  );
}

async function expectEachToBeAttributed(): Promise<void> {
  const changes = await scene.changes();
  const things = (await scene.database.sql('SELECT id, name FROM thing')) as readonly {
    readonly id: number;
    readonly name: string;
  }[];
  expect(changes.length).toBe(things.length);
  expect(changes.length).toBeGreaterThanOrEqual(REQUESTS);
  const names = new Map(things.map(({ id, name }) => [id, name]));
  const operations = new Map<string, Set<string>>();
  for (const { thing, context, problem } of changes) {
    const name = names.get(thing) ?? 'missing';
    expect([thing, context?.actor.id ?? 'nobody', problem]).toEqual([thing, name, null]);
    if (!context) continue;
    expect(context.request?.id).toBe(name.replace('user', 'request'));
    operations.set(context.operation.id, (operations.get(context.operation.id) ?? new Set()).add(name));
  }
  expect([...operations.values()].filter((owners) => owners.size > 1)).toEqual([]);
}

describe(`${REQUESTS} requests at once on ${CONNECTIONS} connections, with errors, time-outs, cancelled queries and lost connections`, () => {
  it('have each their own context through the pool of pg', async () => {
    const pool = new scene.pg.Pool({ connectionString: scene.database.url, max: CONNECTIONS });
    pool.on('error', noMatter);
    pool.on('connect', (client) => client.on('error', noMatter));
    await serveRequests({
      run: (text, values) => pool.query(text, values).then(({ rows }) => rows as unknown),
      async transact(work) {
        const client = await pool.connect();
        const run: Run = async (text, values) => (await client.query(text, values)).rows as unknown;
        try {
          await run('BEGIN');
          await work(run);
          await run('COMMIT');
          client.release();
        } catch (error) {
          client.release(await run('ROLLBACK').then(() => false, () => true)); // prettier-ignore
          throw error;
        }
      },
    });
    await expectEachToBeAttributed();
    await pool.end();
  });

  it('have each their own context through TypeORM', async () => {
    const onConnect = (client: pg.Client) => void client.on('error', noMatter);
    const extra = { Client: scene.pg.Client, max: CONNECTIONS, onConnect };
    const source = await new DataSource({ type: 'postgres', url: scene.database.url, extra }).initialize();
    await serveRequests({
      run: (text, values) => source.query(text, values),
      transact: (work) => source.transaction((manager) => work((text, values) => manager.query(text, values))),
    });
    await expectEachToBeAttributed();
    await source.destroy();
  });
});

it("pg's own pool with the audited Client attributes what a connection of it sends, and nothing to anybody by query(), whose caller pg does not tell", async () => {
  const pool = new pg.Pool({ connectionString: scene.database.url, max: 1, Client: scene.pg.Client });
  const warned = jest.spyOn(process, 'emitWarning').mockImplementation(noMatter);
  const run = (id: number, work: () => Promise<unknown>) =>
    AuditContext.run({ actor: { type: 'user', id: `user-${id}` } }, work);
  await Promise.all([1, 2, 3].map((id) => run(id, () => pool.query(INSERT, [id, 'by query()']))));
  await Promise.all(
    [4, 5, 6].map((id) =>
      run(id, async () => {
        const client = await pool.connect();
        await client.query(INSERT, [id, 'by connect()']);
        client.release();
      }),
    ),
  );
  expect(await scene.actors()).toEqual([undefined, undefined, undefined, 'user-4', 'user-5', 'user-6']);
  expect(warned.mock.calls).toEqual([[expect.stringContaining('pool.query()'), { code: 'AUDIT_POOL_UNATTRIBUTED' }]]);
  warned.mockRestore();
  await pool.end();
});

describe("what a caller gives to a connection that another user's running request opened", () => {
  type Way = (pool: pg.Pool, note: () => void) => unknown;
  const LIST = 'SELECT n FROM generate_series(1, 3) n';
  const onClient = (pool: pg.Pool, work: (client: pg.PoolClient) => unknown) =>
    pool.connect((_error, client, release) => {
      if (client) work(client);
      release();
    });
  /** Calls `work` as bob, and then outside of any request, on what alice has opened and still holds a request for. */
  const expectOwn = async (open: () => Promise<unknown>, work: (note: () => void) => unknown): Promise<void> => {
    let leave = (): void => undefined;
    const alice = AuditContext.run({ actor: { type: 'user', id: 'alice' } }, async () => {
      await open();
      await new Promise<void>((resolve) => (leave = resolve));
    });
    const actor = () =>
      new Promise((resolve) => {
        work(() => {
          resolve(AuditContext.current()?.actor?.id);
        });
      });
    try {
      const bob = await AuditContext.run({ actor: { type: 'user', id: 'bob' } }, actor);
      expect([bob, await actor()]).toEqual(['bob', undefined]);
    } finally {
      leave();
      await alice;
    }
  };

  it.each<[string, Way]>([
    ['the callback of pool.query()', (pool, note) => pool.query('SELECT 1', note)],
    ['the callback of an INSERT', (pool, note) => pool.query('INSERT INTO seen DEFAULT VALUES', note)],
    ['the callback of pool.connect()', (pool, note) => onClient(pool, note)],
    [
      'the callback in a configuration',
      (pool, note) => onClient(pool, (client) => client.query({ text: 'SELECT 1', callback: note } as never)),
    ],
    [
      'a listener of a query',
      (pool, note) => onClient(pool, (client) => void client.query(new pg.Query(LIST)).once('row', note)),
    ],
    [
      'a listener of a stream',
      (pool, note) => onClient(pool, (client) => void client.query(new QueryStream(LIST)).once('data', note)),
    ],
    [
      'the callback of a cursor',
      (pool, note) => onClient(pool, (client) => client.query(new Cursor(LIST)).read(1, note)),
    ],
  ])('%s runs as the caller', async (_what, way) => {
    const pool = new scene.pg.Pool({ connectionString: scene.database.url, max: 1, idleTimeoutMillis: 50 });
    await expectOwn(
      () => pool.query('SELECT 1'),
      (note) => way(pool, note),
    );
    await pool.end();
  });

  it.each<[string, (client: pg.PoolClient) => object, (opened: never, note: () => void) => unknown]>([
    [
      'a listener of a stream',
      (client) => client.query(new QueryStream(LIST)),
      (stream: QueryStream, note) => stream.on('data', note),
    ],
    [
      'the callback of a closed cursor',
      (client) => client.query(new Cursor(LIST)),
      (cursor: Cursor, note) => {
        cursor.close(note);
      },
    ],
  ])('%s that another one opened runs as the caller', async (_what, openOne, hand) => {
    const pool = new scene.pg.Pool({ connectionString: scene.database.url, max: 2 });
    const clients = [await pool.connect(), await pool.connect()];
    const opened: object[] = [];
    await expectOwn(
      () => Promise.resolve(opened.push(...clients.map(openOne))),
      (note) => hand(opened.pop() as never, note),
    );
    for (const client of clients) client.release(true);
    await pool.end();
  });

  it('a listener that is removed runs no more, and one for one event runs once', async () => {
    const client = new scene.pg.Client({ connectionString: scene.database.url });
    await client.connect();
    const query = client.query(new pg.Query(LIST));
    const rows: string[] = [];
    const [note, removed] = [() => rows.push('each'), () => rows.push('removed')];
    query.on('row', note).on('row', removed);
    query.once('row', () => rows.push('once')).removeListener('row', removed);
    await once(query, 'end');
    expect(rows).toEqual(['each', 'once', 'each', 'each']);
    expect(query.listeners('row')).toEqual([note]);
    await client.end();
  });

  it('a listener of stream() of TypeORM with a plain driver that another one opened runs as the caller', async () => {
    const typeOrm = { type: 'postgres', url: scene.database.url, extra: { max: 2, idleTimeoutMillis: 50 } } as const;
    const imports = [TypeOrmModule.forRoot(typeOrm), AuditModule.forRoot({ spillDir: false })];
    const app = await (await Test.createTestingModule({ imports }).compile()).init();
    const { driver } = app.get<{ driver: { master: pg.Pool } }>(DataSource);
    await eventually(() => driver.master.totalCount === 0); // the connection of the start is closed
    const runners = [1, 2].map(() => app.get(DataSource).createQueryRunner());
    const opened: Promise<NodeJS.EventEmitter>[] = [];
    await expectOwn(
      () => Promise.resolve(opened.push(...runners.map((runner) => runner.stream(LIST, [])))),
      async (note) => (await opened.pop())?.once('close', note).on('data', noMatter),
    );
    for (const runner of runners) await runner.release();
    await app.close();
  });
});
