import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import pg from 'pg';
import { checkServer, showUrl } from '../../src/database/server/index.js';
import { runSql } from '../support/sql.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

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

/** The address of a server that does nothing but this with each connection. */
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

function message(type: string, ...parts: (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const head = Buffer.alloc(5, type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const int16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
const int32 = (value: number): Buffer => Buffer.concat([int16(value >> 16), int16(value & 0xffff)]);

/** Just enough of PostgreSQL's protocol to let everybody in and to answer each query with one row of text. */
function answerWith(row: Record<string, string>): (socket: Socket) => void {
  const ready = message('Z', 'I');
  const names = Object.keys(row).map((name) => `${name}\0`);
  const fields = names.flatMap((name) => [name, Buffer.alloc(6), int32(25), int16(-1), int32(-1), int16(0)]);
  const values = Object.values(row).flatMap((value) => [int32(value.length), value]);
  const columns = int16(names.length);
  const rows = [message('T', columns, ...fields), message('D', columns, ...values), message('C', 'SELECT 1\0'), ready];
  return (socket) => {
    socket.once('data', () => {
      socket.write(Buffer.concat([message('R', int32(0)), ready]));
      socket.on('data', (asked) => asked.toString('latin1', 0, 1) === 'Q' && socket.write(Buffer.concat(rows)));
    });
  };
}

async function refusalOf(url: string): Promise<{ code: unknown; message: string }> {
  const refused: unknown = await checkServer(url).catch((error: unknown) => error);
  if (!(refused instanceof Error) || !('code' in refused))
    throw new Error('Cannot read the refusal: the server accepted.');
  return { code: refused.code, message: refused.message };
}

describe('The check of a database server', () => {
  it('tells the version of one that can be used', async () => {
    const { url } = await makeDatabase();
    const [row] = await runSql(url, 'SHOW server_version_num');
    const versionNumber = Number(row?.server_version_num);
    expect(await checkServer(url)).toMatchObject({
      version: expect.stringMatching(new RegExp(String.raw`^${Math.floor(versionNumber / 10_000)}\.`)),
      versionNumber,
    });
  });

  it.each([
    ['', 'it is empty'],
    ['localhost', 'it is not a URL'],
    ['mysql://app:secret@localhost/app', 'its scheme is "mysql"'],
    ['postgres://app:secret@localhost', 'it names no database'],
    ['postgres://app:sec%ret@localhost/app', 'it has a "%" that starts no percent-encoded character'],
    ['postgres://app:se/cret@local host/app', 'it is not a URL'],
  ])('refuses the address "%s"', async (url, seen) => {
    const refusal = await refusalOf(url);
    expect(refusal).toEqual({ code: 'DATABASE_URL_INVALID', message: expect.stringContaining(seen) as unknown });
    expect(refusal.message).not.toMatch(/se.?.?cret/);
  });

  it('says when nobody answers', async () => {
    const url = await serve(() => undefined);
    closers.splice(0).forEach((close) => close());
    expect(await refusalOf(url)).toEqual({
      code: 'DATABASE_UNREACHABLE',
      message: expect.stringMatching(/app:\*\*\*@127\.0\.0\.1:\d+\/app: connect ECONNREFUSED/) as unknown,
    });
  });

  it('says when the host does not exist', async () => {
    const refusal = await refusalOf('postgres://app:secret@nowhere.invalid/app');
    expect(refusal.code).toBe('DATABASE_UNREACHABLE');
    expect(refusal.message).not.toContain('secret');
  });

  it('ends the wait for a server that is silent', async () => {
    const url = await serve(() => undefined);
    expect((await refusalOf(url)).code).toBe('DATABASE_UNREACHABLE');
  });

  it('says when another kind of server answers', async () => {
    const url = await serve((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    expect((await refusalOf(url)).code).toBe('DATABASE_NOT_POSTGRES');
  });

  it('says when the password is wrong, without repeating it', async () => {
    const { url } = await makeDatabase();
    const refusal = await refusalOf(url.replace(/:[^:@]+@/, ':guess@'));
    expect(refusal.code).toBe('DATABASE_LOGIN_REFUSED');
    expect(refusal.message).toContain('password authentication failed for user "app"');
    expect(refusal.message).not.toContain('guess');
  });

  it('says when there is no password at all', async () => {
    const { url } = await makeDatabase();
    expect((await refusalOf(url.replace(/:[^:@]+@/, '@'))).code).toBe('DATABASE_LOGIN_REFUSED');
  });

  it('says when the database does not exist', async () => {
    const { url, name } = await makeDatabase();
    const refusal = await refusalOf(url.replace(name, 'no_such_database'));
    expect(refusal.code).toBe('DATABASE_MISSING');
    expect(refusal.message).toContain('database "no_such_database" does not exist');
  });

  it('says when the server has no TLS and the address asks for it', async () => {
    const { url } = await makeDatabase();
    expect((await refusalOf(`${url}?sslmode=verify-full`)).code).toBe('DATABASE_TLS_REFUSED');
  });

  it('says when the server is too old', async () => {
    const url = await serve(answerWith({ version: '14.22', number: '140022' }));
    expect(await refusalOf(url)).toEqual({
      code: 'DATABASE_TOO_OLD',
      message: expect.stringContaining('it is PostgreSQL 14.22, older than 15') as unknown,
    });
  });

  it('takes the oldest supported server', async () => {
    const url = await serve(answerWith({ version: '15.0', number: '150000' }));
    expect(await checkServer(url)).toEqual({ version: '15.0', versionNumber: 150_000 });
  });
});

describe('An address shown to people', () => {
  it.each([
    ['postgres://app:secret@host:5432/app', 'postgres://app:***@host:5432/app'],
    ['postgres://app:se@c/ret@host/app', 'postgres://app:***@host/app'],
    ['postgres://app@host/app', 'postgres://app@host/app'],
    [
      'postgres://host/app?user=app&password=secret&sslmode=require',
      'postgres://host/app?user=app&password=***&sslmode=require',
    ],
    ['host=db password=secret dbname=app', 'host=db password=*** dbname=app'],
  ])('of %s has no password', (url, shown) => {
    expect(showUrl(url)).toBe(shown);
  });
});

describe('A test database', () => {
  it('is copied many times at once', async () => {
    databases.push(...(await Promise.all(Array.from({ length: 6 }, () => createTestDatabase()))));
    expect(new Set(databases.map(({ name }) => name)).size).toBe(6);
  });

  it('cannot be dropped in silence while the test holds a connection', async () => {
    const database = await createTestDatabase({ empty: true });
    const leaked = new pg.Client({ connectionString: database.url, application_name: 'leaky' });
    leaked.on('error', () => undefined);
    await leaked.connect();
    await leaked.query('SELECT 1 AS left_behind');
    await expect(database.drop(100)).rejects.toThrow(
      /left 1 connection\(s\) open: leaky, last query: SELECT 1 AS left_behind/,
    );
    await leaked.end();
    await expect(checkServer(database.url)).rejects.toThrow('does not exist');
  });
});
