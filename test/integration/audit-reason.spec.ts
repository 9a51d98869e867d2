import { beforeEach, describe, expect, it } from '@jest/globals';
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
import { ADAPTERS, keptApp, listen, closeEach } from '../support/index.js';

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

beforeEach(() => {
  done.length = 0;
  memory.clear();
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

const scenes = await closeEach(ADAPTERS, (adapter) =>
  keptApp(listen(moduleWith(AccountsController, SessionsController), adapter)),
);

const LOCKED = { 'x-locked': '1' };
const ASKED = { 'x-audit-reason': 'on request' };
const latin1 = (text: string): string => Buffer.from(text).toString('latin1');

/** A GET, or a POST if there is a body. An end is the outcome, the reason, and `givenReason`. */
type Row = readonly [path: string, body: object | string | undefined, headers: Record<string, string>, status: number, ends: readonly (readonly unknown[])[]]; // prettier-ignore
const ROWS: readonly Row[] = [
  ['accounts/closed', { reason: '  moved away ' }, {}, 201, [['attempted', 'moved away'], ['success', 'moved away']]],
  ['accounts/closed', { reason: 'moved away' }, ASKED, 201, [['attempted', 'on request'], ['success', 'on request']]],
  ['accounts/closed', { reason: { not: 'a text' } }, { 'x-audit-reason': '  ' }, 201, [['attempted'], ['success']]],
  ['accounts/closed', { reason: 'moved', said: 'by_owner' }, {}, 201, [['attempted', 'moved'], ['success', 'by_owner', 'moved']]],
  ['accounts/closed', { reason: 'moved', conflict: true }, {}, 409, [['attempted', 'moved'], ['failure', 'already_closed', 'moved']]],
  ['accounts/closed', { reason: 'moved' }, LOCKED, 401, [['denied', 'unauthenticated', 'moved']]],
  ['accounts/closed', '{', ASKED, 400, [['failure', 'malformed_request', 'on request']]],
  ['accounts/frozen', { reason: 'in the wrong place' }, {}, 400, [['failure', 'reason_missing']]],
  ['accounts/frozen', {}, LOCKED, 401, [['denied', 'unauthenticated']]],
  ['accounts/frozen', {}, { 'X-WHY': 'fraud' }, 201, [['success', 'fraud']]],
  ['accounts/frozen', {}, { 'x-why': latin1('Kündigung 解約') }, 201, [['success', 'Kündigung 解約']]],
  ['accounts/frozen', {}, { 'x-why': 'Kündigung' }, 201, [['success', 'Kündigung']]],
  ['accounts/noted', { because: '' }, { 'x-audit-reason': 'no' }, 400, [['failure', 'reason_missing']]],
  ['accounts/noted', { because: '\0' }, {}, 400, [['failure', 'reason_missing']]],
  ['accounts/noted', { because: '\u00ad\u2060 \ufeff' }, {}, 400, [['failure', 'reason_missing']]],
  ['accounts/noted', { because: 'a call' }, {}, 201, [['success', 'a call']]],
  ['sessions/one', undefined, {}, 400, [['failure', 'reason_missing']]],
  ['sessions/one', undefined, { 'x-why': 'a ticket' }, 200, [['success', 'a ticket']]],
  ['sessions/two', undefined, { 'x-why': 'a ticket' }, 200, [['success']]],
  ['sessions/three', undefined, {}, 200, []],
]; // prettier-ignore

describe.each(scenes)('@AuditReason on $adapter', ({ url }) => {
  it.each(ROWS)('%s with %j and %j', async (path, body, headers, status, ends) => {
    const given = typeof body === 'object' ? JSON.stringify(body) : body;
    const answer = await fetch(`${url}/${path}`, {
      headers: { 'content-type': 'application/json', ...headers },
      ...(given !== undefined && { method: 'POST', body: given }),
    });
    const text = await answer.text();
    expect(answer.status).toBe(status);
    const recorded = memory.events.map(({ outcome, reason, metadata }) => [outcome, reason, metadata.givenReason]);
    expect(recorded).toEqual(ends.map(([outcome, reason, givenReason]) => [outcome, reason, givenReason]));
    expect(done).toHaveLength(status === 201 && !path.endsWith('closed') ? 1 : 0);
    for (const { tenantId, category } of path.endsWith('closed') ? memory.events : [])
      expect([tenantId, category]).toEqual(['acme', 'accounts']);
    if (path.endsWith('frozen') && status === 400) {
      expect(JSON.parse(text)).toEqual({
        ...{ statusCode: 400, code: 'AUDIT_REASON_REQUIRED', reason: 'reason_missing' },
        message: 'Cannot start the operation: the reason is missing. State it in the header x-why.',
      });
    }
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
  const tcp = { transport: Transport.TCP, options, logger: false } as const;
  const app = await NestFactory.createMicroservice(moduleWith(MessagesController), tcp);
  await app.listen();
  const client = ClientProxyFactory.create(tcp);
  const send = (payload: object): Promise<unknown> => lastValueFrom(client.send<unknown>('close', payload));
  await expect(send({ id: 7 })).rejects.toBeDefined();
  await expect(send({ id: 8, why: 'on request' })).resolves.toBe(8);
  client.close();
  await app.close();
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
    const given = [...providers, { provide: InMemoryAuditProvider, useValue: memory }];
    const parts = { ...metadata, imports: [AuditModule.forRoot()], providers: given };
    const app = await Test.createTestingModule(parts).compile();
    await expect(app.init()).rejects.toThrow(problem);
    await app.close();
  });
});
