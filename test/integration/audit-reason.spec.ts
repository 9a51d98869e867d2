import { request } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Body,
  ConflictException,
  Controller,
  Get,
  Injectable,
  Module,
  Post,
  UnauthorizedException,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
  type ModuleMetadata,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientProxyFactory, MessagePattern, Payload, Transport } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { lastValueFrom } from 'rxjs';
import type { EntityManager } from 'typeorm';
import {
  AuditContext,
  Audited,
  AuditedTransaction,
  AuditModule,
  AuditReason,
  NotAudited,
  type AuditEvent,
  type AuditReasonOptions,
} from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { freePort } from '../support/free-port.js';
import { ADAPTERS, createTestDatabase, listen } from '../support/index.js';

const done: unknown[] = [];

@Injectable()
class Door implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    if (headers['x-locked'] !== undefined) throw new UnauthorizedException();
    return true;
  }
}

@Controller('accounts')
@UseGuards(Door)
class AccountsController {
  @Post('closed')
  @AuditReason()
  @Audited('account_closing', { attempt: true, tenantId: () => 'acme', category: 'accounts' })
  close(@Body() body: { reason?: string; conflict?: boolean; said?: string }): void {
    if (body.said !== undefined) AuditContext.annotate({ reason: body.said });
    if (body.conflict) throw new ConflictException({ message: 'It is closed.', code: 'already_closed' });
  }

  @Post('merged')
  @AuditReason()
  @Audited('account_merging')
  merge(@Body() body: { reason?: string }): void {
    if (body.reason === undefined) body.reason = 'of the handler';
    else delete body.reason;
  }

  @Post('frozen')
  @Audited('account_freezing')
  @AuditReason({ header: 'X-Why', required: true })
  freeze(): void {
    done.push('frozen');
  }

  @Post('noted')
  @Audited('account_noting')
  @AuditReason({ body: 'because', required: true })
  note(): void {
    done.push('noted');
  }
}

@Controller('sessions')
@AuditReason({ header: 'x-why', required: true })
@Audited('session_look')
class SessionsController {
  @Get('one')
  one(): string {
    return 'one';
  }

  @Get('two')
  @AuditReason()
  two(): string {
    return 'two';
  }

  @Get('three')
  @NotAudited('a probe')
  three(): string {
    return 'three';
  }
}

const closers: (() => unknown)[] = [];
afterEach(async () => {
  done.length = 0;
  for (const close of closers.splice(0).reverse()) await close();
});

function moduleWith(...controllers: Type[]): Type {
  @Module({ imports: [AuditModule.forRoot()], controllers, providers: [InMemoryAuditProvider] })
  class AccountsModule {}
  return AccountsModule;
}

describe.each(ADAPTERS)('@AuditReason on %s', (adapter) => {
  async function start() {
    const { app, url } = await listen(moduleWith(AccountsController, SessionsController), adapter);
    closers.push(() => app.close());
    const post = async (path: string, body: object | string = {}, headers: Record<string, string> = {}) => {
      const answer = await fetch(`${url}/accounts/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      return { status: answer.status, body: (await answer.text()) || undefined };
    };
    return { url, post, recorded: (): readonly AuditEvent[] => app.get(InMemoryAuditProvider).events };
  }
  const reasons = (events: readonly AuditEvent[]) => events.map(({ outcome, reason }) => [outcome, reason]);

  it('takes the reason from its header, else from its field, into every event of the handler', async () => {
    const { post, recorded } = await start();
    await post('closed', { reason: '  moved away ' });
    await post('closed', { reason: 'moved away' }, { 'x-audit-reason': 'on request' });
    await post('closed', { reason: { not: 'a text' } }, { 'x-audit-reason': '  ' });

    expect(reasons(recorded())).toEqual([
      ['attempted', 'moved away'],
      ['success', 'moved away'],
      ['attempted', 'on request'],
      ['success', 'on request'],
      ['attempted', undefined],
      ['success', undefined],
    ]);
    expect(recorded().every(({ metadata }) => Object.keys(metadata).length === 0)).toBe(true);
  });

  it('is what was sent, whatever the handler makes of its body', async () => {
    const { post, recorded } = await start();
    await post('merged', { reason: 'twice' });
    await post('merged', {});

    expect(reasons(recorded())).toEqual([
      ['success', 'twice'],
      ['success', undefined],
    ]);
  });

  it('leaves the reason to the failure where it failed, and keeps the given one', async () => {
    const { post, recorded } = await start();
    await post('closed', { reason: 'moved away', conflict: true });
    await post('closed', { reason: 'moved away' }, { 'x-locked': '1' });
    await post('closed', '{', { 'x-audit-reason': 'on request' });

    expect(recorded().every(({ tenantId, category }) => tenantId === 'acme' && category === 'accounts')).toBe(true);
    expect(recorded().slice(1)).toMatchObject([
      { outcome: 'failure', reason: 'already_closed', metadata: { givenReason: 'moved away' } },
      { outcome: 'denied', reason: 'unauthenticated', metadata: { givenReason: 'moved away' } },
      { outcome: 'failure', reason: 'malformed_request', metadata: { givenReason: 'on request' } },
    ]);
  });

  it.each(['\0', '\u00ad\u2060 \ufeff'])(
    'does not count as a reason when nothing of it is visible: %j',
    async (text) => {
      const { post } = await start();
      expect((await post('noted', { because: text })).status).toBe(400);
      expect(done).toEqual([]);
      expect((await post('noted', { because: `${text}on request` })).status).toBe(201);
    },
  );

  it('loses to what the handler annotates, and is kept', async () => {
    const { post, recorded } = await start();
    await post('closed', { reason: 'moved away', said: 'by_owner' });

    expect(recorded().at(-1)).toMatchObject({ reason: 'by_owner', metadata: { givenReason: 'moved away' } });
  });

  it('does not start the handler without a reason where it is required: 400', async () => {
    const { post, recorded } = await start();
    const { status, body } = await post('frozen', { reason: 'in the wrong place' });

    expect(status).toBe(400);
    expect(JSON.parse(body ?? '')).toEqual({
      statusCode: 400,
      code: 'AUDIT_REASON_REQUIRED',
      reason: 'reason_missing',
      message: 'Cannot start the operation: the reason is missing. State it in the header x-why.',
    });
    expect((await post('noted', { because: '' }, { 'x-audit-reason': 'no' })).status).toBe(400);
    expect((await post('frozen', {}, { 'x-locked': '1' })).status).toBe(401);
    expect(done).toEqual([]);
    expect(reasons(recorded())).toEqual([
      ['failure', 'reason_missing'],
      ['failure', 'reason_missing'],
      ['denied', 'unauthenticated'],
    ]);

    expect((await post('frozen', {}, { 'X-WHY': 'fraud' })).status).toBe(201);
    expect((await post('noted', { because: 'a call' })).status).toBe(201);
    expect(done).toEqual(['frozen', 'noted']);
    expect(reasons(recorded().slice(3))).toEqual([
      ['success', 'fraud'],
      ['success', 'a call'],
    ]);
  });

  it('holds for the audited handlers of a controller, unless they have their own', async () => {
    const { url, recorded } = await start();
    const get = async (path: string, headers = {}): Promise<number> =>
      (await fetch(`${url}/sessions/${path}`, { headers })).status;

    expect(await get('one')).toBe(400);
    expect(await get('one', { 'x-why': 'a ticket' })).toBe(200);
    expect(await get('two', { 'x-why': 'a ticket' })).toBe(200);
    expect(await get('three')).toBe(200);
    expect(reasons(recorded())).toEqual([
      ['failure', 'reason_missing'],
      ['success', 'a ticket'],
      ['success', undefined],
    ]);
  });

  it('reads a header of other letters as UTF-8, as clients send it, else as Latin-1', async () => {
    const { url, recorded } = await start();
    const send = (value: string): Promise<void> =>
      new Promise((resolve, reject) => {
        const headers = { 'x-why': value };
        const call = request(`${url}/accounts/frozen`, { method: 'POST', headers }, (answer) => {
          answer.resume().on('end', resolve);
        });
        call.on('error', reject).end();
      });
    await send(Buffer.from('Kündigung 解約').toString('latin1'));
    await send('Kündigung');

    expect(reasons(recorded())).toEqual([
      ['success', 'Kündigung 解約'],
      ['success', 'Kündigung'],
    ]);
  });
});

it('takes the reason of a handler in a transaction, and of its failure', async () => {
  @Controller('notes')
  class NotesController {
    @Post()
    @AuditedTransaction('note_writing')
    @AuditReason({ body: 'why', required: true })
    async write(@Body() { fails }: { fails?: boolean }): Promise<void> {
      await AuditContext.transaction<EntityManager>().query("INSERT INTO note VALUES ('written')");
      if (fails) throw new ConflictException({ message: 'It is written.', code: 'already_written' });
    }
  }
  const database = await createTestDatabase({ empty: true });
  closers.push(() => database.drop());
  await database.sql('CREATE TABLE note (text text)');
  @Module({
    imports: [TypeOrmModule.forRoot({ type: 'postgres', url: database.url }), moduleWith(NotesController)],
  })
  class NotesModule {}
  const { app, url } = await listen(NotesModule, 'express');
  closers.push(() => app.close());
  const post = async (body: object): Promise<number> => {
    const headers = { 'content-type': 'application/json' };
    return (await fetch(`${url}/notes`, { method: 'POST', headers, body: JSON.stringify(body) })).status;
  };

  expect(await post({})).toBe(400);
  expect(await post({ why: 'a call', fails: true })).toBe(409);
  expect(await post({ why: 'a call' })).toBe(201);
  expect(await database.sql('SELECT * FROM note')).toHaveLength(1);
  expect(app.get(InMemoryAuditProvider, { strict: false }).events).toMatchObject([
    { type: 'note_writing_failed', reason: 'reason_missing' },
    { type: 'note_writing_failed', reason: 'already_written', metadata: { givenReason: 'a call' } },
    { type: 'note_writing', reason: 'a call' },
  ]);
});

it('takes the reason of a message from its payload', async () => {
  @Controller()
  class MessagesController {
    @MessagePattern('close')
    @Audited('account_closing')
    @AuditReason({ body: 'why', required: true })
    close(@Payload() { id }: { id: number }): number {
      done.push(id);
      return id;
    }
  }
  const options = { host: '127.0.0.1', port: await freePort() };
  const app = await NestFactory.createMicroservice(moduleWith(MessagesController), {
    transport: Transport.TCP,
    options,
    logger: false,
  });
  closers.push(() => app.close());
  await app.listen();
  const client = ClientProxyFactory.create({ transport: Transport.TCP, options });
  closers.push(() => client.close());
  const send = (payload: object): Promise<unknown> => lastValueFrom(client.send<unknown>('close', payload));

  await expect(send({ id: 7 })).rejects.toBeDefined();
  await expect(send({ id: 8, why: 'on request' })).resolves.toBe(8);
  expect(done).toEqual([8]);
  expect(app.get(InMemoryAuditProvider).events).toMatchObject([
    { outcome: 'failure', reason: 'reason_missing' },
    { outcome: 'success', reason: 'on request' },
  ]);
});

describe('the boot refuses an @AuditReason that does nothing', () => {
  const probe = (options: AuditReasonOptions, decorator = Audited('probe')): Type => {
    @Controller()
    class ProbeController {
      @Get()
      @AuditReason(options)
      @decorator
      probe(): void {
        // nothing to do
      }
    }
    return ProbeController;
  };

  @Injectable()
  class Jobs {
    @Audited('job_run')
    @AuditReason()
    run(): void {
      // nothing to do
    }
  }

  it.each<[string, ModuleMetadata]>([
    [
      'ProbeController.probe has an @AuditReason that does nothing: it has no @Audited to record the reason',
      { controllers: [probe({}, NotAudited('a probe'))] },
    ],
    ['it is not a handler of requests or messages', { providers: [Jobs] }],
    ['header is not the name of a header', { controllers: [probe({ header: 7 } as unknown as AuditReasonOptions)] }],
  ])('%s', async (problem, { providers = [], ...metadata }) => {
    const imports = [AuditModule.forRoot()];
    const parts = { ...metadata, imports, providers: [...providers, InMemoryAuditProvider] };
    const app = await Test.createTestingModule(parts).compile();
    closers.push(() => app.close());

    await expect(app.init()).rejects.toThrow(problem);
  });
});
