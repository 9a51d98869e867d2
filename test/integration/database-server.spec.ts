import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { checkServer, showUrl } from '../../src/shop/database/check-server.js';
import { createTestDatabase, runSql, type TestDatabase } from '../support/index.js';

const databases: TestDatabase[] = [];
const closers: (() => void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) close();
  for (const database of databases.splice(0)) await database.drop();
});

async function makeDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase({ empty: true });
  databases.push(database);
  return database;
}

async function serve(behave: (socket: Socket) => void): Promise<string> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    behave(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  return `postgres://app:secret@127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/app`;
}

async function refusalOf(url: string): Promise<string> {
  const refused: unknown = await checkServer(url).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'DATABASE_UNUSABLE' });
  return String(refused);
}

describe('The check of a database server', () => {
  it('tells the version of one that can be used', async () => {
    const { url } = await makeDatabase();
    const [row] = await runSql(url, 'SHOW server_version');
    expect(await checkServer(url)).toBe(row?.server_version);
  });

  it.each([
    '',
    'localhost',
    'mysql://app:secret@localhost/app',
    'postgres://app:secret@localhost',
    'postgres://app:sec%ret@localhost/app',
    'postgres://app:se/cret@local host/app',
  ])('refuses the address "%s", without its password', async (url) => {
    expect(await refusalOf(url)).not.toMatch(/se.?.?cret/);
  });

  it('says when nobody answers', async () => {
    const url = await serve(() => undefined);
    closers.splice(0).forEach((close) => close());
    expect(await refusalOf(url)).toMatch(/app:\*\*\*@127\.0\.0\.1:\d+\/app: connect ECONNREFUSED/);
    expect(await refusalOf('postgres://app:secret@nowhere.invalid/app')).toMatch(/ENOTFOUND|EAI_AGAIN/);
  });

  it('ends the wait for a server that is silent, or of another kind', async () => {
    await refusalOf(await serve(() => undefined));
    await refusalOf(await serve((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))));
  });

  it('says what the server refuses, without the password', async () => {
    const { url, name } = await makeDatabase();
    const refusal = await refusalOf(url.replace(/:[^:@]+@/, ':guess@'));
    expect(refusal).toContain('password authentication failed for user "app"');
    expect(refusal).not.toContain('guess');
    await refusalOf(url.replace(/:[^:@]+@/, '@'));
    expect(await refusalOf(url.replace(name, 'no_such_database'))).toContain('"no_such_database" does not exist');
    expect(await refusalOf(`${url}?sslmode=verify-full`)).toContain('SSL');
  });
});

it.each([
  ['postgres://app:secret@host:5432/app', 'postgres://app:***@host:5432/app'],
  ['postgres://app:se@c/ret@host/app', 'postgres://app:***@host/app'],
  ['postgres://app@host/app', 'postgres://app@host/app'],
  [
    'postgres://host/app?user=app&password=secret&sslmode=require',
    'postgres://host/app?user=app&password=***&sslmode=require',
  ],
  ['host=db password=secret dbname=app', 'host=db password=*** dbname=app'],
])('An address shown to people of %s has no password', (url, shown) => {
  expect(showUrl(url)).toBe(shown);
});
