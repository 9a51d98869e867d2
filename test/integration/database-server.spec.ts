import { describe, expect, it } from '@jest/globals';
import { checkServer, showUrl } from '../../src/shop/database/check-server.js';
import { testDatabase } from '../support/index.js';

const { url, name } = await testDatabase({ empty: true });

async function readRefusal(url: string): Promise<string> {
  const refused: unknown = await checkServer(url).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'DATABASE_UNUSABLE' });
  return String(refused);
}

describe('The check of a database server', () => {
  it.each([
    '',
    'localhost',
    'mysql://app:secret@localhost/app',
    'postgres://app:secret@localhost',
    'postgres://app:sec%ret@localhost/app',
    'postgres://app:se/cret@local host/app',
  ])('refuses the address "%s", without its password', async (address) => {
    expect(await readRefusal(address)).not.toMatch(/se.?.?cret/);
  });

  it('says when nobody answers', async () => {
    const refused = /app:\*\*\*@127\.0\.0\.1:1\/app: connect ECONNREFUSED/;
    expect(await readRefusal('postgres://app:secret@127.0.0.1:1/app')).toMatch(refused);
  });

  it('says what the server refuses, without the password', async () => {
    const refusal = await readRefusal(url.replace(/:[^:@]+@/, ':guess@'));
    expect(refusal).toContain('password authentication failed for user "app"');
    expect(refusal).not.toContain('guess');
    await readRefusal(url.replace(/:[^:@]+@/, '@'));
    expect(await readRefusal(url.replace(name, 'no_such_database'))).toContain('"no_such_database" does not exist');
    expect(await readRefusal(`${url}?sslmode=verify-full`)).toContain('SSL');
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
])('An address shown to people of %s has no password', (address, shown) => {
  expect(showUrl(address)).toBe(shown);
});
