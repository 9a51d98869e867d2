import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
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
import { lastValueFrom } from 'rxjs';
import {
  AuditContext,
  Audited,
  AuditModule,
  AuditReason,
  NotAudited,
  type AuditReasonOptions,
} from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { freePort } from '../support/free-port.js';
import { ADAPTERS, keptApp, listen, onEach } from '../support/index.js';

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
beforeEach(() => {
  done.length = 0;
  memory.clear();
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const memory = new InMemoryAuditProvider();
function moduleWith(...controllers: Type[]): Type {
  @Module({
    imports: [AuditModule.forRoot()],
    controllers,
    providers: [{ provide: InMemoryAuditProvider, useValue: memory }],
  })
  class AccountsModule {}
  return AccountsModule;
}
const reasons = () => memory.events.map(({ outcome, reason }) => [outcome, reason]);

const scenes = await onEach(ADAPTERS, (adapter) =>
  keptApp(listen(moduleWith(AccountsController, SessionsController), adapter)),
);

describe.each(scenes)('@AuditReason on $adapter', ({ url }) => {
  const post = async (path: string, body: object | string = {}, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${url}/accounts/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: answer.status, body: (await answer.text()) || undefined };
  };

  it('takes the reason from its header, else from its field, into every event of the handler', async () => {
    await post('closed', { reason: '  moved away ' });
    await post('closed', { reason: 'moved away' }, { 'x-audit-reason': 'on request' });
    await post('closed', { reason: { not: 'a text' } }, { 'x-audit-reason': '  ' });

    expect(reasons()).toEqual([
      ['attempted', 'moved away'],
      ['success', 'moved away'],
      ['attempted', 'on request'],
      ['success', 'on request'],
      ['attempted', undefined],
      ['success', undefined],
    ]);
    expect(memory.events.every(({ metadata }) => Object.keys(metadata).length === 0)).toBe(true);
  });

  it('leaves the reason to the failure where it failed, and keeps the given one', async () => {
    await post('closed', { reason: 'moved away', conflict: true });
    await post('closed', { reason: 'moved away' }, { 'x-locked': '1' });
    await post('closed', '{', { 'x-audit-reason': 'on request' });

    expect(memory.events.every(({ tenantId, category }) => tenantId === 'acme' && category === 'accounts')).toBe(true);
    expect(memory.events.slice(1)).toMatchObject([
      { outcome: 'failure', reason: 'already_closed', metadata: { givenReason: 'moved away' } },
      { outcome: 'denied', reason: 'unauthenticated', metadata: { givenReason: 'moved away' } },
      { outcome: 'failure', reason: 'malformed_request', metadata: { givenReason: 'on request' } },
    ]);
  });

  it('loses to what the handler annotates, and is kept', async () => {
    await post('closed', { reason: 'moved away', said: 'by_owner' });

    expect(memory.events.at(-1)).toMatchObject({ reason: 'by_owner', metadata: { givenReason: 'moved away' } });
  });

  it('does not start the handler without a visible reason where it is required: 400', async () => {
    const { status, body } = await post('frozen', { reason: 'in the wrong place' });

    expect(status).toBe(400);
    expect(JSON.parse(body ?? '')).toEqual({
      statusCode: 400,
      code: 'AUDIT_REASON_REQUIRED',
      reason: 'reason_missing',
      message: 'Cannot start the operation: the reason is missing. State it in the header x-why.',
    });
    expect((await post('noted', { because: '' }, { 'x-audit-reason': 'no' })).status).toBe(400);
    for (const because of ['\0', '\u00ad\u2060 \ufeff']) expect((await post('noted', { because })).status).toBe(400);
    expect((await post('frozen', {}, { 'x-locked': '1' })).status).toBe(401);
    expect(done).toEqual([]);
    expect(reasons()).toEqual([
      ...Array.from({ length: 4 }, () => ['failure', 'reason_missing']),
      ['denied', 'unauthenticated'],
    ]);

    expect((await post('frozen', {}, { 'X-WHY': 'fraud' })).status).toBe(201);
    expect((await post('noted', { because: 'a call' })).status).toBe(201);
    expect(done).toEqual(['frozen', 'noted']);
    expect(reasons().slice(5)).toEqual([
      ['success', 'fraud'],
      ['success', 'a call'],
    ]);
  });

  it('holds for the audited handlers of a controller, unless they have their own', async () => {
    const get = async (path: string, headers = {}): Promise<number> =>
      (await fetch(`${url}/sessions/${path}`, { headers })).status;

    expect(await get('one')).toBe(400);
    expect(await get('one', { 'x-why': 'a ticket' })).toBe(200);
    expect(await get('two', { 'x-why': 'a ticket' })).toBe(200);
    expect(await get('three')).toBe(200);
    expect(reasons()).toEqual([
      ['failure', 'reason_missing'],
      ['success', 'a ticket'],
      ['success', undefined],
    ]);
  });

  it('reads a header of other letters as UTF-8, as clients send it, else as Latin-1', async () => {
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

    expect(reasons()).toEqual([
      ['success', 'Kündigung 解約'],
      ['success', 'Kündigung'],
    ]);
  });
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
  expect(memory.events).toMatchObject([
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
    const parts = {
      ...metadata,
      imports,
      providers: [...providers, { provide: InMemoryAuditProvider, useValue: memory }],
    };
    const app = await Test.createTestingModule(parts).compile();
    closers.push(() => app.close());

    await expect(app.init()).rejects.toThrow(problem);
  });
});
