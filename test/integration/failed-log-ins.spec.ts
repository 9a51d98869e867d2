import { describe, expect, it } from '@jest/globals';
import { Body, Controller, HttpCode, HttpException, Inject, Injectable, Module, Post, Req } from '@nestjs/common';
import { UnauthorizedException, UseGuards } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AuditAggregator, AuditContext, Audited, AuditTrail, AuthAudit, EventLogger } from '../../src/audit/index.js';
import { AuditTestingModule, InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { keptApp } from '../support/close-after-tests.js';
import { listen } from '../support/http-app.js';

const VICTIM = { type: 'user', id: 'u-1', name: 'Ada' } as const;
const AIMED_AT_VICTIM = { actor: { type: 'anonymous' }, resource: { type: 'user', id: 'u-1' } };

class Never implements CanActivate {
  canActivate(): boolean {
    throw new HttpException('Too many requests', 429);
  }
}

@Injectable()
class Doors {
  constructor(
    @Inject(AuditAggregator) readonly record: AuditAggregator,
    @Inject(AuthAudit) readonly auth: AuthAudit,
    @Inject(AuditTrail) readonly trail: AuditTrail,
    @Inject(EventLogger) readonly events: EventLogger,
  ) {}
}

@Controller()
class LogInController {
  constructor(@Inject(Doors) private readonly doors: Doors) {}

  @Post('bare')
  @Audited('user_login', { sensitiveFields: ['login'] })
  bare(@Body() { reason }: { readonly reason?: string }): void {
    throw new UnauthorizedException(reason ? { reason } : 'Wrong password');
  }

  @Post('told')
  @Audited('user_login', { details: ({ request }) => ({ username: request.body?.customer?.number }) })
  told(): void {
    throw new UnauthorizedException();
  }

  @Post('short')
  @Audited('login')
  short(): void {
    throw new UnauthorizedException('Wrong password');
  }

  @Post('limited')
  @UseGuards(Never)
  @Audited('user_login')
  limited(): void {
    throw new Error('never');
  }

  @Post('named')
  @Audited('user_login')
  named(): void {
    AuditContext.set({ actor: VICTIM });
    throw new UnauthorizedException();
  }

  @Post('option')
  @Audited('user_login', { actor: () => VICTIM, attempt: true })
  option(): void {
    throw new UnauthorizedException();
  }

  @Post('right')
  @HttpCode(200)
  @Audited('user_login')
  right(): object {
    return { user: VICTIM };
  }

  @Post('out')
  @HttpCode(200)
  @Audited('user_logout')
  async out(@Req() request: { user?: unknown }): Promise<void> {
    delete request.user; // as Passport's logOut() does
    await this.doors.record.record('session_revoked');
  }
}

@Module({
  imports: [AuditTestingModule.forRoot({ resolveActor: resolveSession })],
  controllers: [LogInController],
  providers: [Doors],
})
class LogInModule {}

function resolveSession(request: unknown): { id: string } | undefined {
  const { headers } = request as { readonly headers: Readonly<Record<string, string | undefined>> }; // Express's
  return headers['x-session'] === undefined ? undefined : { id: headers['x-session'] };
}

const listening = await keptApp(listen(LogInModule, 'express'));
const { app } = listening;
const memory = app.get(InMemoryAuditProvider);

describe('of a log-in that does not succeed, the account is the resource and nobody the actor', () => {
  async function readEvents(
    path: string,
    body: object = {},
    more: Record<string, string> = {},
  ): Promise<readonly object[]> {
    memory.clear();
    const headers = { 'content-type': 'application/json', ...more };
    await (await fetch(`${listening.url}/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).text();
    return memory.events;
  }

  it.each<[string, (doors: Doors) => Promise<unknown>]>([
    ['record()', ({ record }) => record.record('user_login_failed', { actor: VICTIM })],
    [
      'record() in the words of others',
      ({ record }) => record.record('login_failure', { userId: 'u-1', username: 'Ada' } as object),
    ],
    ['AuthAudit', ({ auth }) => auth.loginFailure({ userId: 'u-1', username: 'Ada', reason: 'locked' })],
    ['AuditTrail', ({ trail }) => trail.record('user_login_denied', { userId: 'u-1', context: { username: 'Ada' } })],
    ['EventLogger', ({ events }) => events.logEvent('login_failed', { userId: 'u-1', details: { username: 'Ada' } })],
    [
      'a context that names them',
      ({ record }) => AuditContext.run({ actor: VICTIM }, () => record.record('user_login', { outcome: 'attempted' })),
    ],
  ])('by %s', async (_door, use) => {
    memory.clear();
    await use(app.get(Doors));
    expect(memory.events).toMatchObject([{ ...AIMED_AT_VICTIM, details: { username: 'Ada' } }]);
    expect(memory.events[0]?.actor).toEqual({ type: 'anonymous' });
  });

  it('by @Audited, whoever says whose account it is', async () => {
    expect(await readEvents('named')).toMatchObject([{ type: 'user_login_failed', ...AIMED_AT_VICTIM }]);
    expect(await readEvents('option')).toMatchObject([
      { type: 'user_login_attempted', ...AIMED_AT_VICTIM },
      { type: 'user_login_failed', ...AIMED_AT_VICTIM },
    ]);
  });

  it.each<[object, object]>([
    [{ email: ' ada@example.com ', username: 'ada', password: 'p' }, { email: 'ada@example.com' }],
    [{ username: 'ada', password: 'p' }, { username: 'ada' }],
    [{ login: 4_930, password: 'p' }, { username: '[REDACTED]' }], // as the route says
    [{ username: { $ne: null }, email: '' }, {}],
    [{ user: { login: 'ada', password: 'p' } }, {}],
  ])('by a bare @Audited, which reads the tried account off %j', async (body, details) => {
    const [event] = await readEvents('bare', body);
    expect(event).toMatchObject({ type: 'user_login_failed', actor: { type: 'anonymous' }, reason: 'Wrong password' });
    expect(event).toHaveProperty('details', details);
  });

  it('by the option details of @Audited, for another form or a header', async () => {
    const [event] = await readEvents('told', { customer: { number: 'c-7' }, username: 'ada' });
    expect(event).toHaveProperty('details', { username: 'c-7' });
  });

  it('by the body, also if a guard denies the log-in', async () => {
    expect(await readEvents('limited', { username: 'ada' })).toMatchObject([{ details: { username: 'ada' } }]);
  });

  it('unless it succeeds: then the account in the result of the handler is the actor', async () => {
    expect(await readEvents('right')).toMatchObject([{ type: 'user_login_success', actor: VICTIM }]);
  });

  it('also where somebody else is logged in, who is not the tried account', async () => {
    const [event] = await readEvents('bare', { username: 'ada' }, { 'x-session': 'u-2' });
    expect(event).toMatchObject({ actor: { type: 'anonymous' }, metadata: { givenActorId: 'u-2' } });
    expect(event).not.toHaveProperty('resource');
  });
});

it.each([
  ['id', { id: 'u-1', _id: 'other' }],
  ['sub', { sub: 'u-1' }],
  ["userId, as Nest's documentation of Passport has it", { userId: 'u-1', username: 'ada' }],
  ['_id', { _id: { toString: (): string => 'u-1' } }],
])('of a log-out, the actor is who was logged in when it began, by %s', async (_field, user) => {
  class Guard implements CanActivate {
    canActivate(context: ExecutionContext): boolean {
      Object.assign(context.switchToHttp().getRequest<object>(), { user });
      return true;
    }
  }
  @Module({
    imports: [AuditTestingModule.forRoot()],
    controllers: [LogInController],
    providers: [Doors, { provide: APP_GUARD, useClass: Guard }],
  })
  class LogOutModule {}
  const { app, url } = await listen(LogOutModule, 'express');
  await fetch(`${url}/out`, { method: 'POST' });
  const { events } = app.get(InMemoryAuditProvider);
  await app.close();
  const actor = { type: 'user', id: 'u-1' };
  expect(events).toMatchObject([
    { type: 'session_revoked', actor },
    { type: 'user_logout', actor },
  ]);
});
