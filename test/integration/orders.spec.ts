import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Global, Injectable, Module, ValidationPipe, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import request from 'supertest';
import { DataSource } from 'typeorm';
import { uuidv7 } from 'uuidv7';
import { Orders1763600000200 } from '../../migrations/1763600000200-orders.js';
import { Products1763600000250 } from '../../migrations/1763600000250-products.js';
import { Tenancy1763600000300 } from '../../migrations/1763600000300-tenancy.js';
import { Administration1763600000350 } from '../../migrations/1763600000350-administration.js';
import { AuditModule } from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { AuthModule, UserDirectory, type AuthenticatedUser } from '../../src/modules/auth/index.js';
import { OrdersModule } from '../../src/modules/orders/index.js';
import { OrderTimelineProvider } from '../../src/modules/orders/timeline/order-timeline.provider.js';
import { TENANCY_EVENTS } from '../../src/modules/tenancy/index.js';
import { MAIN_ADAPTERS, type ListeningApp } from '../support/http-app.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const memory = new InMemoryAuditProvider();

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
    { provide: UserDirectory, useValue: { find: () => Promise.resolve(undefined) } },
    { provide: InMemoryAuditProvider, useValue: memory },
  ],
  exports: [UserDirectory],
})
class StandInAuthModule {}

function user(...roles: AuthenticatedUser['roles']): AuthenticatedUser {
  const id = uuidv7();
  return { id, email: `${id}@example.com`, name: 'Somebody', roles, sessionId: uuidv7() };
}

const ITEMS = [
  { sku: 'pen', quantity: 3, unitPriceCents: 150 },
  { sku: 'ink', quantity: 1, unitPriceCents: 999 },
];
const TOTAL_CENTS = 1_449;

describe.each(MAIN_ADAPTERS)('orders, on %s', (adapter) => {
  const [owner, stranger, admin] = [user('user'), user('user'), user('user', 'admin')];
  let testDatabase: TestDatabase;
  let listening: ListeningApp;
  let database: DataSource;

  beforeAll(async () => {
    testDatabase = await createTestDatabase({ empty: true });
    const testing = await Test.createTestingModule({
      imports: [
        AuditModule.forRoot({ events: TENANCY_EVENTS }),
        TypeOrmModule.forRoot({
          type: 'postgres',
          url: testDatabase.url,
          autoLoadEntities: true,
          migrations: [Orders1763600000200, Products1763600000250, Tenancy1763600000300, Administration1763600000350],
          migrationsRun: true,
        }),
        OrdersModule,
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
    database = app.get(DataSource);
  });
  afterAll(async () => {
    await listening.app.close();
    await testDatabase.drop();
  });
  beforeEach(() => memory.clear());

  const call = (caller: AuthenticatedUser, method: 'get' | 'post' | 'patch', path: string, body?: object): Call => {
    const prepared = request(listening.url)[method](path).set('x-user', JSON.stringify(caller));
    return body ? prepared.send(body) : prepared;
  };
  const place = async (body: object = { items: ITEMS }): Promise<string> => {
    const placed = await call(owner, 'post', '/orders', body).expect(201);
    memory.clear();
    return (placed.body as { id: string }).id;
  };
  const setStatus = (id: string, status: string) =>
    database.query('UPDATE orders_order SET status = $2 WHERE id = $1', [id, status]);
  const onlyEvent = () => {
    expect(memory.events).toHaveLength(1);
    return memory.events[0];
  };
  interface Entry {
    readonly id: string;
    readonly occurredAt: string;
  }
  const timelineOf = async (id: string, caller = owner, query = ''): Promise<readonly Entry[]> => {
    const { body } = await call(caller, 'get', `/orders/${id}/timeline${query}`).expect(200);
    return (body as { items: readonly Entry[] }).items;
  };

  describe('placing', () => {
    it('answers with the total, and is an event', async () => {
      const { body } = await call(owner, 'post', '/orders', { items: ITEMS }).expect(201);

      const { id } = body as { id: string };
      expect(body).toEqual({ id, status: 'new', totalCents: TOTAL_CENTS });
      expect(onlyEvent()).toMatchObject({
        type: 'order_created',
        outcome: 'success',
        category: 'order',
        actor: { type: 'user', id: owner.id },
        resource: { type: 'order', id },
        details: { itemCount: 2, totalCents: TOTAL_CENTS },
      });
      expect(onlyEvent()?.tenantId).toBeUndefined();
    });

    it('takes the largest order, to the cent', async () => {
      const line = { sku: '\u{1F58A}'.repeat(64), quantity: 10_000, unitPriceCents: 100_000_000 };
      const { body } = await call(owner, 'post', '/orders', { items: Array.from({ length: 100 }, () => line) });

      const { id } = body as { id: string };
      expect(body).toEqual({ id, status: 'new', totalCents: 100_000_000_000_000 });
      const shown = await call(owner, 'get', `/orders/${id}`).expect(200);
      expect(shown.body).toMatchObject({ totalCents: 100_000_000_000_000 });
    });

    it.each([
      ['no items', { items: [] }],
      ['no list', { items: 'pen' }],
      ['nothing at all', {}],
      ['101 items', { items: Array.from({ length: 101 }, () => ITEMS[0]) }],
      ['an item that is null', { items: [null] }],
      ['an item that is a list', { items: [ITEMS] }],
      ['an empty sku', { items: [{ sku: '', quantity: 1, unitPriceCents: 1 }] }],
      ['a sku of 65 characters', { items: [{ sku: 'x'.repeat(65), quantity: 1, unitPriceCents: 1 }] }],
      ['a sku with U+0000', { items: [{ sku: 'p\0n', quantity: 1, unitPriceCents: 1 }] }],
      ['a sku with a lone surrogate', { items: [{ sku: 'p\ud800', quantity: 1, unitPriceCents: 1 }] }],
      ['no quantity', { items: [{ sku: 'pen', unitPriceCents: 1 }] }],
      ['quantity 0', { items: [{ sku: 'pen', quantity: 0, unitPriceCents: 1 }] }],
      ['quantity 10,001', { items: [{ sku: 'pen', quantity: 10_001, unitPriceCents: 1 }] }],
      ['half a piece', { items: [{ sku: 'pen', quantity: 1.5, unitPriceCents: 1 }] }],
      ['a quantity as text', { items: [{ sku: 'pen', quantity: '1', unitPriceCents: 1 }] }],
      ['a negative price', { items: [{ sku: 'pen', quantity: 1, unitPriceCents: -1 }] }],
      ['a price above the limit', { items: [{ sku: 'pen', quantity: 1, unitPriceCents: 100_000_001 }] }],
      ['an unknown field', { items: ITEMS, discount: 5 }],
      ['a store that is not a UUID', { items: ITEMS, storeId: 'corner-shop' }],
    ])('refuses %s, which is an event without an order', async (_what, body) => {
      await call(owner, 'post', '/orders', body).expect(400);

      expect(onlyEvent()).toMatchObject({ type: 'order_creation_failed', outcome: 'failure', reason: 'validation' });
      expect(onlyEvent()?.resource).toEqual({ type: 'order' });
    });

    it('needs somebody known', async () => {
      await request(listening.url).post('/orders').send({ items: ITEMS }).expect(403);

      expect(onlyEvent()).toMatchObject({ type: 'order_creation_denied', actor: { type: 'anonymous' } });
    });
  });

  describe('in a store', () => {
    const storeId = uuidv7();

    beforeAll(async () => {
      await database.query("INSERT INTO tenancy_store (id, name) VALUES ($1, 'Corner shop')", [storeId]);
      const member = [storeId, owner.id];
      await database.query("INSERT INTO tenancy_member (store_id, user_id, role) VALUES ($1, $2, 'buyer')", member);
    });

    it('makes the store the tenant of the order and of its events', async () => {
      const id = await place({ items: ITEMS, storeId });
      await call(owner, 'post', `/orders/${id}/cancel`, { reason: 'by mistake' }).expect(200);

      expect(onlyEvent()).toMatchObject({ type: 'order_canceled', tenantId: storeId });
      const { body } = await call(owner, 'get', `/orders/${id}`).expect(200);
      expect(body).toMatchObject({ storeId, cancelReason: 'by mistake' });
    });

    it('is denied to who is not a member', async () => {
      await call(stranger, 'post', '/orders', { items: ITEMS, storeId }).expect(403);

      expect(onlyEvent()).toMatchObject({
        type: 'order_creation_denied',
        reason: 'not_a_member',
        tenantId: storeId,
        details: { itemCount: 2, totalCents: TOTAL_CENTS },
      });
      expect(await database.query('SELECT 1 FROM orders_order WHERE owner_id = $1', [stranger.id])).toEqual([]);
    });

    it('is denied where there is no such store', async () => {
      await call(owner, 'post', '/orders', { items: ITEMS, storeId: uuidv7() }).expect(403);
    });
  });

  describe('showing', () => {
    it('shows an order to its owner and to an administrator, and is not an event', async () => {
      const id = await place();
      for (const caller of [owner, admin]) {
        const { body } = await call(caller, 'get', `/orders/${id}`).expect(200);
        expect(body).toMatchObject({ id, status: 'new', totalCents: TOTAL_CENTS, ownerId: owner.id, items: ITEMS });
      }
      expect(memory.events).toEqual([]);
    });

    it('does not find an order of somebody else, or of nobody', async () => {
      const id = await place();
      await call(stranger, 'get', `/orders/${id}`).expect(404);
      await call(stranger, 'get', `/orders/${id}/timeline`).expect(404);
      await call(owner, 'get', `/orders/${uuidv7()}`).expect(404);
      await call(owner, 'get', '/orders/42').expect(400);
    });

    it("lists the caller's own, newest first, page by page", async () => {
      const buyer = user('user');
      const ids: string[] = [];
      for (let count = 0; count < 3; count++) {
        const { body } = await call(buyer, 'post', '/orders', { items: ITEMS }).expect(201);
        ids.unshift((body as { id: string }).id);
      }
      const listed = async (query: string) => {
        const { body } = await call(buyer, 'get', `/orders${query}`).expect(200);
        return (body as { items: readonly Entry[] }).items.map(({ id }) => id);
      };

      expect(await listed('')).toEqual(ids);
      expect(await listed('?limit=2')).toEqual(ids.slice(0, 2));
      expect(await listed(`?limit=2&before=${ids[1] ?? ''}`)).toEqual(ids.slice(2));
      await call(buyer, 'get', '/orders?limit=0').expect(400);
      await call(buyer, 'get', '/orders?limit=201').expect(400);
    });
  });

  describe('changing', () => {
    const items = [{ sku: 'book', quantity: 2, unitPriceCents: 1_000 }];

    it('replaces the items, and the event tells what was before', async () => {
      const id = await place();
      const { body } = await call(owner, 'patch', `/orders/${id}`, { items }).expect(200);

      expect(body).toEqual({ id, status: 'new', totalCents: 2_000 });
      expect(onlyEvent()).toMatchObject({
        type: 'order_updated',
        resource: { type: 'order', id },
        details: { itemCount: 1, totalCents: 2_000 },
        changes: { before: { items: ITEMS, totalCents: TOTAL_CENTS }, after: { items, totalCents: 2_000 } },
      });
      const shown = await call(owner, 'get', `/orders/${id}`).expect(200);
      expect(shown.body).toMatchObject({ items, totalCents: 2_000 });
    });

    it.each(['paid', 'shipped', 'canceled'])('refuses an order that is %s', async (status) => {
      const id = await place();
      await setStatus(id, status);
      await call(owner, 'patch', `/orders/${id}`, { items }).expect(409);

      expect(onlyEvent()).toMatchObject({ type: 'order_update_failed', reason: `order_is_${status}` });
      expect(onlyEvent()?.resource).toEqual({ type: 'order', id });
    });

    it('does not find the order of somebody else, not even for an administrator', async () => {
      const id = await place();
      for (const caller of [stranger, admin]) {
        memory.clear();
        await call(caller, 'patch', `/orders/${id}`, { items }).expect(404);
        expect(onlyEvent()).toMatchObject({
          type: 'order_update_failed',
          reason: 'order_not_found',
          actor: { id: caller.id },
          resource: { type: 'order', id },
        });
      }
    });

    it('names the order in the event even where nothing else is right', async () => {
      await call(owner, 'patch', '/orders/42', { items: 'none' }).expect(400);

      expect(onlyEvent()).toMatchObject({ type: 'order_update_failed', resource: { type: 'order', id: '42' } });
    });
  });

  describe('canceling', () => {
    it.each(['new', 'paid'])('cancels an order that is %s', async (status) => {
      const id = await place();
      await setStatus(id, status);
      const { body } = await call(owner, 'post', `/orders/${id}/cancel`, { reason: 'found\nelsewhere' }).expect(200);

      expect(body).toEqual({ id, status: 'canceled', totalCents: TOTAL_CENTS });
      expect(onlyEvent()).toMatchObject({
        type: 'order_canceled',
        details: { reason: 'found\nelsewhere', itemCount: 2, totalCents: TOTAL_CENTS },
        changes: { before: { status }, after: { status: 'canceled' } },
      });
    });

    it.each(['shipped', 'canceled'])('refuses an order that is %s', async (status) => {
      const id = await place();
      await setStatus(id, status);
      const { body } = await call(owner, 'post', `/orders/${id}/cancel`, { reason: 'too late' }).expect(409);

      expect((body as { message: string }).message).toContain(`it is ${status}. Only an order that is new or paid`);
      expect(onlyEvent()).toMatchObject({
        type: 'order_cancellation_failed',
        reason: `order_is_${status}`,
        details: { reason: 'too late' },
      });
    });

    it.each([{}, { reason: '' }, { reason: 'x'.repeat(501) }, { reason: 7 }, { reason: 'a\0b' }])(
      'needs a reason: refuses %j',
      async (body) => {
        const id = await place();
        await call(owner, 'post', `/orders/${id}/cancel`, body).expect(400);
      },
    );

    it('lets one of many at once win, and loses no change before it', async () => {
      const id = await place();
      const attempts = await Promise.all(
        Array.from({ length: 12 }, (_, turn) =>
          turn % 2 === 0
            ? call(owner, 'patch', `/orders/${id}`, { items: [{ sku: 'x', quantity: turn + 1, unitPriceCents: 100 }] })
            : call(owner, 'post', `/orders/${id}/cancel`, { reason: `turn ${turn}` }),
        ),
      );

      const canceled = attempts.filter(({ status }, turn) => turn % 2 === 1 && status === 200);
      expect(canceled).toHaveLength(1);
      expect(new Set(attempts.map(({ status }) => status))).toEqual(new Set([200, 409]));
      const { body } = await call(owner, 'get', `/orders/${id}`).expect(200);
      const { items, totalCents } = body as { items: typeof ITEMS; totalCents: number };
      expect(canceled[0]?.body).toMatchObject({ totalCents });
      expect(items.reduce((sum, item) => sum + item.quantity * item.unitPriceCents, 0)).toBe(totalCents);
      expect(await timelineOf(id)).toHaveLength(13);
    });
  });

  describe('the timeline', () => {
    it('tells what was done and tried, oldest first', async () => {
      const id = await place();
      await call(owner, 'patch', `/orders/${id}`, { items: ITEMS }).expect(200);
      await call(stranger, 'post', `/orders/${id}/cancel`, { reason: 'mischief' }).expect(404);
      await call(owner, 'post', `/orders/${id}/cancel`, { reason: 'by mistake' }).expect(200);
      await call(owner, 'patch', `/orders/${id}`, { items: ITEMS }).expect(409);

      const details = { itemCount: 2, totalCents: TOTAL_CENTS };
      const byOwner = { actor: { type: 'user', id: owner.id }, outcome: 'success', reason: null, details };
      const expected = [
        { ...byOwner, type: 'order_created' },
        { ...byOwner, type: 'order_updated' },
        {
          type: 'order_cancellation_failed',
          outcome: 'failure',
          actor: { id: stranger.id },
          reason: 'order_not_found',
        },
        { ...byOwner, type: 'order_canceled', reason: 'by mistake', details: { ...details, reason: 'by mistake' } },
        { ...byOwner, type: 'order_update_failed', outcome: 'failure', reason: 'order_is_canceled' },
      ];
      const items = await timelineOf(id);
      expect(items).toMatchObject(expected);
      expect(items[0]?.occurredAt).toMatch(/^\d{4}-\d\d-\d\dT.*\.\d{3}Z$/);
      expect(await timelineOf(id, admin)).toEqual(items);
      expect(await timelineOf(id, owner, '?limit=2')).toEqual(items.slice(0, 2));
      expect(await timelineOf(id, owner, `?limit=2&after=${items[1]?.id ?? ''}`)).toEqual(items.slice(2, 4));
      expect(items.slice(1).map((entry) => entry.id)).toEqual(memory.events.map((event) => event.id));
    });

    it('takes the same batch twice, and skips what is about no order', async () => {
      const id = await place();
      await call(owner, 'patch', `/orders/${id}`, { items: ITEMS }).expect(200);
      await call(owner, 'post', '/orders', { items: [] }).expect(400);
      const before = await timelineOf(id);
      const batch = [...memory.events, ...memory.events];
      expect(batch).toHaveLength(4);

      const provider = listening.app.get(OrderTimelineProvider, { strict: false });
      await provider.record(batch);
      await provider.record(batch.slice(1, 2));
      expect(await timelineOf(id)).toEqual(before);
    });
  });
});

describe('the migration of the orders', () => {
  it('can be taken back', async () => {
    const testDatabase = await createTestDatabase({ empty: true });
    const migrations = [Orders1763600000200];
    const database = await new DataSource({ type: 'postgres', url: testDatabase.url, migrations }).initialize();
    await database.runMigrations();
    await database.undoLastMigration();
    const tables: unknown = await database.query("SELECT 1 FROM pg_tables WHERE tablename LIKE 'order%'");
    expect(tables).toEqual([]);
    await database.destroy();
    await testDatabase.drop();
  });
});
