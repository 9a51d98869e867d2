import { expect, it } from '@jest/globals';
import pg from 'pg';
import { AuditContext } from '../../src/audit/index.js';
import { kept } from '../support/kept.js';
import { openContextScene } from '../support/context-scene.js';
import { startCountingProxy } from '../support/counting-proxy.js';

const clients: pg.Client[] = [];

const scene = await openContextScene();
const url = new URL(scene.database.url);
const proxy = await kept(startCountingProxy(url.hostname, Number(url.port)));
url.port = String(proxy.port);
for (const Client of [pg.Client, scene.pg.Client]) {
  const client = await kept(new Client({ connectionString: url.href }));
  await client.connect();
  clients.push(client);
}

type Statements = readonly (string | pg.QueryConfig)[];

it.each<[string, Statements, number]>([
  ['an autocommit statement with parameters', [{ text: 'UPDATE thing SET name = $1', values: ['x'] }], 1],
  ['an autocommit statement without', ['UPDATE thing SET name = 1'], 1],
  [
    'a prepared statement',
    [1, 2].map((value) => ({ name: 'p', text: 'UPDATE thing SET name = $1', values: [value] })),
    2,
  ],
  ['several statements', ['UPDATE thing SET name = 1; DELETE FROM thing'], 1],
  [
    'a transaction',
    ['BEGIN', { text: 'INSERT INTO thing VALUES ($1)', values: [1] }, 'DELETE FROM thing', 'COMMIT'],
    4,
  ],
  [
    'a transaction with a savepoint',
    ['BEGIN', 'SAVEPOINT s', 'DELETE FROM thing', 'ROLLBACK TO s', 'DELETE FROM thing', 'COMMIT'],
    6,
  ],
  ['a read', ['SELECT * FROM thing'], 1],
])('%s takes no round trip more', async (_what, statements, expected) => {
  const taken: number[] = [];
  for (const client of clients) {
    proxy.takeRoundTrips();
    await AuditContext.run({ actor: { type: 'user', id: 'alice' } }, async () => {
      for (const statement of statements) await client.query(statement);
    });
    taken.push(proxy.takeRoundTrips());
  }
  expect(taken).toEqual([expected, expected]);
});
