import { finished } from 'node:stream/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import { AuditContext } from '../../src/audit/index.js';
import { kept } from '../support/kept.js';
import { openContextScene } from '../support/context-scene.js';

const as = <Result>(id: string, work: () => Result): Result => AuditContext.run({ actor: { type: 'user', id } }, work);
const insert = (id: number) => client.query('INSERT INTO thing VALUES ($1)', [id]);
const MAKE = 'INSERT INTO thing SELECT n FROM generate_series($1::int, $2::int) n RETURNING id';
const LIST = 'SELECT n AS id FROM generate_series($1::int, $2::int) n';

const scene = await openContextScene();
const client = await kept(new scene.pg.Client({ connectionString: scene.database.url }));
await client.connect();
beforeEach(async () => {
  await client.query('TRUNCATE thing');
  await scene.changes();
});

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

  it('that reads is in a transaction where others write, before, while it is open, and after', async () => {
    await as('alice', async () => {
      await client.query('BEGIN');
      await insert(1);
    });
    const cursor = as('bob', () => client.query(new Cursor(LIST, [1, 10])));
    await as('bob', () => cursor.read(2));
    const waiting = as('carol', () => insert(2));
    expect(await cursor.read(2)).toEqual([{ id: 3 }, { id: 4 }]);
    await cursor.close();
    await waiting;
    await as('dave', () => client.query('UPDATE thing SET name = $1 WHERE id = 1', ['new']));
    await client.query('COMMIT');
    await insert(3);
    expect(await scene.actors()).toEqual(['alice', 'carol', 'dave', undefined]);
  });

  it('that fails rejects, and the next statement has its own context', async () => {
    const cursor = as('alice', () =>
      client.query(new Cursor('INSERT INTO thing VALUES ($1) RETURNING 1 / $2::int', [1, 0])),
    );
    await expect(cursor.read(1)).rejects.toMatchObject({ code: '22012' });
    await as('bob', () => insert(2));
    await insert(3);
    expect(await scene.actors()).toEqual(['bob', undefined]);
  });
});

describe('a stream of pg-query-stream', () => {
  it('that writes has the context of its scope, and what is sent while it flows has its own', async () => {
    const stream = as('alice', () => client.query(new QueryStream(MAKE, [1, 250], { batchSize: 20 })));
    const waiting = as('bob', () => insert(251));
    const ids: number[] = [];
    for await (const { id } of stream as AsyncIterable<{ id: number }>) ids.push(id);
    await waiting;
    await insert(252);
    expect(ids).toHaveLength(250);
    expect(new Set(ids).size).toBe(250);
    expect((await scene.actors()).slice(249)).toEqual(['alice', 'bob', undefined]);
  });

  it('that is destroyed leaves no context', async () => {
    const stream = as('alice', () => client.query(new QueryStream(MAKE, [1, 250], { batchSize: 20 })));
    for await (const row of stream) {
      expect(row).toEqual({ id: 1 });
      break;
    }
    if (!stream.closed) await finished(stream).catch(() => undefined);
    await insert(251);
    expect((await scene.actors()).slice(249)).toEqual(['alice', undefined]);
  });
});
