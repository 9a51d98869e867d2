import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Inject,
  Injectable,
  Module,
  Post,
  UnauthorizedException,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
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
  type AuditEvent,
  type AuditModuleOptions,
} from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { type Adapter, MAIN_ADAPTERS, listen, testDatabase } from '../support/index.js';

const done: string[] = [];

@Injectable()
class OptionalUser implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ headers: Record<string, string>; user?: object }>();
    const { 'x-user': id, 'x-tenant': tenantId, 'x-bad': bad } = request.headers;
    if (bad !== undefined) throw new UnauthorizedException();
    if (id !== undefined) request.user = { id, tenantId };
    return true;
  }
}

@Injectable()
class Ledger {
  constructor(@Inject(AuditAggregator) private readonly audit: AuditAggregator) {}

  async note(): Promise<void> {
    await this.audit.record('data_view');
  }

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
}

@Controller()
@UseGuards(OptionalUser)
class OrdersController {
  constructor(@Inject(Ledger) private readonly ledger: Ledger) {}

  @Post('orders')
  @Audited('order_creation', { attempt: true })
  create(): void {
    done.push('handler');
  }

  @Post('login')
  @Audited('user_login')
  login(): void {
    done.push('login');
  }

  @Post('leave')
  @Audited('order_creation')
  leave(): void {
    AuditContext.set({ actor: { type: 'anonymous' } });
  }

  @Post('views')
  view(): Promise<void> {
    return this.ledger.note();
  }
}

const apps: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  done.length = 0;
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

function moduleWith(options: AuditModuleOptions) {
  @Module({
    imports: [AuditModule.forRoot(options)],
    controllers: [OrdersController],
    providers: [Ledger, InMemoryAuditProvider],
  })
  class OrdersModule {}
  return OrdersModule;
}

const ORDERS: AuditModuleOptions = { requireActor: ['order', 'data_access'], requireTenant: ['order'] };

describe.each(MAIN_ADAPTERS)('an operation whose actor or tenant is required on %s', (adapter: Adapter) => {
  async function start(options = ORDERS) {
    const { app, url } = await listen(moduleWith(options), adapter);
    apps.push(app);
    const post = async (path: string, headers: Record<string, string> = {}) => {
      const answer = await fetch(url + path, { method: 'POST', headers });
      return { status: answer.status, body: await answer.json().catch((): unknown => undefined) };
    };
    return { post, recorded: (): readonly AuditEvent[] => app.get(InMemoryAuditProvider).events };
  }

  it('is not started without them: the answer is 403, and the event says why', async () => {
    const { post, recorded } = await start();

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
    expect(recorded()).toMatchObject([
      { type: 'order_creation_denied', reason: 'actor_and_tenant_missing', request: { statusCode: 403 } },
      { type: 'order_creation_denied', reason: 'tenant_missing', actor: { id: '7' } },
    ]);
    expect(recorded().map(({ metadata }) => metadata.missingContext)).toEqual([['actor', 'tenant'], ['tenant']]);
  });

  it('runs with them', async () => {
    const { post, recorded } = await start();

    expect((await post('/orders', { 'x-user': '7', 'x-tenant': 'acme' })).status).toBe(201);
    expect(done).toEqual(['handler']);
    expect(recorded().map(({ type, metadata }) => [type, metadata])).toEqual([
      ['order_creation_attempted', {}],
      ['order_created', {}],
    ]);
  });

  it('that ran is recorded, also when its actor is gone by then', async () => {
    const { post, recorded } = await start();

    expect((await post('/leave', { 'x-user': '7', 'x-tenant': 'acme' })).status).toBe(201);
    expect(recorded()).toMatchObject([{ type: 'order_created', metadata: { missingContext: ['actor'] } }]);
  });

  it('fails when what it records has none', async () => {
    const { post, recorded } = await start({ requireActor: true });
    const { status, body } = await post('/views');

    expect(status).toBe(500);
    expect(body).toMatchObject({ code: 'AUDIT_CONTEXT_REQUIRED' });
    expect(recorded()).toEqual([]);
  });
});

describe('outside of HTTP', () => {
  async function start(options: AuditModuleOptions) {
    const app = await Test.createTestingModule({ imports: [moduleWith(options)] }).compile();
    await app.init();
    apps.push(app);
    return {
      ledger: app.get(Ledger),
      audit: app.get(AuditAggregator),
      actions: app.get(ActionLogger),
      recorded: (): readonly AuditEvent[] => app.get(InMemoryAuditProvider).events,
    };
  }

  it.each([{}, { onFailure: 'closed' as const }])(
    'record() throws for what is done, and records nothing',
    async (more) => {
      const { audit, actions, recorded } = await start({ ...ORDERS, ...more });

      const call = audit.record('order_created', { tenantId: 'acme' });
      await expect(call).rejects.toThrow(expect.objectContaining({ code: 'AUDIT_CONTEXT_REQUIRED' }));
      await expect(call).rejects.toMatchObject({ missing: ['actor'] });
      await expect(call).rejects.toThrow('which requireActor of the audit module requires');
      await expect(audit.record('order_creation', { outcome: 'attempted' })).rejects.toThrow(
        expect.objectContaining({ code: 'AUDIT_CONTEXT_REQUIRED' }),
      );
      expect(await actions.logAction({ adminUserId: 'root', action: 'ORDER_CREATED' })).toBe(false); // of no tenant
      expect(recorded()).toEqual([]);
    },
  );

  it('what failed is recorded without, and marked', async () => {
    const { audit, recorded } = await start(ORDERS);
    await audit.record('order_creation_failed', { reason: 'sold_out' });

    expect(recorded()).toMatchObject([{ metadata: { missingContext: ['actor', 'tenant'] } }]);
  });

  it('a person without an id is nobody; the application itself and a service are somebody', async () => {
    const { audit, recorded } = await start({ requireActor: true });

    await expect(audit.record('order_created', { actor: { type: 'user' } })).rejects.toThrow(
      expect.objectContaining({ code: 'AUDIT_CONTEXT_REQUIRED' }),
    );
    await audit.record('order_created', { actor: { type: 'service' } });
    await AuditContext.run({ actor: { type: 'system' } }, () => audit.record('order_created'));
    expect(recorded()).toHaveLength(2);
  });

  it("the library's own events need neither", async () => {
    const { audit, recorded } = await start({ requireActor: true, requireTenant: true });
    await audit.record('audit_integrity_violation');
    await audit.record('legal_hold_placement');

    expect(recorded()).toMatchObject([{ metadata: {} }, { metadata: {} }]);
  });

  it('a method is not called, and ends as its caller expects', async () => {
    const { ledger, recorded } = await start(ORDERS);
    const failed: unknown[] = [];

    await expect(ledger.create()).rejects.toThrow(expect.objectContaining({ code: 'AUDIT_CONTEXT_REQUIRED' }));
    expect(() => ledger.createAtOnce()).toThrow(expect.objectContaining({ code: 'AUDIT_CONTEXT_REQUIRED' }));
    await new Promise<void>((resolve) => {
      const error = (thrown: unknown): void => {
        failed.push(thrown);
        resolve();
      };
      ledger.watch().subscribe({ error });
    });
    expect(failed).toEqual([expect.objectContaining({ code: 'AUDIT_CONTEXT_REQUIRED' })]);
    expect(done).toEqual([]);
    expect(recorded().map(({ type, reason }) => [type, reason])).toEqual(
      Array(3).fill(['order_creation_denied', 'tenant_missing']),
    );

    await AuditContext.run({ tenantId: 'acme', actor: { id: 7 } }, () => ledger.create());
    expect(done).toEqual(['create']);
  });

  it('a category of no event type stops the boot, since it would protect nothing', async () => {
    await expect(start({ requireActor: ['data_access', 'data_acces'] })).rejects.toThrow(
      'requireActor has the unknown category data_acces (use one of ',
    );
    const events = [{ name: 'a_b', action: 'a_b', outcome: 'success', category: 'billing' }] as const;
    await expect(start({ requireTenant: ['billing'], events })).resolves.toBeDefined();
  });
});

const database = await testDatabase({ empty: true });
await database.sql('CREATE TABLE note (text text)');

describe('in a transaction', () => {
  @Injectable()
  class Notes {
    constructor(@Inject(AuditAggregator) private readonly audit: AuditAggregator) {}

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

  it('nothing is begun, or all of it is rolled back', async () => {
    @Module({
      imports: [AuditModule.forRoot(ORDERS), TypeOrmModule.forRoot({ type: 'postgres', url: database.url })],
      providers: [Notes, InMemoryAuditProvider],
    })
    class NotesModule {}
    const app = await Test.createTestingModule({ imports: [NotesModule] }).compile();
    await app.init();
    apps.push(app);
    const notes = app.get(Notes);

    await expect(notes.write()).rejects.toThrow('Cannot start order_creation');
    await expect(notes.writeAndRecord()).rejects.toThrow('Cannot record the event order_created');
    expect(await database.sql('SELECT * FROM note')).toEqual([]);
    expect(app.get(InMemoryAuditProvider).events).toMatchObject([{ type: 'order_creation_denied' }]);

    await AuditContext.run({ tenantId: 'acme', actor: { id: 7 } }, () => notes.write());
    expect(await database.sql('SELECT * FROM note')).toEqual([{ text: 'written' }]);
  });
});
