import { finished, pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import copyStreams from 'pg-copy-streams';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import { AuditContext } from '../../src/audit/index.js';
import { openContextScene } from '../support/context-scene.js';
import { startCountingProxy } from '../support/counting-proxy.js';
import { isLeftOut, pgbouncerProgram } from '../support/installed-servers.js';
import { closeAfterTests } from '../support/close-after-tests.js';
import { startPooler } from '../support/pooler.js';

const as = <Result>(id: string, work: () => Result): Result =>
  AuditContext.run({ actor: { type: 'user', id }, tenantId: 'acme' }, work);
const insert = (id: number) => client.query('INSERT INTO thing VALUES ($1, $2)', [id, 'new']);

const scene = await openContextScene({ writingFunctions: /\bmake_\w+\(/ });
const client = await closeAfterTests(new scene.pg.Client({ connectionString: scene.database.url }));
await client.connect();
const WRITES = `LANGUAGE sql AS 'INSERT INTO thing VALUES (id)'`;
for (const made of ['FUNCTION make_thing(id int) RETURNS void', 'FUNCTION write_thing(id int) RETURNS void'])
  await client.query(`CREATE ${made} ${WRITES}`);
for (const made of ['PROCEDURE make_one(id int)', 'PROCEDURE add_one(id int)'])
  await client.query(`CREATE ${made} ${WRITES}`);
await client.query(`CREATE PROCEDURE in_two() LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO thing VALUES (1); COMMIT; INSERT INTO thing VALUES (2); END $$`);
beforeEach(async () => {
  await client.query('DELETE FROM thing');
  await scene.changes();
});

describe('a statement that writes in a scope', () => {
  it('has the actor, the tenant, the request, the reason and the operation of the scope', async () => {
    const onBehalfOf = { type: 'user', id: 'bob' } as const;
    const actor = { type: 'user', id: 'alice', name: "Ålice O'Hara 😀 \\", sessionId: 's-1', onBehalfOf } as const;
    const request = { ip: '192.0.2.1', userAgent: 'curl/8', traceId: '4bf92f3577b34da6a3ce929d0e0e4736' };
    await AuditContext.run({ actor, tenantId: 'acme', requestId: 'req-1', ...request }, async () => {
      AuditContext.annotate({ reason: 'a refund' });
      await insert(1);
      AuditContext.set({ actor: { type: 'user', id: 'carol' } });
      await client.query('UPDATE thing SET id = 2');
    });
    const [first, second] = await scene.changes();
    expect(second?.context?.actor.id).toBe('carol'); // as the scope says when the statement is sent
    expect(first).toMatchObject({
      ...{ thing: 1, operation: 'INSERT', problem: null },
      context: {
        ...{ actor, tenantId: 'acme', request: { id: 'req-1', ...request }, reason: 'a refund' },
        operation: { id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      },
    });
    expect(second?.context?.operation.id).toBe(first?.context?.operation.id);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['with parameters', () => insert(1)],
    ['as a text', () => client.query(`INSERT INTO thing VALUES (1, 'a;b')`)],
    ['with a callback', () => new Promise((resolve) => client.query('INSERT INTO thing VALUES (1)', resolve))],
    ['by a query object', () => client.query({ text: 'INSERT INTO thing VALUES (1)', rowMode: 'array' })],
    ['in a WITH', () => client.query('WITH made AS (INSERT INTO thing VALUES (1)) SELECT 1')],
    ['in a DO', () => client.query('DO $$ BEGIN INSERT INTO thing VALUES (1); PERFORM 1; END $$')],
    ['behind a comment', () => client.query('/* a /* nested */ one */ -- and\n INSERT INTO thing VALUES (1)')],
    ['by a function that a SELECT calls', () => client.query('SELECT make_thing(1)')],
    ['under EXPLAIN ANALYZE', () => client.query('EXPLAIN ANALYZE INSERT INTO thing VALUES (1)')],
    ['among several', () => client.query(`SELECT 1; INSERT INTO thing VALUES (1); SELECT 'x'`)],
    ['with its own BEGIN', () => client.query('BEGIN ISOLATION LEVEL SERIALIZABLE; INSERT INTO thing VALUES (1); COMMIT')],
    ['row by row', () => client.query({ text: 'INSERT INTO thing VALUES (1)', rows: 1 } as pg.QueryConfig)],
    ['by COPY', () => pipeline(Readable.from(['1\tone\n']), client.query(copyStreams.from('COPY thing FROM STDIN')))],
  ])('is attributed %s', async (_how, write) => {
    await as('alice', write);
    await client.query('DELETE FROM thing');
    expect(await scene.actors()).toEqual(['alice', undefined]);
  }); // prettier-ignore
});

/** A statement, such as `alice: !23505 INSERT 1`: with its scope, the code of its error, and a short form for an insert. */
async function send(step: string): Promise<void> {
  const [, who, code, sql = ''] = /^(?:(\w+): )?(?:!(\w{5}) )?([^]*)$/.exec(step) ?? [];
  const [, id] = /^INSERT (\d+)$/.exec(sql) ?? [];
  const work = (): Promise<unknown> => (id === undefined ? client.query(sql) : insert(Number(id)));
  const sent = who === undefined ? work() : as(who, work);
  if (code === undefined) await sent;
  else await expect(sent).rejects.toMatchObject({ code });
}

describe('a transaction', () => {
  const none = undefined;

  it.each<[what: string, steps: readonly string[], actors: readonly (string | undefined)[]]>([
    [
      'keeps its context until its end',
      ['alice: BEGIN', 'alice: INSERT 1', 'alice: INSERT 2', 'alice: COMMIT', 'INSERT 3'],
      ['alice', 'alice', none],
    ],
    [
      'has the context again after a rollback to a savepoint that it was set in',
      [
        ...['alice: BEGIN', 'alice: SAVEPOINT one', 'alice: INSERT 1', 'alice: ROLLBACK TO SAVEPOINT one'],
        ...['alice: INSERT 2', 'SAVEPOINT two', 'alice: !23505 INSERT 2', 'ROLLBACK TO SAVEPOINT two'],
        ...['alice: INSERT 3', 'COMMIT'],
      ],
      ['alice', 'alice'],
    ],
    [
      'that two scopes write in attributes each of them, and neither what is in none',
      [
        ...['BEGIN', 'alice: INSERT 1', 'bob: INSERT 2', 'INSERT 3', 'SAVEPOINT one', 'carol: INSERT 4'],
        ...['ROLLBACK TO SAVEPOINT one', 'INSERT 5', 'COMMIT'],
      ],
      ['alice', 'bob', none, none],
    ],
    [
      'that follows another by COMMIT AND CHAIN, or ROLLBACK AND CHAIN, gets the context again',
      [
        ...['BEGIN', 'alice: INSERT 1', 'alice: COMMIT AND CHAIN', 'alice: INSERT 2', 'alice: ROLLBACK AND CHAIN'],
        ...['alice: INSERT 3', 'COMMIT'],
      ],
      ['alice', 'alice'],
    ],
    [
      'has the context again after a rollback to a savepoint in the text of the statement',
      [
        ...['BEGIN', 'alice: INSERT 1', 'SAVEPOINT one', 'bob: INSERT 2'],
        ...['bob: ROLLBACK TO SAVEPOINT one; INSERT INTO thing VALUES (3)', 'COMMIT'],
      ],
      ['alice', 'bob'],
    ],
    [
      'has the context again after its commit and another BEGIN in the text of the statement',
      ['BEGIN', 'alice: INSERT 1', 'bob: COMMIT; BEGIN; INSERT INTO thing VALUES (3)', 'COMMIT'],
      ['alice', 'bob'],
    ],
    [
      'that is in no scope has none of an earlier one after a rollback in the text of the statement',
      [
        ...['BEGIN', 'alice: INSERT 1', 'SAVEPOINT one', 'INSERT 2'],
        ...['ROLLBACK TO SAVEPOINT one; INSERT INTO thing VALUES (3)', 'COMMIT'],
      ],
      ['alice', none],
    ],
    [
      'that failed leaves the context to a text that ends it and writes',
      ['BEGIN', 'alice: !42P01 INSERT INTO nothing VALUES (1)', 'alice: ROLLBACK; INSERT INTO thing VALUES (1)'],
      ['alice'],
    ],
    [
      'that a procedure or a block ends by itself works as ever, and what that writes is unattributed',
      ['alice: CALL in_two()', 'alice: DO $$ BEGIN COMMIT; INSERT INTO thing VALUES (3); END $$'],
      [none, none, none],
    ],
    [
      'has the context in a procedure; outside of one, a CALL has it if the option names the procedure',
      ['BEGIN', 'alice: CALL add_one(1)', 'COMMIT', 'alice: CALL make_one(2)', 'alice: CALL add_one(3)'],
      ['alice', 'alice', none],
    ],
    [
      'gives a function that a SELECT calls never the context of another scope',
      [
        ...['BEGIN', 'alice: INSERT 1', 'bob: SELECT write_thing(2)', 'SELECT write_thing(3)', 'alice: INSERT 4'],
        ...['SAVEPOINT s', 'bob: WITH made AS (SELECT write_thing(5)) SELECT * FROM made', 'ROLLBACK TO s'],
        ...['carol: SELECT write_thing(6)', 'COMMIT'],
      ],
      ['alice', 'bob', none, 'alice', 'carol'],
    ],
  ])('%s', async (_what, steps, actors) => {
    for (const step of steps) await send(step);
    expect(await scene.actors()).toEqual(actors);
  });
});

describe('the result of a statement', () => {
  it.each([
    `INSERT INTO thing VALUES (1, 'one') RETURNING *`,
    `INSERT INTO thing VALUES (1, 'one')`,
    `BEGIN; INSERT INTO thing VALUES (1, 'one') RETURNING id; SELECT 2 AS two; COMMIT`,
    `WITH made AS (INSERT INTO thing VALUES (1) RETURNING id) SELECT id, 'x' AS x FROM made WHERE false`,
    `DO $$ BEGIN NULL; END $$`,
  ])('is that of pg alone: %s', async (text) => {
    const plain = await client.query(text);
    await client.query('DELETE FROM thing');
    const audited = await as('alice', () => client.query(text));
    expect(JSON.parse(JSON.stringify(audited))).toEqual(JSON.parse(JSON.stringify(plain)));
  });

  it('comes by the name of a prepared statement, also after one that could not be prepared', async () => {
    const wrong = { name: 'insert', text: 'INSERT INTO nothing VALUES ($1)', values: [1] };
    await expect(as('alice', () => client.query(wrong))).rejects.toMatchObject({ code: '42P01' });
    const right = { name: 'insert', text: 'INSERT INTO thing VALUES ($1)' };
    await as('alice', () => client.query({ ...right, values: [1] }));
    await as('bob', () => client.query({ ...right, values: [2] }));
    await as('carol', () => client.query({ name: 'insert', values: [3] } as unknown as pg.QueryConfig));
    await client.query({ ...right, values: [4] });
    expect(await scene.actors()).toEqual(['alice', 'bob', 'carol', undefined]);
  });

  it.each([
    ['UPDATE thing SET nme = 1', undefined],
    ['UPDATE thing SET nme = $1', [1]],
    ['SELECT 1; UPDATE thing SET name = 2; UPDATE thing SET nme = 1', undefined],
    ["INSERT INTO thing VALUES (1); COMMIT; INSERT INTO thing VALUES (2); SELECT 'ü'; INSERT INTO nothing VALUES (1)", undefined],
    ['INSERT INTO thing VALUES (1', undefined],
    ['COPY thing FROM STDIN', undefined],
  ])('that is an error is that of pg alone: %s', async (text, values) => {
    const seenBy = async (): Promise<unknown> => {
      const error: unknown = await client.query(text, values).then(() => 'no error', (reason: unknown) => reason);
      await client.query('DELETE FROM thing');
      const { message, code, position, where } = error as pg.DatabaseError; // the client's
      return { message, code, position, where };
    };
    const plain = await seenBy();
    expect(plain).toMatchObject({ code: expect.any(String) });
    expect(await as('alice', seenBy)).toEqual(plain);
  }); // prettier-ignore

  it('is refused before anything is sent, and leaves no context to the next statement', async () => {
    const unusable = {
      toPostgres(): string {
        throw new Error('no value');
      },
    };
    for (const [values, problem] of [
      [1, 'Query values must be an array'],
      [[unusable], 'no value'],
    ] as const) {
      const call = as('alice', () => client.query('INSERT INTO thing VALUES ($1)', values as unknown as unknown[]));
      await expect(call).rejects.toThrow(problem);
      await insert(1);
      await client.query('DELETE FROM thing');
    }
    expect(new Set(await scene.actors())).toEqual(new Set([undefined]));
  });
});

describe('a context', () => {
  it('that somebody sets without the key is forged', async () => {
    const forged = `v1.${'0'.repeat(64)}.{"actor":{"type":"admin","id":"root"}}`;
    await client.query(`SELECT set_config('audit.context', $1, false)`, [forged]);
    await insert(1);
    await as('alice', () => insert(2));
    await client.query('RESET audit.context');
    expect(await scene.changes()).toMatchObject([
      { context: null, problem: 'forged' },
      { context: { actor: { id: 'alice' } }, problem: null },
    ]);
  });

  it('is not in what other sessions see of the statement', async () => {
    await as('alice', () =>
      client.query(`INSERT INTO thing SELECT 1, query FROM pg_stat_activity WHERE pid = pg_backend_pid()`),
    );
    const { rows } = await client.query<{ name: string }>('SELECT name FROM thing');
    expect(rows[0]?.name).toMatch(/^INSERT INTO thing SELECT/);
  });
});

const MAKE = 'INSERT INTO thing SELECT n FROM generate_series($1::int, $2::int) n RETURNING id';
const LIST = 'SELECT n AS id FROM generate_series($1::int, $2::int) n';

describe('a cursor of pg-cursor', () => {
  it('that writes has the context of the scope that it was opened in, and the next statement its own', async () => {
    const cursor = as('alice', () => client.query(new Cursor<{ id: number }>(MAKE, [1, 3])));
    const first = await cursor.read(1);
    const waiting = as('bob', () => insert(4));
    const rest = [...(await cursor.read(1)), ...(await cursor.read(10))];
    await cursor.close();
    await waiting;
    await insert(5);
    expect([...first, ...rest].map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(await scene.actors()).toEqual(['alice', 'alice', 'alice', 'bob', undefined]);
  });

  it('that reads is in a transaction where others write, while it is open, and after', async () => {
    await send('alice: BEGIN');
    await send('alice: INSERT 1');
    const cursor = as('bob', () => client.query(new Cursor(LIST, [1, 10])));
    await as('bob', () => cursor.read(2));
    const waiting = as('carol', () => insert(2));
    expect(await cursor.read(2)).toEqual([{ id: 3 }, { id: 4 }]);
    await cursor.close();
    await waiting;
    for (const step of [`dave: UPDATE thing SET name = 'x' WHERE id = 1`, 'COMMIT', 'INSERT 3']) await send(step);
    expect(await scene.actors()).toEqual(['alice', 'carol', 'dave', undefined]);
  });

  it('that fails rejects, and the next statement has its own context', async () => {
    const fails = new Cursor('INSERT INTO thing VALUES ($1) RETURNING 1 / $2::int', [1, 0]);
    const cursor = as('alice', () => client.query(fails));
    await expect(cursor.read(1)).rejects.toMatchObject({ code: '22012' });
    for (const step of ['bob: INSERT 2', 'INSERT 3']) await send(step);
    expect(await scene.actors()).toEqual(['bob', undefined]);
  });
});

it('a stream of pg-query-stream that writes has the context of its scope, also if it is destroyed', async () => {
  const open = () => as('alice', () => client.query(new QueryStream(MAKE, [1, 250], { batchSize: 20 })));
  const waits = open();
  const waiting = as('bob', () => insert(251));
  const ids: number[] = [];
  for await (const { id } of waits as AsyncIterable<{ id: number }>) ids.push(id);
  await waiting;
  await send('DELETE FROM thing');
  expect(new Set(ids).size).toBe(250);
  expect((await scene.actors()).slice(249, 252)).toEqual(['alice', 'bob', undefined]);
  const stream = open();
  for await (const row of stream) {
    expect(row).toEqual({ id: 1 });
    break;
  }
  if (!stream.closed) await finished(stream).catch(() => undefined);
  await insert(251);
  expect((await scene.actors()).slice(249)).toEqual(['alice', undefined]);
});

const url = new URL(scene.database.url);
const proxy = await closeAfterTests(startCountingProxy(url.hostname, Number(url.port)));
url.port = String(proxy.port);
const clients = await Promise.all(
  [pg.Client, scene.pg.Client].map(async (Client) => {
    const connected = await closeAfterTests(new Client({ connectionString: url.href }));
    await connected.connect();
    return connected;
  }),
);

describe('round trips', () => {
  const prepared = (value: number) => ({ name: 'p', text: 'UPDATE thing SET name = $1', values: [value] });
  it.each<[string, readonly (string | pg.QueryConfig)[], number]>([
    ['a statement with parameters', [{ text: 'UPDATE thing SET name = $1', values: ['x'] }], 1],
    ['a statement without', ['UPDATE thing SET name = 1'], 1],
    ['a prepared statement', [prepared(1), prepared(2)], 2],
    ['several statements', ['UPDATE thing SET name = 1; DELETE FROM thing'], 1],
    ['a transaction', ['BEGIN', 'SAVEPOINT s', 'DELETE FROM thing', 'ROLLBACK TO s', 'DELETE FROM thing', 'COMMIT'], 6],
    ['a read', ['SELECT * FROM thing'], 1],
  ])('of %s are no more than those of pg alone', async (_what, statements, expected) => {
    const taken: number[] = [];
    for (const each of clients) {
      proxy.takeRoundTrips();
      await as('alice', async () => {
        for (const statement of statements) await each.query(statement);
      });
      taken.push(proxy.takeRoundTrips());
    }
    expect(taken).toEqual([expected, expected]);
  }); // prettier-ignore
});

(isLeftOut('pgbouncer', pgbouncerProgram()) ? it.skip : it).each(['transaction', 'statement'])(
  'behind pgbouncer in %s mode, clients that share one connection of the server have each their own context',
  async (mode) => {
    const pooler = await startPooler(scene.database, `pool_mode = ${mode}\ndefault_pool_size = 1`);
    const pool = new scene.pg.Pool({ connectionString: pooler.url, max: 10 });
    const users = Array.from({ length: 60 }, (_, index) => index);
    const work = async (id: number): Promise<void> => {
      await pool.query('INSERT INTO thing VALUES ($1)', [id]);
      if (mode === 'statement') return;
      const one = await pool.connect();
      await one.query('BEGIN');
      await one.query(`UPDATE thing SET name = 'x' WHERE id = $1`, [id]);
      await one.query(id % 2 === 0 ? 'COMMIT' : 'ROLLBACK');
      one.release();
      await pool.query(`DELETE FROM thing WHERE id = ${id}`);
    };
    await Promise.all(users.map((id) => (id % 3 === 0 ? work(id) : as(String(id), () => work(id)))));
    const changes = await scene.changes();
    expect(changes.length).toBe(mode === 'statement' ? 60 : 60 * 2 + 30);
    for (const { thing, context, problem } of changes)
      expect([thing, context?.actor.id, problem]).toEqual([thing, thing % 3 === 0 ? undefined : String(thing), null]);
    await pool.end();
    await pooler.stop();
  },
);
