import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, HttpCode, Injectable, Module, Post, ValidationPipe, type INestApplication } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { TypeOrmModule } from '@nestjs/typeorm';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { DataSource } from 'typeorm';
import { uuidv7 } from 'uuidv7';
import { Auth1763600000100 } from '../../migrations/1763600000100-auth.js';
import { Audited, AuditModule, AuditProvider, type AuditEvent } from '../../src/audit/index.js';
import { ConfigurationModule, readConfig } from '../../src/config/index.js';
import {
  type AuthenticatedUser,
  AuthModule,
  CurrentUser,
  Public,
  Roles,
  UserDirectory,
} from '../../src/modules/auth/index.js';
import { SecurityLogProvider } from '../../src/modules/auth/security-log/security-log.provider.js';
import { MAIN_ADAPTERS, listen } from '../support/http-app.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const ADMIN = { email: 'root@example.com', password: 'the administrator of the tests' };
const PASSWORD = 'correct horse battery';
const USER_AGENT = 'the tests';
const MAIL_DIR = join(tmpdir(), 'mails-of-tests');

@Injectable()
@AuditProvider({ backend: 'collector' })
class Collector implements AuditProvider {
  readonly events: AuditEvent[] = [];

  record(batch: readonly AuditEvent[]): Promise<void> {
    this.events.push(...batch);
    return Promise.resolve();
  }
}

@Public()
@Controller('probe')
class ProbeController {
  @Post('open')
  @HttpCode(200)
  open(): object {
    return {};
  }

  @Post('admin')
  @HttpCode(200)
  @Roles('admin', 'auditor')
  @Audited('role_assignment')
  admin(@CurrentUser() user: AuthenticatedUser): object {
    return user;
  }

  @Post('confused')
  confused(@CurrentUser() user: AuthenticatedUser): object {
    return user;
  }
}

function moduleFor(database: TestDatabase): new () => object {
  const config = readConfig({
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: ADMIN.password,
    AUTH_RATE_LIMIT: '0',
    MAIL_DIR,
  });
  @Module({
    imports: [
      AuditModule.forRoot(),
      ConfigurationModule.forRoot(config),
      TypeOrmModule.forRoot({
        type: 'postgres',
        url: database.url,
        autoLoadEntities: true,
        migrations: [Auth1763600000100],
        migrationsRun: true,
      }),
      AuthModule,
    ],
    controllers: [ProbeController],
    providers: [Collector],
  })
  class TestApplication {}
  return TestApplication;
}

describe.each(MAIN_ADAPTERS)('auth on %s', (adapter) => {
  let database: TestDatabase;
  let app: INestApplication;
  let url: string;
  let events: AuditEvent[];

  beforeAll(async () => {
    database = await createTestDatabase({ empty: true });
    ({ app, url } = await listen(moduleFor(database), adapter, (made) =>
      made.useGlobalPipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true })),
    ));
    events = app.get(Collector).events;
  });

  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  beforeEach(() => {
    events.length = 0;
  });

  function post(path: string, body: object = {}, token?: string): request.Test {
    const sent = request(url).post(path).set('user-agent', USER_AGENT).send(body);
    return token === undefined ? sent : sent.auth(token, { type: 'bearer' });
  }

  function get(path: string, token: string): request.Test {
    return request(url).get(path).auth(token, { type: 'bearer' });
  }

  async function register(email = `${uuidv7()}@example.com`): Promise<{ id: string; email: string }> {
    const answer = await post('/auth/register', { email, password: PASSWORD, name: 'Ada' }).expect(201);
    events.length = 0;
    return answer.body as { id: string; email: string }; // what the first test checks
  }

  async function logIn({ email, password = PASSWORD }: { email: string; password?: string }): Promise<string> {
    const answer = await post('/auth/login', { email, password }).expect(200);
    events.length = 0;
    return (answer.body as { accessToken: string }).accessToken; // what the login test checks
  }

  function onlyEvent(): AuditEvent {
    expect(events).toHaveLength(1);
    const [event] = events;
    if (!event) throw new Error('there is no event');
    expect(JSON.stringify(event)).not.toContain(PASSWORD);
    return event;
  }

  function execute(sql: string, ...parameters: unknown[]): Promise<unknown> {
    return app.get(DataSource).query(sql, parameters);
  }

  describe('POST /auth/register', () => {
    it('makes an account, and one event by and about the new user', async () => {
      const body = { email: '  Ada@Example.COM ', password: PASSWORD, name: ' Ada Lovelace ' };
      const answer = await post('/auth/register', body).expect(201);
      expect(answer.body).toEqual({ id: expect.any(String), email: 'ada@example.com' });
      const { id } = answer.body as { id: string }; // as just checked
      expect(onlyEvent()).toMatchObject({
        type: 'user_registered',
        outcome: 'success',
        actor: { type: 'user', id, name: 'Ada Lovelace' },
        resource: { type: 'user', id },
        details: { email: 'ada@example.com', registrationMethod: 'email' },
        request: { route: '/auth/register', statusCode: 201, userAgent: USER_AGENT },
      });
    });

    it('refuses an address that has an account, in any case', async () => {
      const { email } = await register();
      await post('/auth/register', { email: email.toUpperCase(), password: PASSWORD, name: 'Eve' }).expect(409);
      expect(onlyEvent()).toMatchObject({
        type: 'user_registration_failed',
        reason: 'duplicate_email',
        actor: { type: 'anonymous' },
        details: { email },
      });
    });

    it('makes one account of many registrations at once', async () => {
      const body = { email: `${uuidv7()}@example.com`, password: PASSWORD, name: 'Ada' };
      const answers = await Promise.all(Array.from({ length: 4 }, () => post('/auth/register', body)));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    });

    it.each([
      { email: 'nobody', password: PASSWORD, name: 'Ada' },
      { email: 'ada2@example.com', password: 'short', name: 'Ada' },
      { email: 'ada2@example.com', password: 'x'.repeat(129), name: 'Ada' },
      { email: 'ada2@example.com', password: PASSWORD, name: ' ' },
      { email: 'ada2@example.com', password: PASSWORD, name: 'A\u0000da' },
      { email: 'ada2@example.com', password: PASSWORD, name: 'Ada', roles: ['admin'] },
      { email: { $ne: '' }, password: [PASSWORD], name: 1 },
      {},
    ])('refuses %j, with one event', async (body) => {
      await post('/auth/register', body).expect(400);
      expect(onlyEvent()).toMatchObject({ type: 'user_registration_failed', reason: 'validation' });
    });
  });

  describe('POST /auth/login', () => {
    it('answers with a token, and records the user with his session', async () => {
      const { id, email } = await register();
      const answer = await post('/auth/login', { email: ` ${email.toUpperCase()}`, password: PASSWORD }).expect(200);
      expect(answer.body).toEqual({ accessToken: expect.any(String), refreshToken: expect.any(String) });
      expect(answer.headers['cache-control']).toBe('no-store');
      const { accessToken, refreshToken } = answer.body as { accessToken: string; refreshToken: string }; // as just checked
      const { sid } = app.get(JwtService, { strict: false }).decode<{ sid: string }>(accessToken);
      const event = onlyEvent();
      expect(event).toMatchObject({
        type: 'user_login_success',
        category: 'authentication',
        actor: { type: 'user', id, name: 'Ada', sessionId: sid },
        resource: { type: 'user', id },
        details: { username: email, method: 'password' },
      });
      expect(JSON.stringify(event)).not.toContain(accessToken);
      expect(JSON.stringify(event)).not.toContain(refreshToken);
    });

    it('refuses a wrong password, an unknown user and an inactive one alike, and records which it was', async () => {
      const known = await register();
      const inactive = await register();
      await execute('UPDATE auth_user SET active = false WHERE id = $1', inactive.id);
      const wrong = await post('/auth/login', { email: known.email, password: 'wrong' }).expect(401);
      const unknown = await post('/auth/login', { email: 'nobody@example.com', password: PASSWORD }).expect(401);
      const closed = await post('/auth/login', { email: inactive.email, password: PASSWORD }).expect(401);
      expect(unknown.body).toEqual(wrong.body);
      expect(closed.body).toEqual(wrong.body);
      const failed = { type: 'user_login_failed', outcome: 'failure', severity: 'warning' };
      const nobody = { type: 'anonymous' };
      const at = ({ id }: { id: string }): object => ({ actor: nobody, resource: { type: 'user', id } });
      expect(events).toHaveLength(3);
      expect(events).toMatchObject([
        { ...failed, ...at(known), reason: 'invalid_password', details: { username: known.email } },
        {
          ...failed,
          actor: nobody,
          reason: 'unknown_user',
          details: { username: 'nobody@example.com' },
        },
        { ...failed, ...at(inactive), reason: 'user_inactive', details: { username: inactive.email } },
      ]);
      expect(events[1]).not.toHaveProperty('resource');
    });

    it('refuses a body without a password, with one event that keeps nothing of it', async () => {
      await post('/auth/login', { email: `not an address but ${PASSWORD}` }).expect(400);
      expect(onlyEvent()).toMatchObject({ type: 'user_login_failed', reason: 'validation', details: {} });
    });

    it('removes the sessions of the user that are past their end', async () => {
      const { id, email } = await register();
      await logIn({ email });
      await execute(
        `UPDATE auth_session SET created_at = now() - interval '2 h', expires_at = now() - interval '1 h' WHERE user_id = $1`,
        id,
      );
      await logIn({ email });
      await expect(execute('SELECT count(*)::int AS n FROM auth_session WHERE user_id = $1', id)).resolves.toEqual([
        { n: 1 },
      ]);
    });
  });

  describe('POST /auth/logout', () => {
    it('closes this session and no other', async () => {
      const { id, email } = await register();
      const [token, other] = [await logIn({ email }), await logIn({ email })];
      const answer = await post('/auth/logout', {}, token).expect(204);
      expect(answer.text).toBe('');
      const { sessionId } = onlyEvent().actor;
      expect(onlyEvent()).toMatchObject({
        type: 'user_logout',
        actor: { type: 'user', id, name: 'Ada' },
        resource: { type: 'session', id: sessionId },
        details: { logoutMethod: 'explicit' },
      });
      await get('/auth/me', token).expect(401);
      await get('/auth/me', other).expect(200);
    });

    it('denies a closed session, and names whose it was', async () => {
      const user = await register();
      const token = await logIn(user);
      await post('/auth/logout', {}, token).expect(204);
      events.length = 0;
      await post('/auth/logout', {}, token).expect(401);
      expect(onlyEvent()).toMatchObject({
        action: 'user_logout',
        outcome: 'denied',
        reason: 'session_revoked',
        actor: { type: 'user', id: user.id },
      });
    });
  });

  describe('the guards', () => {
    it('tell who is logged in', async () => {
      const user = await register();
      const answer = await get('/auth/me', await logIn(user)).expect(200);
      expect(answer.body).toEqual({ ...user, name: 'Ada', roles: ['user'] });
      expect(events).toEqual([]);
    });

    it('deny with 401 and the reason who is unknown', async () => {
      const jwt = app.get(JwtService, { strict: false });
      const expired = await jwt.signAsync({ sub: uuidv7(), sid: uuidv7() }, { expiresIn: -1 });
      const ofNoSession = await jwt.signAsync({ sub: uuidv7(), sid: uuidv7() });
      for (const token of [undefined, 'none.of.ours', expired, ofNoSession]) {
        const answer = await post('/probe/admin', {}, token).expect(401);
        expect(answer.headers['www-authenticate']).toBe('Bearer');
      }
      for (const other of ['Basic YTpi', 'Bearer a b']) {
        await post('/probe/admin').set('authorization', other).expect(401);
      }
      expect(events.map(({ outcome, reason }) => [outcome, reason])).toEqual([
        ['denied', 'token_missing'],
        ['denied', 'token_invalid'],
        ['denied', 'token_expired'],
        ['denied', 'token_invalid'],
        ['denied', 'token_missing'],
        ['denied', 'token_missing'],
      ]);
    });

    it('deny with 403 who lacks the role, and let those with one of the roles through', async () => {
      const user = await register();
      const token = await logIn(user);
      const answer = await post('/probe/admin', {}, token).expect(403);
      expect(answer.body).toMatchObject({ message: expect.stringContaining('admin or auditor') });
      expect(onlyEvent()).toMatchObject({ outcome: 'denied', reason: 'missing_role', actor: { id: user.id } });
      await execute(`UPDATE auth_user SET roles = ARRAY['user', 'auditor'] WHERE id = $1`, user.id);
      await post('/probe/admin', {}, token).expect(200);
      await post('/probe/admin', {}, await logIn(ADMIN)).expect(200);
    });

    it('deny the open session of a user who is no longer active', async () => {
      const user = await register();
      const token = await logIn(user);
      await execute('UPDATE auth_user SET active = false WHERE id = $1', user.id);
      await post('/auth/logout', {}, token).expect(401);
      expect(onlyEvent()).toMatchObject({ outcome: 'denied', reason: 'user_inactive', actor: { id: user.id } });
    });

    it('leave public routes alone, where a handler that wants the user is a mistake', async () => {
      await post('/probe/open', {}, 'none.of.ours').expect(200);
      await post('/probe/confused').expect(500);
    });
  });

  describe('GET /auth/me/security-log', () => {
    it('shows the user what happened to his own account, newest first', async () => {
      const user = await register();
      await register();
      await post('/auth/login', { email: user.email, password: 'wrong' }).expect(401);
      const token = await logIn(user);
      await post('/probe/admin', {}, token).expect(403);
      const answer = await get('/auth/me/security-log', token).expect(200);
      const { items } = answer.body as { items: Record<string, unknown>[] }; // its fields are checked below
      expect(items).toMatchObject([
        { type: 'role_assignment_denied', outcome: 'denied', reason: 'missing_role' },
        { type: 'user_login_success', outcome: 'success', reason: null },
        { type: 'user_login_failed', outcome: 'failure', reason: 'invalid_password' },
        { type: 'user_registered', outcome: 'success', reason: null },
      ]);
      expect(items[0]).toEqual({
        id: events.at(-1)?.id,
        occurredAt: events.at(-1)?.occurredAt,
        type: 'role_assignment_denied',
        outcome: 'denied',
        reason: 'missing_role',
        ip: '127.0.0.1',
        userAgent: USER_AGENT,
      });
    });

    it('shows at most as many as asked for, from 1 to 200', async () => {
      const token = await logIn(await register());
      const answer = await get('/auth/me/security-log?limit=1', token).expect(200);
      expect(answer.body).toEqual({ items: [expect.anything()] });
      for (const limit of ['0', '201', '1.5', 'all', '']) {
        await get(`/auth/me/security-log?limit=${limit}`, token).expect(400);
      }
    });

    it('keeps an event once however often its batch comes, and none of unknown accounts', async () => {
      const user = await register();
      await post('/auth/login', { email: user.email, password: 'wrong' }).expect(401);
      const event = onlyEvent();
      const ofNobody = { ...event, id: uuidv7(), resource: { type: 'user', id: uuidv7() } };
      const provider = app.get(SecurityLogProvider, { strict: false });
      await provider.record([event, event, ofNobody]);
      await provider.record([event]);
      await expect(
        execute('SELECT id FROM security_log WHERE id = ANY ($1)', [event.id, ofNobody.id]),
      ).resolves.toEqual([{ id: event.id }]);
    });
  });

  it('tells other features who an id belongs to', async () => {
    const user = await register();
    const directory = app.get(UserDirectory, { strict: false });
    await expect(directory.find(user.id)).resolves.toEqual({ ...user, name: 'Ada' });
    await expect(directory.find(uuidv7())).resolves.toBeUndefined();
    await expect(directory.find('17')).resolves.toBeUndefined();
  });
});
