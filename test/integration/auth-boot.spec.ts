import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Module, ValidationPipe, type INestApplication } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { DataSource } from 'typeorm';
import { Auth1763600000100 } from '../../migrations/1763600000100-auth.js';
import { AuditModule } from '../../src/audit/index.js';
import { ConfigurationModule, readConfig } from '../../src/config/index.js';
import { AuthModule } from '../../src/modules/auth/index.js';
import { listen } from '../support/http-app.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const ADMIN_EMAIL = 'Root@Example.com';
const MAIL_DIR = join(tmpdir(), 'mails-of-tests');

describe('the auth module at boot', () => {
  let database: TestDatabase;
  let output: string;
  const apps: INestApplication[] = [];

  beforeEach(async () => {
    database = await createTestDatabase({ empty: true });
    const source = new DataSource({ type: 'postgres', url: database.url, migrations: [Auth1763600000100] });
    await source.initialize();
    await source.runMigrations();
    await source.destroy();
    output = '';
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      output += String(text);
      return true;
    });
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    for (const app of apps.splice(0)) await app.close();
    await database.drop();
  });

  async function boot(environment: Record<string, string> = {}): Promise<string> {
    @Module({
      imports: [
        AuditModule.forRoot(),
        ConfigurationModule.forRoot(readConfig({ ADMIN_EMAIL, MAIL_DIR, ...environment })),
        TypeOrmModule.forRoot({ type: 'postgres', url: database.url, autoLoadEntities: true }),
        AuthModule,
      ],
    })
    class TestApplication {}
    const { app, url } = await listen(TestApplication, 'express', (made) =>
      made.useGlobalPipes(new ValidationPipe({ transform: true })),
    );
    apps.push(app);
    return url;
  }

  function logIn(url: string, password: string, email = ADMIN_EMAIL): request.Test {
    return request(url).post('/auth/login').send({ email, password });
  }

  async function tokenOf(url: string, password: string, email?: string): Promise<string> {
    const answer = await logIn(url, password, email).expect(200);
    return (answer.body as { accessToken: string }).accessToken; // as auth.spec.ts checks
  }

  function me(url: string, token: string): request.Test {
    return request(url).get('/auth/me').auth(token, { type: 'bearer' });
  }

  function printedPassword(): string {
    return /password: (\S+)/.exec(output)?.[1] ?? 'none was printed';
  }

  function printedAddress(): string {
    return /shown only now: ([^,\s]+),/.exec(output)?.[1] ?? 'none was printed';
  }

  async function query(sql: string): Promise<unknown> {
    const [app] = apps;
    return app?.get(DataSource).query(sql);
  }

  it('makes an administrator and prints his password once', async () => {
    const url = await boot();
    expect(output).toMatch(/shown only now[\s\S]*root@example\.com/);
    expect(printedPassword()).toHaveLength(24);
    const answer = await me(url, await tokenOf(url, printedPassword())).expect(200);
    expect(answer.body).toMatchObject({ email: 'root@example.com', roles: ['user', 'admin'] });
    const printed = output;
    await boot();
    expect(output).toBe(printed);
  });

  it('makes one administrator and one signing secret when several instances start at once', async () => {
    // Of one address the unique index alone would make one administrator.
    const addresses = ['one@example.com', 'two@example.com', 'three@example.com'];
    const urls = await Promise.all(addresses.map((address) => boot({ ADMIN_EMAIL: address })));
    expect(output.match(/password: /g)).toHaveLength(1);
    await expect(query('SELECT count(*)::int AS n FROM auth_user')).resolves.toEqual([{ n: 1 }]);
    const token = await tokenOf(urls[0] ?? '', printedPassword(), printedAddress());
    for (const url of urls) await me(url, token).expect(200);
  });

  it('does not make an administrator of somebody who has the address already', async () => {
    const first = await boot({ ADMIN_EMAIL: 'somebody@example.com' });
    await request(first)
      .post('/auth/register')
      .send({ email: ADMIN_EMAIL, password: 'my own password', name: 'Eve' })
      .expect(201);
    await query(`UPDATE auth_user SET roles = ARRAY['user']`);
    output = '';
    await boot();
    expect(output).toBe('');
    await expect(query(`SELECT 1 FROM auth_user WHERE 'admin' = ANY (roles)`)).resolves.toEqual([]);
  });

  it('signs by AUTH_JWT_SECRET when there is one, and then keeps none in the database', async () => {
    const AUTH_JWT_SECRET = 'a secret of the tests that is long enough';
    const first = await boot({ AUTH_JWT_SECRET });
    const token = await tokenOf(first, printedPassword());
    await me(await boot({ AUTH_JWT_SECRET }), token).expect(200);
    await expect(query('SELECT 1 FROM auth_secret')).resolves.toEqual([]);
    await me(await boot(), token).expect(401);
  });
});
