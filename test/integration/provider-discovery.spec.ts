import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import {
  Inject,
  Injectable,
  Logger,
  Module,
  Scope,
  type DynamicModule,
  type INestApplication,
  type ModuleMetadata,
  type Type,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  AuditAggregator,
  AuditModule,
  AuditProvider,
  DuplicateBackendError,
  InvalidOptionsError,
  InvalidProviderError,
  ModuleMisusedError,
  UnknownBackendError,
  type AuditEvent,
  type AuditModuleOptions,
} from '../../src/audit/index.js';
import { MonitoringModule } from '../../src/modules/monitoring/index.js';
import { listen } from '../support/http-app.js';

class Counting implements AuditProvider {
  readonly types: string[] = [];

  record(batch: readonly AuditEvent[]): Promise<void> {
    this.types.push(...batch.map(({ type }) => type));
    return Promise.resolve();
  }
}

@AuditProvider({ backend: 'timeline' })
class TimelineProvider extends Counting {}

@AuditProvider({ backend: 'security' })
class SecurityProvider extends Counting {}

@AuditProvider({})
class OrderTimelineAuditProvider extends Counting {}

class SpecialTimelineProvider extends TimelineProvider {}

@Injectable()
class Greeter {
  greet(): string {
    return 'hello';
  }
}

const booted: INestApplication[] = [];

/** Boots an HTTP application with the audit module and what the test adds. */
function boot(metadata: ModuleMetadata, options: AuditModuleOptions = {}): Promise<INestApplication> {
  return start({ ...metadata, imports: [AuditModule.forRoot(options), ...(metadata.imports ?? [])] });
}

async function start(metadata: ModuleMetadata): Promise<INestApplication> {
  @Module(metadata)
  class RootModule {}

  const { app } = await listen(RootModule, 'express');
  booted.push(app);
  return app;
}

afterEach(async () => {
  await Promise.all(booted.splice(0).map((app) => app.close()));
  jest.restoreAllMocks();
});

/** The backends that an event reaches. */
async function backendsOf(app: INestApplication): Promise<readonly string[]> {
  return Object.keys((await app.get(AuditAggregator).record('thing_view')).providers).sort();
}

describe('a provider is found', () => {
  const instance = new TimelineProvider();

  it.each<[string, NonNullable<ModuleMetadata['providers']>, unknown]>([
    ['as a class', [TimelineProvider], TimelineProvider],
    ['by useClass', [{ provide: 'TIMELINE', useClass: TimelineProvider }], 'TIMELINE'],
    ['by useValue', [{ provide: 'TIMELINE', useValue: instance }], 'TIMELINE'],
    ['by useFactory', [{ provide: 'TIMELINE', useFactory: () => new TimelineProvider() }], 'TIMELINE'],
    [
      'by an asynchronous factory that injects',
      [
        Greeter,
        {
          provide: 'TIMELINE',
          useFactory: async (greeter: Greeter) => {
            await new Promise(setImmediate);
            greeter.greet();
            return new TimelineProvider();
          },
          inject: [Greeter],
        },
      ],
      'TIMELINE',
    ],
    ['as a subclass of a marked class', [SpecialTimelineProvider], SpecialTimelineProvider],
    [
      'by useClass with a subclass',
      [{ provide: TimelineProvider, useClass: SpecialTimelineProvider }],
      TimelineProvider,
    ],
    ['under an alias, once', [TimelineProvider, { provide: 'ALIAS', useExisting: TimelineProvider }], 'ALIAS'],
    [
      'behind an alias that comes first, once',
      [{ provide: 'ALIAS', useExisting: TimelineProvider }, TimelineProvider],
      'ALIAS',
    ],
  ])('%s', async (_how, providers, token) => {
    const app = await boot({ providers });

    expect(await backendsOf(app)).toEqual(['timeline']);
    expect(app.get<TimelineProvider>(token as string).types).toContain('thing_view'); // a token of any kind
    expect(app.get<TimelineProvider>(token as string).types.filter((type) => type === 'thing_view')).toHaveLength(1);
    instance.types.length = 0;
  });

  it('in any module, however deep', async () => {
    @Module({ providers: [TimelineProvider] })
    class DeepModule {}
    @Module({ imports: [DeepModule], providers: [SecurityProvider] })
    class FeatureModule {}

    expect(await backendsOf(await boot({ imports: [FeatureModule] }))).toEqual(['security', 'timeline']);
  });

  it('once when one instance is shared by several modules', async () => {
    const shared = new TimelineProvider();
    @Module({ providers: [{ provide: 'A', useValue: shared }] })
    class FirstModule {}
    @Module({ providers: [{ provide: 'B', useFactory: () => shared }] })
    class SecondModule {}
    const app = await boot({ imports: [FirstModule, SecondModule] });

    expect(await backendsOf(app)).toEqual(['timeline']);
    expect(shared.types).toEqual(['thing_view']);
  });

  it('once when it is exported to other modules', async () => {
    @Module({ providers: [TimelineProvider], exports: [TimelineProvider] })
    class OwnerModule {}
    @Module({ imports: [OwnerModule] })
    class UserModule {}
    const app = await boot({ imports: [OwnerModule, UserModule] });

    expect(await backendsOf(app)).toEqual(['timeline']);
    expect(app.get(TimelineProvider).types).toEqual(['thing_view']);
  });

  it('under the name of its class when it has none of its own', async () => {
    expect(await backendsOf(await boot({ providers: [OrderTimelineAuditProvider] }))).toEqual(['order-timeline']);
  });

  it('and other classes are left alone', async () => {
    const odd = [
      { provide: 'NULL', useValue: null },
      { provide: 'UNDEFINED', useValue: undefined },
      { provide: 'TEXT', useValue: 'text' },
      { provide: 'BARE', useValue: Object.create(null) as object },
      { provide: 'RECORD', useValue: { record: () => Promise.resolve() } },
      { provide: 'CLASS', useValue: TimelineProvider },
      { provide: 'FACTORY', useFactory: () => undefined },
    ];

    expect(await backendsOf(await boot({ providers: [Greeter, Counting, ...odd] }))).toEqual([]);
  });
});

describe('the boot stops', () => {
  it('when two providers have one name, and says in which modules', async () => {
    @Module({ providers: [TimelineProvider] })
    class FirstModule {}
    @Module({ providers: [SpecialTimelineProvider] })
    class SecondModule {}
    const error = await failure(boot({ imports: [FirstModule, SecondModule] }));

    expect(error).toBeInstanceOf(DuplicateBackendError);
    expect(error).toMatchObject({ code: 'AUDIT_BACKEND_DUPLICATE' });
    expect(error.message).toMatch(/"timeline".*FirstModule.*SecondModule/);
  });

  it('when one class is registered in two modules, and says in which', async () => {
    @Module({ providers: [TimelineProvider] })
    class FirstModule {}
    @Module({ providers: [TimelineProvider] })
    class SecondModule {}

    expect((await failure(boot({ imports: [FirstModule, SecondModule] }))).message).toMatch(
      /FirstModule.*SecondModule/,
    );
  });

  it('when one module registers two of one name, and names it', async () => {
    @Module({ providers: [TimelineProvider, SpecialTimelineProvider] })
    class OnlyModule {}

    expect((await failure(boot({ imports: [OnlyModule] }))).message).toContain('twice in OnlyModule');
  });

  it('when one of two of a name is disabled, too', async () => {
    const error = await failure(
      boot({ providers: [TimelineProvider, SpecialTimelineProvider] }, { disabledProviders: ['timeline'] }),
    );

    expect(error).toBeInstanceOf(DuplicateBackendError);
  });

  @AuditProvider({ backend: 'per-request' })
  @Injectable({ scope: Scope.REQUEST })
  class RequestScopedProvider extends Counting {}

  @AuditProvider({ backend: 'per-injection' })
  @Injectable({ scope: Scope.TRANSIENT })
  class TransientProvider extends Counting {}

  @Injectable({ scope: Scope.REQUEST })
  class PerRequest {}

  @AuditProvider({ backend: 'dependent' })
  @Injectable()
  class DependentProvider extends Counting {
    constructor(readonly perRequest: PerRequest) {
      super();
    }
  }

  it.each<[string, NonNullable<ModuleMetadata['providers']>, string]>([
    ['is request-scoped', [RequestScopedProvider], 'RequestScopedProvider'],
    ['is request-scoped by useClass', [{ provide: 'P', useClass: RequestScopedProvider }], 'RequestScopedProvider'],
    [
      'is made request-scoped',
      [{ provide: 'P', useClass: TimelineProvider, scope: Scope.REQUEST }],
      'TimelineProvider',
    ],
    [
      'comes from a request-scoped factory',
      [{ provide: TimelineProvider, useFactory: () => new TimelineProvider(), scope: Scope.REQUEST }],
      'TimelineProvider',
    ],
    ['depends on what is request-scoped', [PerRequest, DependentProvider], 'DependentProvider'],
    ['is transient', [TransientProvider], 'TransientProvider'],
  ])('when a provider %s', async (_why, providers, name) => {
    const error = await failure(boot({ providers }));

    expect(error).toBeInstanceOf(InvalidProviderError);
    expect(error).toMatchObject({ code: 'AUDIT_PROVIDER_INVALID' });
    expect(error.message).toContain(`Cannot register the audit provider ${name}`);
  });

  it('when a provider cannot record, and says where it is', async () => {
    @AuditProvider({ backend: 'forgetful' })
    class ForgetfulProvider {}
    @Module({ providers: [ForgetfulProvider] })
    class ForgetfulModule {}
    const error = await failure(boot({ imports: [ForgetfulModule] }));

    expect(error).toBeInstanceOf(InvalidProviderError);
    expect(error.message).toMatch(/ForgetfulProvider of ForgetfulModule: it has no method record\(\)/);
  });

  it.each(['', 'Timeline', 'order_timeline', '1st', 'x'.repeat(64), 'a.b', '../x'])(
    'when the name of a provider is %j',
    async (backend) => {
      @AuditProvider({ backend })
      class OddlyNamedProvider extends Counting {}
      const error = await failure(boot({ providers: [OddlyNamedProvider] }));

      expect(error).toBeInstanceOf(InvalidProviderError);
      expect(error.message).toContain('OddlyNamedProvider');
    },
  );

  it('when no provider has a disabled name, and lists the providers', async () => {
    const error = await failure(
      boot({ providers: [TimelineProvider, SecurityProvider] }, { disabledProviders: ['security', 'tmeline'] }),
    );

    expect(error).toBeInstanceOf(UnknownBackendError);
    expect(error).toMatchObject({ code: 'AUDIT_BACKEND_UNKNOWN' });
    expect(error.message).toMatch(/"tmeline".*Use one of: timeline, security\./);
  });

  it('when a name is disabled and there is no provider at all', async () => {
    expect((await failure(boot({}, { disabledProviders: ['timeline'] }))).message).toContain(
      'No provider is registered',
    );
  });

  it('when the audit module is imported twice', async () => {
    const error = await failure(boot({ imports: [AuditModule.forRoot({ onFailure: 'closed' })] }));

    expect(error).toBeInstanceOf(ModuleMisusedError);
    expect(error).toMatchObject({ code: 'AUDIT_MODULE_MISUSED' });
    expect(error.message).toContain('imported twice');
  });

  it('when a feature imports the audit module once more with the same options', async () => {
    @Module({ imports: [AuditModule.forRoot()] })
    class FeatureModule {}

    expect((await failure(boot({ imports: [FeatureModule] }))).message).toContain('imported twice');
  });

  it('when it is imported twice into an application without HTTP', async () => {
    const metadata = { imports: [AuditModule.forRoot(), AuditModule.forRoot({ onFailure: 'closed' })] };
    const testing = await Test.createTestingModule(metadata)
      .compile()
      .catch((error: unknown) => error);
    const error = testing instanceof Error ? testing : await failure((testing as { init(): Promise<unknown> }).init()); // a testing module

    expect(error).toBeInstanceOf(ModuleMisusedError);
  });

  it('when it is imported bare', async () => {
    const error = await failure(start({ imports: [AuditModule] }));

    expect(error).toBeInstanceOf(ModuleMisusedError);
    expect(error.message).toContain('imported without options');
  });

  it('when it is imported bare, and something records events', async () => {
    @Injectable()
    class Recording {
      constructor(@Inject(AuditAggregator) readonly audit: AuditAggregator) {}
    }
    const error = await failure(start({ imports: [AuditModule], providers: [Recording] }));

    expect(error).toBeInstanceOf(ModuleMisusedError);
    expect(error.message).toContain('Import AuditModule.forRoot() once');
  });

  it('when it is missing, and something records events: by the error of Nest, which the list of errors explains', async () => {
    @Injectable()
    class OrdersService {
      constructor(@Inject(AuditAggregator) readonly audit: AuditAggregator) {}
    }
    const error = await failure(start({ providers: [OrdersService] }));
    const [, shown = ''] =
      /```text\n(Nest can't resolve .*)\n```/.exec(await readFile('docs/reference/errors.md', 'utf8')) ?? [];

    expect(shown).toContain('AuditAggregator');
    expect(error.message).toContain(shown.replace('AppModule', 'RootModule'));
    expect(AuditAggregator.name).toBe('AuditAggregator');
  });

  it('when it is missing beside a ledger', async () => {
    const ledger = MonitoringModule.forRootAsync({
      useFactory: () => ({ connectionUrl: 'postgresql://127.0.0.1:1/none', authorize: () => false }),
    });
    const error = await failure(start({ imports: [ledger] }));
    expect(error.message).toMatch(/Nest can't resolve dependencies of the \w+ .*AuditAggregator/);
  });

  it('when a feature imports it bare beside the one of the root', async () => {
    @Module({ imports: [AuditModule] })
    class FeatureModule {}

    expect(await failure(boot({ imports: [FeatureModule] }))).toBeInstanceOf(ModuleMisusedError);
  });

  it('when the monitoring module is imported bare, or twice', async () => {
    const ledger = (): DynamicModule =>
      MonitoringModule.forRootAsync({
        useFactory: () => ({ connectionUrl: 'postgresql://127.0.0.1:1/none', authorize: () => false }),
      });
    const bare = await failure(boot({ imports: [MonitoringModule] }));
    const twice = await failure(boot({ imports: [ledger(), ledger()] }));

    expect([bare, twice]).toEqual([expect.any(ModuleMisusedError), expect.any(ModuleMisusedError)]);
    expect([bare.message, twice.message]).toEqual([
      expect.stringContaining('MonitoringModule: it is imported without options'),
      expect.stringContaining('imported twice'),
    ]);
  });

  const wrong = {
    providerTimeoutMs: -1,
    onFailure: 'shut',
    disabledProviders: 'timeline',
  } as unknown as AuditModuleOptions; // as JavaScript callers do

  it('when options are wrong, and names all of them', async () => {
    const error = await failure(Promise.resolve().then(() => boot({}, wrong)));

    expect(error).toBeInstanceOf(InvalidOptionsError);
    expect(error).toMatchObject({ code: 'AUDIT_OPTIONS_INVALID' });
    expect(error.message).toMatch(/providerTimeoutMs is -1.*onFailure is shut.*disabledProviders/);
  });

  it('when options from a factory are wrong, too', async () => {
    const error = await failure(
      start({ imports: [AuditModule.forRootAsync({ useFactory: () => Promise.resolve(wrong) })] }),
    );

    expect(error).toBeInstanceOf(InvalidOptionsError);
    expect(error.message).toMatch(/providerTimeoutMs is -1.*onFailure is shut.*disabledProviders/);
  });
});

describe('options from a factory', () => {
  it('may come from other modules', async () => {
    @Module({ providers: [{ provide: 'DISABLED', useValue: ['security'] }], exports: ['DISABLED'] })
    class SettingsModule {}
    const app = await start({
      imports: [
        AuditModule.forRootAsync({
          imports: [SettingsModule],
          inject: ['DISABLED'],
          useFactory: (disabledProviders: string[]) => ({ disabledProviders }),
        }),
      ],
      providers: [TimelineProvider, SecurityProvider],
    });

    expect(await backendsOf(app)).toEqual(['timeline']);
  });
});

describe('a provider that is disabled', () => {
  it('gets no events, and the others do', async () => {
    const app = await boot({ providers: [TimelineProvider, SecurityProvider] }, { disabledProviders: ['timeline'] });

    expect(await backendsOf(app)).toEqual(['security']);
    expect(app.get(TimelineProvider).types).toEqual([]);
    expect(Object.keys(await app.get(AuditAggregator).health())).toEqual(['security']);
  });
});

describe('one line of the log sums the providers up', () => {
  const linesOf = async (providers: Type[], disabledProviders: string[]): Promise<readonly unknown[]> => {
    const lines: unknown[] = [];
    for (const level of ['log', 'warn'] as const) {
      jest.spyOn(Logger.prototype, level).mockImplementation((text: unknown) => void lines.push(text));
    }
    await boot({ providers }, { disabledProviders });
    return lines.filter((line) => typeof line === 'string' && line.startsWith('Audit providers'));
  };

  it('enabled and disabled', async () => {
    expect(await linesOf([TimelineProvider, SecurityProvider], ['security'])).toEqual([
      'Audit providers: timeline (enabled), security (disabled)',
    ]);
  });

  it('as a warning when all are disabled', async () => {
    expect(await linesOf([TimelineProvider], ['timeline'])).toEqual([
      'Audit providers: timeline (disabled). Events are recorded nowhere.',
    ]);
  });
});

async function failure(attempt: Promise<unknown>): Promise<Error> {
  const outcome = await attempt.then(
    () => new Error('nothing was thrown'),
    (error: unknown) => error,
  );
  return outcome instanceof Error ? outcome : new Error(String(outcome));
}
