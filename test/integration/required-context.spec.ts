import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Inject,
  Injectable,
  Module,
  Post,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Observable, of } from 'rxjs';
import type { EntityManager } from 'typeorm';
import {
  ActionLogger,
  AuditAggregator,
  AuditContext,
  Audited,
  AuditedTransaction,
  AuditModule,
  type AuditModuleOptions,
} from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { keptApp, listen, testDatabase } from '../support/index.js';

const done: string[] = [];
const REQUIRED = expect.objectContaining({ code: 'AUDIT_CONTEXT_REQUIRED' });

@Injectable()
class OptionalUser implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ headers: Record<string, string>; user?: object }>();
    const { 'x-user': id, 'x-tenant': tenantId } = request.headers;
    if (id !== undefined) request.user = { id, tenantId };
    return true;
  }
}

@Injectable()
class Ledger {
  constructor(@Inject(AuditAggregator) private readonly audit: AuditAggregator) {}

  @Audited('order_creation')
  async create(): Promise<string> {
    done.push('create');
    return Promise.resolve('created');
  }

  @Audited('order_creation', { onFailure: 'open' })
  createAtOnce(): string {
    done.push('at once');
    return 'created';
  }

  @Audited('order_creation', { onFailure: 'open' })
  @Reflect.metadata('design:returntype', Observable) // as TypeScript leaves it there
  watch(): Observable<string> {
    done.push('watch');
    return of('created');
  }

  @AuditedTransaction('order_creation')
  async write(): Promise<void> {
    await AuditContext.transaction<EntityManager>().query("INSERT INTO note VALUES ('written')");
  }

  @AuditedTransaction()
  async writeAndRecord(): Promise<void> {
    await AuditContext.transaction<EntityManager>().query("INSERT INTO note VALUES ('recorded')");
    await this.audit.record('order_created');
  }
}

@Controller()
@UseGuards(OptionalUser)
class OrdersController {
  constructor(@Inject(AuditAggregator) private readonly audit: AuditAggregator) {}

  @Post('orders')
  @Audited('order_creation', { attempt: true })
  create(): void {
    done.push('handler');
  }

  @Post('leave')
  @Audited('order_creation')
  leave(): void {
    AuditContext.set({ actor: { type: 'anonymous' } });
  }

  @Post('views')
  async view(): Promise<void> {
    await this.audit.record('data_view');
  }
}

const ORDERS: AuditModuleOptions = { requireActor: ['order', 'data_access'], requireTenant: ['order'] };
const database = await testDatabase({ empty: true });
await database.sql('CREATE TABLE note (text text)');

async function start(options: AuditModuleOptions) {
  @Module({
    imports: [AuditModule.forRoot(options), TypeOrmModule.forRoot({ type: 'postgres', url: database.url })],
    controllers: [OrdersController],
    providers: [Ledger, InMemoryAuditProvider],
  })
  class OrdersModule {}
  const { app, url } = await listen(OrdersModule, 'express');
  const post = async (path: string, headers: Record<string, string> = {}) => {
    const answer = await fetch(url + path, { method: 'POST', headers });
    return { status: answer.status, body: await answer.json().catch((): unknown => undefined) };
  };
  const [audit, ledger, memory] = [app.get(AuditAggregator), app.get(Ledger), app.get(InMemoryAuditProvider)];
  return { app, post, audit, ledger, actions: app.get(ActionLogger), memory };
}

const open = await keptApp(start(ORDERS));
const { post, audit, ledger, memory } = open;
const closed = await keptApp(start({ ...ORDERS, onFailure: 'closed' }));
const strict = await keptApp(start({ requireActor: true, requireTenant: ['order'] }));
beforeEach(() => {
  done.length = 0;
  for (const each of [memory, closed.memory, strict.memory]) each.clear();
});

describe('an operation whose actor or tenant is required', () => {
  it('is not started without them: the answer is 403, and the event says why', async () => {
    expect(await post('/orders')).toEqual({
      status: 403,
      body: {
        statusCode: 403,
        code: 'AUDIT_CONTEXT_REQUIRED',
        message:
          'Cannot start order_creation: its actor and its tenant must be known first. Authenticate, or name the tenant in the request.',
      },
    });
    expect((await post('/orders', { 'x-user': '7' })).status).toBe(403);
    expect(done).toEqual([]);
    expect(memory.events).toMatchObject([
      {
        ...{ type: 'order_creation_denied', reason: 'actor_and_tenant_missing', request: { statusCode: 403 } },
        metadata: { missingContext: ['actor', 'tenant'] },
      },
      { reason: 'tenant_missing', actor: { id: '7' }, metadata: { missingContext: ['tenant'] } },
    ]);
  });

  it('runs with them, and is recorded, also when its actor is gone by then; it fails when what it records has none', async () => {
    const known = { 'x-user': '7', 'x-tenant': 'acme' };
    expect([(await post('/orders', known)).status, (await post('/leave', known)).status]).toEqual([201, 201]);
    expect(await post('/views')).toMatchObject({ status: 500, body: { code: 'AUDIT_CONTEXT_REQUIRED' } });
    expect(done).toEqual(['handler']);
    expect(memory.events.map(({ type, metadata }) => [type, metadata])).toEqual([
      ['order_creation_attempted', {}],
      ['order_created', {}],
      ['order_created', { missingContext: ['actor'] }],
    ]);
  });
});

describe('outside of HTTP', () => {
  it.each([
    ['open', open],
    ['closed', closed],
  ])('record() throws for what is done, and records nothing, with onFailure: %s', async (_mode, given) => {
    const call = given.audit.record('order_created', { tenantId: 'acme' });
    await expect(call).rejects.toThrow(REQUIRED);
    await expect(call).rejects.toMatchObject({ missing: ['actor'] });
    await expect(call).rejects.toThrow('which requireActor of the audit module requires');
    await expect(given.audit.record('order_creation', { outcome: 'attempted' })).rejects.toThrow(REQUIRED);
    expect(await given.actions.logAction({ adminUserId: 'root', action: 'ORDER_CREATED' })).toBe(false); // of no tenant
    expect(given.memory.events).toEqual([]);
  });

  it('what failed is recorded without, and marked', async () => {
    await audit.record('order_creation_failed', { reason: 'sold_out' });
    expect(memory.events).toMatchObject([{ metadata: { missingContext: ['actor', 'tenant'] } }]);
  });

  it("a person without an id is nobody; the application itself, a service and the library's own events are somebody", async () => {
    const tenantId = 'acme';
    const call = strict.audit.record('order_created', { tenantId, actor: { type: 'user' } });
    await expect(call).rejects.toThrow(REQUIRED);
    await strict.audit.record('order_created', { tenantId, actor: { type: 'service' } });
    await AuditContext.run({ tenantId, actor: { type: 'system' } }, () => strict.audit.record('order_created'));
    await strict.audit.record('audit_integrity_violation');
    expect(strict.memory.events.map(({ metadata }) => metadata)).toEqual([{}, {}, {}]);
  });

  it('a method is not called, and ends as its caller expects', async () => {
    await expect(ledger.create()).rejects.toThrow(REQUIRED);
    expect(() => ledger.createAtOnce()).toThrow(REQUIRED);
    const failed = await new Promise((resolve) => ledger.watch().subscribe({ error: resolve }));
    expect(failed).toEqual(REQUIRED);
    expect(done).toEqual([]);
    expect(memory.events.map(({ type, reason }) => [type, reason])).toEqual(
      Array(3).fill(['order_creation_denied', 'tenant_missing']),
    );
    await AuditContext.run({ tenantId: 'acme', actor: { id: 7 } }, () => ledger.create());
    expect(done).toEqual(['create']);
  });

  it('a transaction is not begun, or all of it is rolled back', async () => {
    await expect(ledger.write()).rejects.toThrow('Cannot start order_creation');
    await expect(ledger.writeAndRecord()).rejects.toThrow('Cannot record the event order_created');
    expect(await database.sql('SELECT * FROM note')).toEqual([]);
    expect(memory.events).toMatchObject([{ type: 'order_creation_denied' }]);
    await AuditContext.run({ tenantId: 'acme', actor: { id: 7 } }, () => ledger.write());
    expect(await database.sql('SELECT * FROM note')).toEqual([{ text: 'written' }]);
  });

  it('a category of no event type stops the boot, since it would protect nothing', async () => {
    await expect(start({ requireActor: ['data_access', 'data_acces'] })).rejects.toThrow(
      'requireActor has the unknown category data_acces (use one of ',
    );
    const events = [{ name: 'a_b', action: 'a_b', outcome: 'success', category: 'billing' }] as const;
    const { app } = await start({ requireTenant: ['billing'], events });
    await app.close();
  });
});
