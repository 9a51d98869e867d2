import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  Controller,
  ForbiddenException,
  Get,
  Injectable,
  Logger,
  Module,
  Param,
  ParseIntPipe,
  Res,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  AuditAggregator,
  Audited,
  AuditModule,
  AuditProvider,
  type AuditEvent,
  type AuditModuleOptions,
  type AuditReceipt,
} from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { type Adapter, eventually, listen, type ListeningApp, MAIN_ADAPTERS, tempFolder } from '../support/index.js';
import { getRequestId } from '../support/request-ids.js';

const TIMEOUT_MS = 200;

/** The store fails between the beginning and the end of a request. */
const onlyAttempts = (batch: readonly AuditEvent[]): Promise<void> =>
  batch.every(({ outcome }) => outcome === 'attempted') ? Promise.resolve() : Promise.reject(new Error('no'));

class ScriptedProvider implements AuditProvider {
  readonly offered: AuditEvent[] = [];
  answer: (batch: readonly AuditEvent[]) => Promise<void> = () => Promise.resolve();

  async record(batch: readonly AuditEvent[]): Promise<void> {
    this.offered.push(...batch);
    await this.answer(batch);
  }

  get types(): readonly string[] {
    return this.offered.map(({ type }) => type);
  }
}

@AuditProvider({ backend: 'bad' })
class BadProvider extends ScriptedProvider {}

@AuditProvider({ backend: 'background', awaited: false })
class BackgroundProvider extends ScriptedProvider {}

@AuditProvider({ backend: 'orders', categories: ['order'] })
class OrdersProvider extends ScriptedProvider {}

@AuditProvider({ backend: 'required', required: true })
class RequiredProvider extends ScriptedProvider {}

interface PiecewiseResponse {
  write(text: string, done: () => void): unknown;
  end(text: string): unknown;
}

let handled = 0;
let changed: number[] = [];

@Injectable()
class OnlyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    return headers['x-case'] !== 'forbidden';
  }
}

@Controller('things')
@UseGuards(OnlyGuard)
class ThingsController {
  constructor(private readonly audit: AuditAggregator) {}

  @Get('receipt')
  receipt(): Promise<AuditReceipt> {
    return this.audit.record('thing_view');
  }

  @Get('records')
  @Audited('thing_change')
  async records(): Promise<void> {
    await this.audit.record('thing_view');
  }

  @Get('attempted')
  @Audited('thing_change', { attempt: true })
  attempted(): string {
    handled++;
    return 'done';
  }

  @Get('open')
  @Audited('thing_change', { onFailure: 'open' })
  open(): string {
    handled++;
    return 'done';
  }

  @Get('by-piece')
  @Audited('thing_change')
  byPiece(@Res() response: PiecewiseResponse): void {
    response.write('piece ', () => response.end('by piece')); // when the client has it
  }

  @Get('broken')
  @Audited('thing_change')
  broken(): never {
    throw new Error('broken');
  }

  @Get('refused')
  @Audited('thing_change')
  refused(): never {
    throw new ForbiddenException();
  }

  @Get(':id')
  @Audited('thing_change')
  change(@Param('id', ParseIntPipe) id: number): { id: number } {
    handled++;
    changed.push(id);
    return { id };
  }
}

@Controller('things/closed')
class ClosedController {
  @Get()
  @Audited('thing_change', { onFailure: 'closed' })
  closed(): number {
    return handled++;
  }
}

let listening: ListeningApp | undefined;
let folder: string;
const memory = new InMemoryAuditProvider();

async function boot(
  providers: readonly AuditProvider[],
  options: AuditModuleOptions = {},
  adapter: Adapter = 'express',
  controllers: readonly Type[] = [],
): Promise<(path: string, headers?: Record<string, string>) => Promise<Response>> {
  @Module({
    imports: [AuditModule.forRoot({ providerTimeoutMs: TIMEOUT_MS, ...options })],
    controllers: [...controllers, ThingsController],
    providers: providers.map((provider) => ({ provide: provider.constructor as Type, useValue: provider })), // instances of classes
  })
  class FixtureModule {}

  const opened = await listen(FixtureModule, adapter);
  listening = opened;
  return (path, headers = {}) => fetch(`${opened.url}/things/${path}`, { headers });
}

beforeEach(async () => {
  folder = await tempFolder('delivery-');
  handled = 0;
  changed = [];
  memory.clear();
});

afterEach(async () => {
  await listening?.app.close();
  listening = undefined;
  jest.restoreAllMocks();
});

const readReceipt = async (response: Response): Promise<AuditReceipt> => (await response.json()) as AuditReceipt; // what the fixture answers

describe('a bad provider neither breaks a route nor the provider beside it', () => {
  it.each<[string, () => Promise<void>, string]>([
    ['rejects', () => Promise.reject(new Error('the disk is full')), 'the disk is full'],
    [
      'is too slow',
      () => new Promise((resolve) => setTimeout(resolve, 5 * TIMEOUT_MS)),
      `no answer within ${TIMEOUT_MS} ms`,
    ],
  ])('when it %s', async (_how, answer, error) => {
    const bad = new BadProvider();
    bad.answer = answer;
    const get = await boot([bad, memory], { spillDir: join(folder, 'spill') });

    expect((await get('7')).status).toBe(200);
    const { eventId, recorded, providers } = await readReceipt(await get('receipt'));
    expect({ recorded, providers }).toEqual({
      recorded: true,
      providers: { bad: { status: 'spilled', error: expect.stringContaining(error) }, memory: { status: 'recorded' } },
    });
    expect(memory.events.map(({ id, type }) => [id === eventId, type])).toEqual([
      [false, 'thing_change'],
      [false, 'audit_recording_degraded'],
      [true, 'thing_view'],
    ]);
    expect(await readdir(join(folder, 'spill'))).not.toEqual([]);
  });
});

it('that events cannot be stored where they belong is an event at the other providers at once, and at the provider itself once it is back, which is one, too', async () => {
  const bad = new BadProvider();
  bad.answer = () => Promise.reject(new Error('the disk is full'));
  const get = await boot([bad, memory], { spillDir: join(folder, 'spill') });
  for (let round = 0; round < 3; round++) await get('receipt');
  await eventually(() => memory.events.some(({ type }) => type === 'audit_recording_degraded'));
  bad.offered.length = 0;
  bad.answer = () => Promise.resolve();
  await eventually(() => bad.types.includes('audit_recording_recovered'));
  await eventually(() => memory.events.some(({ type }) => type === 'audit_recording_recovered'));

  const about = memory.events.filter(({ type }) => type.startsWith('audit_recording_'));
  expect(about.map(({ type, severity, actor, resource }) => [type, severity, actor.type, resource])).toEqual([
    ['audit_recording_degraded', 'error', 'system', { type: 'audit_provider', id: 'bad' }],
    ['audit_recording_recovered', 'info', 'system', { type: 'audit_provider', id: 'bad' }],
  ]);
  expect(about[0]?.details).toEqual({ backend: 'bad', error: 'the disk is full' });
  expect(about[1]?.details).toMatchObject({ backend: 'bad', lost: 0 });
  expect(new Set(bad.types)).toEqual(new Set(['thing_view', 'audit_recording_degraded', 'audit_recording_recovered']));
});

it('an answer that has begun when its event can be stored nowhere is broken off where the policy is closed', async () => {
  jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
  const bad = new BadProvider();
  bad.answer = onlyAttempts;
  const get = await boot([bad], { onFailure: 'closed' }, 'express');
  const answer = get('by-piece').then((response) => response.text());

  await expect(answer).rejects.toThrow(/terminated|fetch failed/);
});

/** When the store fails. */
const FAILURES = {
  always: () => Promise.reject(new Error('no')),
  'after the attempt': onlyAttempts,
  'at the own event': (batch: readonly AuditEvent[]) =>
    batch.some(({ type }) => type === 'thing_view') ? Promise.reject(new Error('no')) : Promise.resolve(),
} as const;
const CLOSED = { onFailure: 'closed' } as const;
const [UNAVAILABLE, LOST] = [/"code":"AUDIT_UNAVAILABLE"/, /"code":"AUDIT_OUTCOME_LOST".*Do not repeat the operation/];

describe.each(MAIN_ADAPTERS)('an event that can be stored nowhere, on %s', (adapter) => {
  beforeEach(() => void jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined));

  const failing = (when: keyof typeof FAILURES = 'always'): BadProvider => {
    const bad = new BadProvider();
    bad.answer = FAILURES[when];
    return bad;
  };

  it.each<[string, keyof typeof FAILURES, AuditModuleOptions, string, readonly [number, RegExp, handled: number]]>([
    ['a closed operation does not start', 'always', CLOSED, '7', [503, UNAVAILABLE, 0]],
    ['nor one that would break', 'always', CLOSED, 'broken', [503, UNAVAILABLE, 0]],
    ['nor one that would refuse', 'always', CLOSED, 'refused', [503, UNAVAILABLE, 0]],
    ['a closed record() fails', 'always', CLOSED, 'receipt', [503, UNAVAILABLE, 0]],
    ['a closed operation that ran must not be repeated', 'after the attempt', CLOSED, '7', [500, LOST, 1]],
    ['nor one that broke', 'after the attempt', CLOSED, 'broken', [500, LOST, 0]],
    ['nor one that recorded by itself after what it did', 'at the own event', CLOSED, 'records', [500, LOST, 0]],
    ['one that a pipe refused may be repeated', 'after the attempt', CLOSED, 'no-number', [503, UNAVAILABLE, 0]],
    ['an open operation is done', 'always', {}, '7', [200, /^\{"id":7\}$/, 1]],
    ['an open attempt is done', 'always', {}, 'attempted', [200, /^done$/, 1]],
    ['an open record() resolves', 'always', {}, 'receipt', [200, /"recorded":false/, 0]],
    ['an open route of a closed application is done', 'always', CLOSED, 'open', [200, /^done$/, 1]],
  ])('%s', async (_what, when, options, path, [status, body, ran]) => {
    const response = await (await boot([failing(when)], options, adapter))(path);
    expect([response.status, await response.text(), handled]).toEqual([status, expect.stringMatching(body), ran]);
    if (status >= 500) expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  });

  it('fails a closed request that a guard would forbid', async () => {
    const response = await (await boot([failing()], CLOSED, adapter))('7', { 'x-case': 'forbidden' });
    expect([response.status, await response.json(), handled]).toMatchObject([503, { code: 'AUDIT_UNAVAILABLE' }, 0]);
  });

  it('leaves no closed operation without an event or its attempt, whenever the store fails', async () => {
    const bad = new BadProvider();
    const stored: AuditEvent[] = [];
    bad.answer = (batch) => {
      if (bad.offered.length % 3 === 0) return Promise.reject(new Error('no'));
      stored.push(...batch);
      return Promise.resolve();
    };
    const get = await boot([bad], { onFailure: 'closed' }, adapter);
    const statuses: number[] = [];
    const ask = async (number: number): Promise<void> => {
      statuses.push((await get(String(number), { 'x-request-id': getRequestId(`request-${number}`) })).status);
    };
    for (let round = 0; round < 10; round++) {
      await Promise.all(Array.from({ length: 10 }, (_, index) => ask(1_000 + round * 10 + index)));
    }
    const covered = new Set(stored.map(({ request }) => request?.id));

    expect(handled).toBeGreaterThan(0);
    expect(changed.filter((number) => !covered.has(getRequestId(`request-${number}`)))).toEqual([]);
    expect(statuses.filter((status) => status !== 503)).toHaveLength(handled); // nothing that was done says "try again"
  });

  it('fails a request whose route is closed, and no other', async () => {
    const get = await boot([failing()], {}, adapter, [ClosedController]);

    expect((await get('closed')).status).toBe(503);
    expect((await get('receipt')).status).toBe(200);
    expect((await get('open')).status).toBe(200);
  });

  it('is a failure when the spill is full, until that is replayed', async () => {
    const bad = failing();
    const spillDir = join(folder, 'spill');
    await mkdir(spillDir);
    const ballast = join(spillDir, 'ballast.corrupt');
    await writeFile(ballast, Buffer.alloc(2 * 1024 * 1024));
    const get = await boot([bad], { onFailure: 'closed', spillDir, maxSpillBytes: 1024 * 1024 }, adapter);
    expect((await get('7')).status).toBe(503);
    const aggregator = listening?.app.get(AuditAggregator);
    expect(aggregator?.spill()).toMatchObject({ full: true, maxBytes: 1024 * 1024 });

    bad.answer = () => Promise.resolve();
    await eventually(async () => (await get('7')).status === 200);
  });

  it('does not count as a failure while the spill takes it', async () => {
    const get = await boot([failing()], { onFailure: 'closed', spillDir: join(folder, 'spill') }, adapter);

    expect((await get('attempted')).status).toBe(200);
    expect(handled).toBe(1);
  });

  it('by a provider that is not required does not count as a failure while a required one stores it', async () => {
    const required = new RequiredProvider();
    const get = await boot([failing(), required], { onFailure: 'closed' }, adapter);
    expect((await get('7')).status).toBe(200);

    required.answer = () => Promise.reject(new Error('no'));
    expect((await get('7')).status).toBe(503);
  });

  it('by one of two providers, neither required, does not count as a failure', async () => {
    expect((await (await boot([failing(), memory], { onFailure: 'closed' }, adapter))('7')).status).toBe(200);
  });
});

describe.each(MAIN_ADAPTERS)("the application's own functions, on %s", (adapter) => {
  it.each<[string, AuditModuleOptions]>([
    ['resolveActor', { resolveActor: () => { throw new Error('no'); } }], // prettier-ignore
    ['resolveTenant', { resolveTenant: () => { throw new Error('no'); } }], // prettier-ignore
  ])('a %s that throws costs its field, neither the event nor the response', async (_name, options) => {
    const response = await (await boot([memory], options, adapter))('7');

    expect(response.status).toBe(200);
    expect(memory.events.map(({ type }) => type)).toEqual(['thing_change']);
  });
});

describe('providers get', () => {
  it('what they want only, and the receipt says what they skipped', async () => {
    const orders = new OrdersProvider();
    const get = await boot([orders, memory]);
    const audit = listening?.app.get(AuditAggregator);

    expect(await readReceipt(await get('receipt'))).toMatchObject({
      recorded: true,
      providers: { orders: { status: 'skipped', reason: 'category' }, memory: { status: 'recorded' } },
    });
    expect(await audit?.record('order_created')).toMatchObject({ providers: { orders: { status: 'recorded' } } });
    expect(orders.types).toEqual(['order_created']);
  });

  it('events behind the response when nobody waits for them', async () => {
    const background = new BackgroundProvider();
    let release: () => void = () => undefined;
    background.answer = () => new Promise((resolve) => (release = resolve));
    const get = await boot([background, memory], { providerTimeoutMs: 60_000 });

    expect(await readReceipt(await get('receipt'))).toMatchObject({
      recorded: true,
      providers: { background: { status: 'skipped', reason: 'not_awaited' }, memory: { status: 'recorded' } },
    });
    await eventually(() => background.types.length === 1);
    release();
  });

  it('nothing without providers: the boot warns once, and record() reports it', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const get = await boot([]);

    expect(warn.mock.calls).toEqual([['Audit providers: none. Events are not recorded.']]);
    expect(await readReceipt(await get('receipt'))).toMatchObject({ recorded: false, providers: {} });
    expect((await get('7')).status).toBe(200);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('what was accepted before the application is closed', async () => {
    const bad = new BadProvider();
    bad.answer = () => new Promise((resolve) => setTimeout(resolve, 50));
    await boot([bad]);
    const audit = listening?.app.get(AuditAggregator);
    void audit?.record('thing_view');
    await listening?.app.close();

    expect(bad.types).toEqual(['thing_view']);
  });
});

describe('events of the boot', () => {
  @Injectable()
  class EarlyService implements OnModuleInit {
    early: Promise<AuditReceipt>;
    initialised: AuditReceipt | undefined;

    constructor(private readonly audit: AuditAggregator) {
      this.early = audit.record('early_construction');
    }

    async onModuleInit(): Promise<void> {
      this.initialised = await this.audit.record('early_initialisation');
    }
  }

  @Module({ providers: [EarlyService], exports: [EarlyService] })
  class EarlyModule {}

  it.each([
    ['before', true],
    ['after', false],
  ])('arrive when their module is imported %s the audit module', async (_when, first) => {
    const auditModule = AuditModule.forRoot({ providerTimeoutMs: 10_000 });
    const testing = await Test.createTestingModule({
      imports: first ? [EarlyModule, auditModule] : [auditModule, EarlyModule],
      providers: [{ provide: InMemoryAuditProvider, useValue: memory }],
    }).compile();
    await testing.init();
    const early = testing.get(EarlyService, { strict: false });

    expect(await early.early).toMatchObject({ recorded: true });
    expect(early.initialised).toMatchObject({ recorded: true });
    expect(memory.events.map(({ type }) => type)).toEqual(['early_construction', 'early_initialisation']);
    await testing.close();
  });

  it.each(['open', 'closed'] as const)(
    'awaited in a factory do not stop the boot, and arrive (%s)',
    async (onFailure) => {
      const testing = await Test.createTestingModule({
        imports: [AuditModule.forRoot({ providerTimeoutMs: TIMEOUT_MS, onFailure })],
        providers: [
          { provide: InMemoryAuditProvider, useValue: memory },
          {
            provide: 'CONNECTION',
            useFactory: (audit: AuditAggregator) => audit.record('early_connection').catch((error: unknown) => error),
            inject: [AuditAggregator],
          },
        ],
      }).compile();
      await testing.init();

      await eventually(() => memory.events.length === 1);
      expect(memory.events[0]?.type).toBe('early_connection');
      const seen: unknown = testing.get('CONNECTION');
      if (onFailure === 'open') expect(seen).toMatchObject({ recorded: false });
      else expect(seen).toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
      await testing.close();
    },
  );
});
