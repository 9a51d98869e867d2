import { beforeEach, expect, it } from '@jest/globals';
import {
  Controller,
  Injectable,
  Module,
  Param,
  Post,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import {
  AuditAggregator,
  AuditContext,
  Audited,
  AuditedTransaction,
  AuditModule,
  AuditReason,
} from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { openContextScene } from '../support/context-scene.js';
import { listen } from '../support/http-app.js';
import { keptApp } from '../support/kept.js';

const INSERT = 'INSERT INTO thing VALUES ($1)';

/** The scope learns of the actor only after the scope was opened. */
@Injectable()
class Door implements CanActivate {
  canActivate(context: ExecutionContext): true {
    const request = context.switchToHttp().getRequest<{ user?: object; headers: Record<string, string> }>();
    request.user = { id: request.headers['x-user'], name: 'Alice Liddell' };
    return true;
  }
}

@Injectable()
class ThingsService {
  constructor(private readonly source: DataSource) {}

  @Audited('thing_restock')
  async restock(id: number): Promise<void> {
    await this.source.query(INSERT, [id]);
  }

  @AuditedTransaction('thing_transfer')
  async transfer(id: number): Promise<void> {
    await AuditContext.managerOf(this.source).query(INSERT, [id]);
  }
}

@Controller('things')
@UseGuards(Door)
class ThingsController {
  constructor(
    private readonly source: DataSource,
    private readonly things: ThingsService,
    private readonly audit: AuditAggregator,
  ) {}

  @Post(':id')
  @AuditReason({ header: 'x-reason' })
  @Audited('thing_creation')
  async create(@Param('id') id: string): Promise<void> {
    await this.source.query(INSERT, [id]);
    await this.source.transaction((manager) => manager.query(`UPDATE thing SET name = 'x' WHERE id = $1`, [id]));
  }

  @Post(':id/nested')
  @Audited('thing_creation')
  async nest(@Param('id') id: string): Promise<void> {
    await this.source.query(INSERT, [id]);
    await this.things.restock(Number(id) + 1);
    await this.things.transfer(Number(id) + 2);
  }

  @Post(':id/reads')
  @Audited('thing_view')
  async read(): Promise<void> {
    await this.source.query('SELECT * FROM thing');
  }

  @Post(':id/unaudited')
  async plain(@Param('id') id: string): Promise<void> {
    await this.source.transaction((manager) => manager.query(INSERT, [id]));
    await this.audit.record('thing_noted');
  }
}
const scene = await openContextScene();
const start = async (anonymize: boolean) => {
  @Module({
    imports: [
      AuditModule.forRoot({ spillDir: false, anonymize, pseudonymKey: 'k'.repeat(32) }),
      TypeOrmModule.forRoot({ type: 'postgres', url: scene.database.url, extra: { Client: scene.pg.Client } }),
    ],
    controllers: [ThingsController],
    providers: [ThingsService, InMemoryAuditProvider],
  })
  class Things {}
  const { app, url } = await listen(Things, 'express');
  return { app, url, memory: app.get(InMemoryAuditProvider) };
};
const plain = await keptApp(start(false));
const anonymous = await keptApp(start(true));
beforeEach(async () => {
  plain.memory.clear();
  await scene.database.sql('TRUNCATE thing');
  await scene.changes();
});

async function post(path: string, { url } = plain): Promise<void> {
  const headers = { 'x-user': 'alice', 'x-reason': 'a recount', 'x-request-id': 'req-1', 'user-agent': 'test' };
  const response = await fetch(`${url}/things/${path}`, { method: 'POST', headers });
  expect(response.status).toBe(201);
}

it.each([
  ['10', 'thing_creation', [10, 10]],
  ['20/unaudited', undefined, [20]],
] as const)('the row changes of the request %s name its operation, as its event does', async (path, action, things) => {
  await post(path);
  const [event, ...others] = plain.memory.events;
  expect(others).toEqual([]);
  const changes = await scene.changes();
  expect(changes.map(({ thing }) => thing)).toEqual(things);
  for (const { context } of changes) {
    expect(context).toMatchObject({
      actor: event?.actor,
      request: { id: event?.request?.id, method: 'POST', route: event?.request?.route, userAgent: 'test' },
      operation: { id: event?.metadata.operationId },
    });
    expect([context?.operation.action, context?.reason]).toEqual([action, action && 'a recount']);
  }
});

it('the row changes of an operation within another name the inner one', async () => {
  await post('30/nested');
  const idOf = (action: string) => plain.memory.events.find((event) => event.action === action)?.metadata.operationId;
  const seen = (await scene.changes()).map(({ context }) => [context?.operation.action, context?.operation.id]);
  expect(seen).toEqual(['thing_creation', 'thing_restock', 'thing_transfer'].map((action) => [action, idOf(action)]));
  expect(new Set(seen.map(([, id]) => id)).size).toBe(3);
});

it('an operation that changes no row has no operation id', async () => {
  await post('40/reads');
  expect(plain.memory.events.map(({ metadata }) => metadata)).toEqual([{ clientRequestId: 'req-1' }]);
});

it('an application that anonymises sends no name and no address to the database', async () => {
  await post('50', anonymous);
  const [event] = anonymous.memory.events;
  const changes = await scene.changes();
  expect(changes.length).toBe(2);
  for (const { context } of changes) {
    expect(context?.actor).toEqual(event?.actor);
    expect(JSON.stringify(context)).not.toMatch(/Liddell|127\.0\.0\.1/);
  }
});
