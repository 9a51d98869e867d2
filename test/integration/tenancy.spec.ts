import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Global, Injectable, Module, ValidationPipe, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import request from 'supertest';
import { DataSource } from 'typeorm';
import { uuidv7 } from 'uuidv7';
import { Tenancy1763600000300 } from '../../migrations/1763600000300-tenancy.js';
import { AuditAggregator, AuditModule } from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { AuthModule, RolesGuard, UserDirectory, type AuthenticatedUser } from '../../src/modules/auth/index.js';
import { AdminAuditLogProvider } from '../../src/modules/tenancy/admin-audit-log.provider.js';
import { StoreDirectory, TENANCY_EVENTS, TenancyModule } from '../../src/modules/tenancy/index.js';
import { ADAPTERS, type ListeningApp } from '../support/http-app.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const memory = new InMemoryAuditProvider();
const users = new Map<string, AuthenticatedUser>();

/** What of supertest's call is used, with a body that is not `any`. */
interface Call extends PromiseLike<{ readonly status: number; readonly body: unknown }> {
  expect(status: number): Call;
}

/** Stands in for auth: the user is who the header says, as JSON. */
@Injectable()
class HeaderUserGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const call = context.switchToHttp().getRequest<{ headers: Record<string, string>; user?: unknown }>();
    const { 'x-user': user } = call.headers;
    if (user !== undefined) call.user = JSON.parse(user) as unknown;
    return user !== undefined;
  }
}

@Global()
@Module({
  providers: [
    { provide: APP_GUARD, useClass: HeaderUserGuard },
    { provide: APP_GUARD, useClass: RolesGuard },
    { provide: UserDirectory, useValue: { find: (id: string) => Promise.resolve(users.get(id)) } },
    { provide: InMemoryAuditProvider, useValue: memory },
  ],
  exports: [UserDirectory],
})
class StandInAuthModule {}

function user(...roles: AuthenticatedUser['roles']): AuthenticatedUser {
  const id = uuidv7();
  const known = { id, email: `${id}@example.com`, name: 'Somebody', roles, sessionId: uuidv7() };
  users.set(id, known);
  return known;
}

describe.each(ADAPTERS)('tenancy, on %s', (adapter) => {
  const [admin, nobodySpecial] = [user('user', 'admin'), user('user', 'auditor')];
  let testDatabase: TestDatabase;
  let listening: ListeningApp;

  beforeAll(async () => {
    testDatabase = await createTestDatabase({ empty: true });
    const testing = await Test.createTestingModule({
      imports: [
        AuditModule.forRoot({ events: TENANCY_EVENTS }),
        TypeOrmModule.forRoot({
          type: 'postgres',
          url: testDatabase.url,
          autoLoadEntities: true,
          migrations: [Tenancy1763600000300],
          migrationsRun: true,
        }),
        TenancyModule,
      ],
    })
      .overrideModule(AuthModule)
      .useModule(StandInAuthModule)
      .compile();
    const app =
      adapter === 'fastify' ? testing.createNestApplication(new FastifyAdapter()) : testing.createNestApplication();
    app.useGlobalPipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }));
    await app.listen(0, '127.0.0.1');
    listening = { app, url: await app.getUrl() };
  });
  afterAll(async () => {
    await listening.app.close();
    await testDatabase.drop();
  });
  beforeEach(() => memory.clear());

  const call = (caller: AuthenticatedUser, method: 'get' | 'post', path: string, body?: object): Call => {
    const prepared = request(listening.url)[method](path).set('x-user', JSON.stringify(caller));
    return body ? prepared.send(body) : prepared;
  };
  const createStore = async (name = 'Corner shop'): Promise<string> => {
    const { body } = await call(admin, 'post', '/admin/stores', { name }).expect(201);
    memory.clear();
    return (body as { id: string }).id;
  };
  const itemsOf = async (path: string): Promise<readonly unknown[]> => {
    const { body } = await call(admin, 'get', path).expect(200);
    return (body as { items: readonly unknown[] }).items;
  };
  const onlyEvent = () => {
    expect(memory.events).toHaveLength(1);
    return memory.events[0];
  };

  describe('stores', () => {
    it('are created by an administrator, which is an event of the store', async () => {
      const { body } = await call(admin, 'post', '/admin/stores', { name: 'Corner shop' }).expect(201);

      const { id } = body as { id: string };
      expect(body).toEqual({ id, name: 'Corner shop' });
      expect(onlyEvent()).toMatchObject({
        type: 'store_created',
        action: 'store_creation',
        outcome: 'success',
        category: 'administration',
        actor: { id: admin.id },
        tenantId: id,
        resource: { type: 'store', id },
        details: { name: 'Corner shop' },
      });
      expect(await itemsOf('/admin/stores')).toContainEqual({ id, name: 'Corner shop' });
    });

    it.each([
      {},
      { name: '' },
      { name: '  ' },
      { name: 'x'.repeat(101) },
      { name: 'a\0b' },
      { name: 'a', color: 'red' },
    ])('are not created from %j', async (body) => {
      await call(admin, 'post', '/admin/stores', body).expect(400);

      expect(onlyEvent()).toMatchObject({
        type: 'store_creation_failed',
        category: 'administration',
        reason: 'validation',
      });
    });

    it('are nothing for anybody else, and the attempt is an event', async () => {
      await call(nobodySpecial, 'post', '/admin/stores', { name: 'Mine' }).expect(403);
      await call(nobodySpecial, 'get', '/admin/stores').expect(403);
      await call(nobodySpecial, 'get', '/admin/audit-log').expect(403);

      expect(onlyEvent()).toMatchObject({
        type: 'store_creation_denied',
        category: 'administration',
        outcome: 'denied',
        actor: { id: nobodySpecial.id },
      });
    });
  });

  describe('members', () => {
    it('get a role, and another in its place', async () => {
      const storeId = await createStore();
      const member = user('user');
      const first = await call(admin, 'post', `/admin/stores/${storeId}/members`, {
        userId: member.id,
        role: 'cashier',
      });
      const again = await call(admin, 'post', `/admin/stores/${storeId}/members`, { userId: member.id, role: 'owner' });

      expect([first.status, again.status]).toEqual([201, 201]);
      expect(again.body).toEqual({ storeId, userId: member.id, role: 'owner' });
      expect(await itemsOf(`/admin/stores/${storeId}/members`)).toEqual([again.body]);
      const every = {
        type: 'role_assigned',
        category: 'authorization',
        tenantId: storeId,
        resource: { type: 'user', id: member.id },
      };
      expect(memory.events).toMatchObject([
        { ...every, details: { roleName: 'cashier', storeId }, changes: { before: { role: null } } },
        {
          ...every,
          details: { roleName: 'owner', storeId },
          changes: { before: { role: 'cashier' }, after: { role: 'owner' } },
        },
      ]);
    });

    it('see each other in the order of assignment, however many are assigned at once', async () => {
      const storeId = await createStore();
      const member = user('user');
      const roles = ['aa', 'bb', 'cc', 'dd', 'ee', 'ff', 'gg', 'hh'];
      const path = `/admin/stores/${storeId}/members`;
      await Promise.all(roles.map((role) => call(admin, 'post', path, { userId: member.id, role }).expect(201)));

      const replaced = memory.events.map(({ changes }) => changes?.before as { role: string | null });
      expect(new Set(replaced.map(({ role }) => role)).size).toBe(roles.length);
      expect(await itemsOf(path)).toHaveLength(1);
    });

    it.each(['', 'a', 'Cashier', '_owner', 'x'.repeat(33), 'own er', 'owner\n'])(
      'do not get the role %j',
      async (role) => {
        const storeId = await createStore();
        const userId = user('user').id;
        await call(admin, 'post', `/admin/stores/${storeId}/members`, { userId, role }).expect(400);

        expect(onlyEvent()).toMatchObject({
          type: 'role_assignment_failed',
          reason: 'validation',
          tenantId: storeId,
          resource: { type: 'user', id: userId },
        });
      },
    );

    it('need a store and a user that exist', async () => {
      const storeId = await createStore();
      const path = `/admin/stores/${storeId}/members`;
      const nowhere = `/admin/stores/${uuidv7()}/members`;
      await call(admin, 'post', path, { userId: uuidv7(), role: 'owner' }).expect(404);
      await call(admin, 'post', nowhere, { userId: user('user').id, role: 'owner' }).expect(404);
      await call(admin, 'get', nowhere).expect(404);

      expect(memory.events.map(({ type, reason }) => `${type}: ${reason ?? ''}`)).toEqual([
        'role_assignment_failed: user_not_found',
        'role_assignment_failed: store_not_found',
      ]);
    });

    it('are known to other modules', async () => {
      const storeId = await createStore();
      const member = user('user');
      await call(admin, 'post', `/admin/stores/${storeId}/members`, { userId: member.id, role: 'cashier' }).expect(201);

      const directory = listening.app.get(StoreDirectory, { strict: false });
      expect(await directory.isMember(storeId, member.id)).toBe(true);
      expect(await directory.isMember(storeId, admin.id)).toBe(false);
      expect(await directory.isMember(uuidv7(), member.id)).toBe(false);
    });
  });

  describe("the administrators' log", () => {
    it('tells who did what from where, newest first', async () => {
      const storeId = await createStore();
      const member = user('user');
      await call(admin, 'post', `/admin/stores/${storeId}/members`, { userId: member.id, role: 'cashier' }).expect(201);
      await call(nobodySpecial, 'post', '/admin/stores', { name: 'Mine' }).expect(403);

      const [denied, assigned] = memory.events.toReversed();
      const log = await itemsOf('/admin/audit-log');
      expect(log.slice(0, 2)).toEqual([
        {
          id: denied?.id,
          occurredAt: denied?.occurredAt,
          adminUserId: nobodySpecial.id,
          action: 'store_creation',
          outcome: 'denied',
          targetType: 'store',
          targetId: null,
          details: { name: 'Mine' },
          ipAddress: '127.0.0.1',
          userAgent: null,
          requestId: denied?.request?.id,
        },
        {
          id: assigned?.id,
          occurredAt: assigned?.occurredAt,
          adminUserId: admin.id,
          action: 'role_assignment',
          outcome: 'success',
          targetType: 'user',
          targetId: member.id,
          details: { roleName: 'cashier', storeId },
          ipAddress: '127.0.0.1',
          userAgent: null,
          requestId: assigned?.request?.id,
        },
      ]);
      expect(log[2]).toMatchObject({ action: 'store_creation', targetType: 'store', targetId: storeId });
      expect(await itemsOf('/admin/audit-log?limit=1')).toEqual(log.slice(0, 1));
    });

    it.each(['0', '201', '1.5', 'many', ''])('is not shown with the limit %j', async (limit) => {
      await call(admin, 'get', `/admin/audit-log?limit=${limit}`).expect(400);
    });

    it('takes the same batch twice, and skips what nobody known did', async () => {
      const audit = listening.app.get(AuditAggregator, { strict: false });
      const actor = { type: 'system', id: 'nightly-job' } as const;
      await audit.record('role_assignment', { actor, details: { roleName: 'owner' } });
      await audit.record('role_assignment', { actor: { type: 'anonymous' } });
      await audit.record('order_creation', { actor });
      expect(memory.events).toHaveLength(3);
      const before = await itemsOf('/admin/audit-log');

      const provider = listening.app.get(AdminAuditLogProvider, { strict: false });
      const ofTheCategory = memory.events.slice(0, 2);
      await provider.record([...ofTheCategory, ...ofTheCategory]);
      expect(await itemsOf('/admin/audit-log')).toEqual(before);
      expect(before[0]).toMatchObject({ adminUserId: 'nightly-job', ipAddress: null, requestId: null });
      expect(before[1]).not.toMatchObject({ adminUserId: 'nightly-job' });
    });
  });
});

describe('the migration of tenancy', () => {
  it('can be taken back', async () => {
    const testDatabase = await createTestDatabase({ empty: true });
    const migrations = [Tenancy1763600000300];
    const database = await new DataSource({ type: 'postgres', url: testDatabase.url, migrations }).initialize();
    await database.runMigrations();
    await database.undoLastMigration();
    const tables: unknown = await database.query("SELECT 1 FROM pg_tables WHERE tablename ~ '^(tenancy_|admin_)'");
    expect(tables).toEqual([]);
    await database.destroy();
    await testDatabase.drop();
  });
});
