import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Injectable,
  Module,
  Param,
  Post,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
  type Type,
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
import { MAIN_ADAPTERS, listen, type ListeningApp } from '../support/http-app.js';

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
let running: ListeningApp | undefined;
let recorder: InMemoryAuditProvider;

function moduleOf(anonymize = false): Type {
  @Module({
    imports: [
      AuditModule.forRoot({ spillDir: false, anonymize, pseudonymKey: 'k'.repeat(32) }),
      TypeOrmModule.forRoot({ type: 'postgres', url: scene.database.url, extra: { Client: scene.pg.Client } }),
    ],
    controllers: [ThingsController],
    providers: [ThingsService, InMemoryAuditProvider],
  })
  class Things {}
  return Things;
}

const scene = await openContextScene();
afterEach(async () => {
  await running?.app.close();
  running = undefined;
});

async function post(path: string): Promise<void> {
  const headers = { 'x-user': 'alice', 'x-reason': 'a recount', 'x-request-id': 'req-1', 'user-agent': 'test' };
  const response = await fetch(`${running?.url}/things/${path}`, { method: 'POST', headers });
  expect(response.status).toBe(201);
}

describe.each(MAIN_ADAPTERS)('the row changes of an audited request on %s', (adapter) => {
  it.each([
    ['10', 'thing_creation', ['10', '10']],
    ['20/unaudited', undefined, ['20']],
  ] as const)('%s name its operation, as its event does', async (path, action, things) => {
    running = await listen(moduleOf(), adapter);
    recorder = running.app.get(InMemoryAuditProvider);
    await post(path);
    const [event, ...others] = recorder.events;
    expect(others).toEqual([]);
    const operationId = event?.metadata.operationId;
    const changes = await scene.changes();
    expect(changes.map(({ thing }) => String(thing))).toEqual(things);
    for (const { context } of changes) {
      expect(context).toMatchObject({
        actor: event?.actor,
        request: { id: event?.request?.id, method: 'POST', route: event?.request?.route, userAgent: 'test' },
        operation: { id: operationId },
      });
      expect([context?.operation.action, context?.reason]).toEqual([action, action && 'a recount']);
    }
    await clear();
  });
});

async function clear(): Promise<void> {
  await running?.app.get(DataSource).query('DELETE FROM thing');
  await scene.changes();
}

it('the row changes of an operation within another name the inner one', async () => {
  running = await listen(moduleOf(), 'express');
  recorder = running.app.get(InMemoryAuditProvider);
  await post('30/nested');
  const idOf = (action: string): unknown =>
    recorder.events.find((event) => event.action === action)?.metadata.operationId;
  const seen = (await scene.changes()).map(({ context }) => [context?.operation.action, context?.operation.id]);
  expect(seen).toEqual(['thing_creation', 'thing_restock', 'thing_transfer'].map((action) => [action, idOf(action)]));
  expect(new Set(seen.map(([, id]) => id)).size).toBe(3);
  await clear();
});

it('an operation that changes no row has no operation id', async () => {
  running = await listen(moduleOf(), 'express');
  recorder = running.app.get(InMemoryAuditProvider);
  await post('40/reads');
  expect(recorder.events.map(({ metadata }) => metadata)).toEqual([{ clientRequestId: 'req-1' }]);
});

it('an application that anonymises sends no name and no address to the database', async () => {
  running = await listen(moduleOf(true), 'express');
  recorder = running.app.get(InMemoryAuditProvider);
  await post('50');
  const [event] = recorder.events;
  const changes = await scene.changes();
  expect(changes.length).toBe(2);
  for (const { context } of changes) {
    expect(context?.actor).toEqual(event?.actor);
    expect(JSON.stringify(context)).not.toMatch(/Liddell|127\.0\.0\.1/);
  }
  await clear();
});
