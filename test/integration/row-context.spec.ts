import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import copyStreams from 'pg-copy-streams';
import { AuditContext } from '../../src/audit/index.js';
import { kept } from '../support/kept.js';
import { openContextScene } from '../support/context-scene.js';

const as = <Result>(id: string, work: () => Result): Result =>
  AuditContext.run({ actor: { type: 'user', id }, tenantId: 'acme' }, work);
const insert = (id: number) => client.query('INSERT INTO thing VALUES ($1, $2)', [id, 'new']);

const scene = await openContextScene({ writingFunctions: /\bmake_\w+\(/ });
const client = await kept(new scene.pg.Client({ connectionString: scene.database.url }));
await client.connect();
beforeEach(async () => {
  await client.query('DELETE FROM thing');
  await scene.changes();
});

describe('a statement that writes in a scope', () => {
  it('has the actor, the tenant, the request, the reason and the operation of the scope', async () => {
    const values = {
      actor: {
        type: 'user',
        id: 'alice',
        name: "Ålice O'Hara 😀 \\",
        sessionId: 's-1',
        onBehalfOf: { type: 'user', id: 'bob' },
      },
      tenantId: 'acme',
      requestId: 'req-1',
      ip: '192.0.2.1',
      userAgent: 'curl/8',
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    } as const;
    await AuditContext.run(values, async () => {
      AuditContext.annotate({ reason: 'a refund' });
      await insert(1);
      await client.query('UPDATE thing SET id = 2');
    });
    const [first, second] = await scene.changes();
    expect(first).toMatchObject({
      thing: 1,
      operation: 'INSERT',
      problem: null,
      context: {
        actor: values.actor,
        tenantId: 'acme',
        request: { id: 'req-1', ip: '192.0.2.1', userAgent: 'curl/8', traceId: values.traceId },
        reason: 'a refund',
        operation: { id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      },
    });
    expect(second?.context?.operation.id).toBe(first?.context?.operation.id);
  });

  it('has none outside of a scope', async () => {
    await insert(1);
    expect(await scene.changes()).toMatchObject([{ context: null, problem: null }]);
  });

  it('has what the scope says when it is sent, also if that changed', async () => {
    await AuditContext.run({ requestId: 'req-1' }, async () => {
      await insert(1);
      AuditContext.set({ actor: { type: 'user', id: 'alice' } });
      await insert(2);
    });
    expect(await scene.changes()).toMatchObject([
      { context: { actor: { type: 'anonymous' } } },
      { context: { actor: { id: 'alice' } } },
    ]);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['with parameters', () => insert(1)],
    ['as a text', () => client.query(`INSERT INTO thing VALUES (1, 'a;b')`)],
    [
      'as a text with a callback',
      () => new Promise((resolve) => client.query('INSERT INTO thing VALUES (1)', resolve)),
    ],
    ['by a query object', () => client.query({ text: 'INSERT INTO thing VALUES (1)', rowMode: 'array' })],
    ['in a WITH', () => client.query('WITH made AS (INSERT INTO thing VALUES (1)) SELECT 1')],
    ['in a DO', () => client.query('DO $$ BEGIN INSERT INTO thing VALUES (1); PERFORM 1; END $$')],
    ['behind a comment', () => client.query('/* a /* nested */ one */ -- and\n INSERT INTO thing VALUES (1)')],
    ['by a function that a SELECT calls', () => client.query('SELECT make_thing(1)')],
    ['under EXPLAIN ANALYZE', () => client.query('EXPLAIN ANALYZE INSERT INTO thing VALUES (1)')],
    ['among several', () => client.query(`SELECT 1; INSERT INTO thing VALUES (1); SELECT 'x'`)],
    [
      'with its own BEGIN',
      () => client.query('BEGIN ISOLATION LEVEL SERIALIZABLE; INSERT INTO thing VALUES (1); COMMIT'),
    ],
    ['row by row', () => client.query({ text: 'INSERT INTO thing VALUES (1)', rows: 1 } as pg.QueryConfig)],
    ['by COPY', () => pipeline(Readable.from(['1\tone\n']), client.query(copyStreams.from('COPY thing FROM STDIN')))],
  ])('is attributed %s', async (_how, write) => {
    await client.query(
      `CREATE OR REPLACE FUNCTION make_thing(id int) RETURNS void LANGUAGE sql AS 'INSERT INTO thing VALUES (id)'`,
    );
    await as('alice', write);
    expect(await scene.actors()).toEqual(['alice']);
    await client.query('DELETE FROM thing');
    expect(await scene.actors()).toEqual([undefined]);
  });
});

it('a function that a SELECT calls never has the context of another one in the same transaction', async () => {
  await client.query(
    `CREATE OR REPLACE FUNCTION write_thing(id int) RETURNS void LANGUAGE sql AS 'INSERT INTO thing VALUES (id)'`,
  );
  await client.query('BEGIN');
  await as('alice', () => insert(1));
  await as('bob', () => client.query('SELECT write_thing(2)'));
  await client.query({ text: 'SELECT write_thing($1)', values: [3] });
  await as('alice', () => insert(4));
  await client.query('SAVEPOINT s');
  await as('bob', () => client.query('WITH made AS (SELECT write_thing(5)) SELECT * FROM made'));
  await client.query('ROLLBACK TO s');
  await as('carol', () => client.query({ text: 'SELECT write_thing(6)', rowMode: 'array' }));
  await client.query('COMMIT');
  expect(await scene.actors()).toEqual(['alice', 'bob', undefined, 'alice', 'carol']);
});

describe('the result of a statement', () => {
  it.each([
    `INSERT INTO thing VALUES (1, 'one') RETURNING *`,
    `INSERT INTO thing VALUES (1, 'one')`,
    `BEGIN; INSERT INTO thing VALUES (1, 'one') RETURNING id; SELECT 2 AS two; COMMIT`,
    `WITH made AS (INSERT INTO thing VALUES (1) RETURNING id) SELECT id, 'x' AS x FROM made WHERE false`,
    `EXPLAIN (COSTS OFF) INSERT INTO thing VALUES (1)`,
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
    [
      "INSERT INTO thing VALUES (1); COMMIT; INSERT INTO thing VALUES (2); SELECT 'ü'; INSERT INTO nothing VALUES (1)",
      undefined,
    ],
    ['INSERT INTO thing VALUES (1', undefined],
    ['COPY thing FROM STDIN', undefined],
  ])('that is an error is that of pg alone: %s', async (text, values) => {
    const seenBy = async (): Promise<unknown> => {
      const error: unknown = await client.query(text, values).then(
        () => 'no error',
        (reason: unknown) => reason,
      );
      await client.query('DELETE FROM thing');
      const { message, code, position, where } = error as pg.DatabaseError; // the client's
      return { message, code, position, where };
    };
    const plain = await seenBy();
    expect(plain).toMatchObject({ code: expect.any(String) });
    expect(await as('alice', seenBy)).toEqual(plain);
  });

  it('is refused before anything is sent, and leaves no context to the next statement', async () => {
    await expect(
      as('alice', () => client.query('INSERT INTO thing VALUES ($1)', 1 as unknown as unknown[])),
    ).rejects.toThrow('Query values must be an array');
    await insert(1);
    const unusable = {
      toPostgres(): string {
        throw new Error('no value');
      },
    };
    await expect(as('alice', () => client.query('INSERT INTO thing VALUES ($1)', [unusable]))).rejects.toThrow(
      'no value',
    );
    await insert(2);
    expect(await scene.actors()).toEqual([undefined, undefined]);
  });
});

describe('a transaction', () => {
  it('keeps its context until its end', async () => {
    await as('alice', async () => {
      await client.query('BEGIN');
      await insert(1);
      await insert(2);
      await client.query('COMMIT');
    });
    await insert(3);
    expect(await scene.actors()).toEqual(['alice', 'alice', undefined]);
  });

  it('has the context again after a rollback to a savepoint that it was set in', async () => {
    await as('alice', async () => {
      await client.query('BEGIN');
      await client.query('SAVEPOINT one');
      await insert(1);
      await client.query('ROLLBACK TO SAVEPOINT one');
      await insert(2);
      await client.query('SAVEPOINT two');
      await expect(insert(2)).rejects.toMatchObject({ code: '23505' });
      await client.query('ROLLBACK TO SAVEPOINT two');
      await insert(3);
      await client.query('COMMIT');
    });
    expect(await scene.actors()).toEqual(['alice', 'alice']);
  });

  it('that two scopes write in attributes each of them, and neither what is in none', async () => {
    await client.query('BEGIN');
    await as('alice', () => insert(1));
    await as('bob', () => insert(2));
    await insert(3);
    await client.query('SAVEPOINT one');
    await as('carol', () => insert(4));
    await client.query('ROLLBACK TO SAVEPOINT one');
    await insert(5);
    await client.query('COMMIT');
    expect(await scene.actors()).toEqual(['alice', 'bob', undefined, undefined]);
  });

  it.each(['COMMIT', 'ROLLBACK'])('that follows another by %s AND CHAIN gets the context again', async (end) => {
    await as('alice', async () => {
      await client.query('BEGIN');
      await insert(1);
      await client.query(`${end} AND CHAIN`);
      await insert(2);
      await client.query('COMMIT');
    });
    expect((await scene.actors()).at(-1)).toBe('alice');
  });

  it.each([
    ['ROLLBACK TO SAVEPOINT one', ['alice', 'bob']],
    ['COMMIT; BEGIN', ['alice', 'bob', 'bob']],
    ['ROLLBACK; BEGIN', ['bob']],
  ])('has the context again after "%s" in the text of the statement', async (before, actors) => {
    await client.query('BEGIN');
    await as('alice', () => insert(1));
    await client.query('SAVEPOINT one');
    await as('bob', async () => {
      await insert(2);
      await client.query(`${before}; INSERT INTO thing VALUES (3)`);
    });
    await client.query('COMMIT');
    expect(await scene.actors()).toEqual(actors);
  });

  it('that is in no scope has none of an earlier one after a rollback to a savepoint in the text of the statement', async () => {
    await client.query('BEGIN');
    await as('alice', () => insert(1));
    await client.query('SAVEPOINT one');
    await insert(2);
    await client.query('ROLLBACK TO SAVEPOINT one; INSERT INTO thing VALUES (3)');
    await client.query('COMMIT');
    expect(await scene.actors()).toEqual(['alice', undefined]);
  });

  it('that failed leaves the context to a text that ends it and writes', async () => {
    await as('alice', async () => {
      await client.query('BEGIN');
      await expect(client.query('INSERT INTO nothing VALUES (1)')).rejects.toMatchObject({ code: '42P01' });
      await client.query('ROLLBACK; INSERT INTO thing VALUES (1)');
    });
    expect(await scene.actors()).toEqual(['alice']);
  });

  it('that a procedure or a block ends by itself works as ever, and what that writes is unattributed', async () => {
    await client.query(`
      CREATE PROCEDURE in_two() LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO thing VALUES (1); COMMIT; INSERT INTO thing VALUES (2); END $$`);
    await as('alice', () => client.query('CALL in_two()'));
    await as('alice', () => client.query('DO $$ BEGIN COMMIT; INSERT INTO thing VALUES (3); END $$'));
    expect(await scene.actors()).toEqual([undefined, undefined, undefined]);
  });

  it('has the context in a procedure; outside of one, a CALL has it if the option names the procedure', async () => {
    await client.query(`CREATE PROCEDURE make_one(id int) LANGUAGE sql AS 'INSERT INTO thing VALUES (id)'`);
    await client.query(`CREATE PROCEDURE add_one(id int) LANGUAGE sql AS 'INSERT INTO thing VALUES (id)'`);
    await as('alice', async () => {
      await client.query('BEGIN');
      await client.query('CALL add_one(1)');
      await client.query('COMMIT');
      await client.query('CALL make_one(2)');
      await client.query('CALL add_one($1)', [3]);
    });
    expect(await scene.actors()).toEqual(['alice', 'alice', undefined]);
  });
});

describe('a context', () => {
  it('that somebody sets without the key is forged', async () => {
    const forged = `v1.${'0'.repeat(64)}.{"actor":{"type":"admin","id":"root"}}`;
    await client.query('BEGIN');
    await client.query(`SELECT set_config('audit.context', $1, true)`, [forged]);
    await client.query('SELECT 1');
    await client.query('COMMIT');
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
    const seenByOthers = await as('alice', () =>
      client.query(`UPDATE thing SET name = (SELECT string_agg(query, '') FROM pg_stat_activity) RETURNING 1`),
    );
    expect(seenByOthers.command).toBe('UPDATE');
    await as('alice', () =>
      client.query(`INSERT INTO thing SELECT 1, query FROM pg_stat_activity WHERE pid = pg_backend_pid()`),
    );
    const { rows } = await client.query<{ name: string }>('SELECT name FROM thing');
    expect(rows[0]?.name).toMatch(/^INSERT INTO thing SELECT/);
  });
});
