import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Injectable,
  Module,
  Scope,
  type DynamicModule,
  type INestApplication,
  type ModuleMetadata,
  type Type,
} from '@nestjs/common';
import {
  AuditAggregator,
  AuditedTransaction,
  AuditModule,
  AuditProvider,
  type AuditErrorCode,
  type AuditEvent,
  type AuditModuleOptions,
} from '../../src/audit/index.js';
import { MonitoringModule } from '../../src/monitoring/index.js';
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

/** Stands for the proxies of nestjs-cls, which outside of a request can be asked only for the hooks of Nest. */
const unreadable = new Proxy(
  {},
  {
    get(_target, name) {
      if (typeof name === 'string' && !/^(on[A-Z]|beforeApp|then|constructor)/.test(name))
        throw new Error(`no ${name}`);
      return undefined;
    },
  },
);

const booted: INestApplication[] = [];

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

afterEach(() => Promise.all(booted.splice(0).map((app) => app.close())));

async function listBackends(app: INestApplication): Promise<readonly string[]> {
  return Object.keys((await app.get(AuditAggregator).record('thing_view')).providers).sort();
}

describe('a provider is found', () => {
  const instance = new TimelineProvider();

  it.each<[string, NonNullable<ModuleMetadata['providers']>, unknown]>([
    ['by useValue', [{ provide: 'TIMELINE', useValue: instance }], 'TIMELINE'],
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
    [
      'behind an alias that comes first, once',
      [{ provide: 'ALIAS', useExisting: TimelineProvider }, TimelineProvider],
      'ALIAS',
    ],
  ])('%s', async (_how, providers, token) => {
    const app = await boot({ providers });

    expect(await listBackends(app)).toEqual(['timeline']);
    expect(app.get<TimelineProvider>(token as string).types).toContain('thing_view'); // a token of any kind
    expect(app.get<TimelineProvider>(token as string).types.filter((type) => type === 'thing_view')).toHaveLength(1);
    instance.types.length = 0;
  });

  it('once when it is exported to other modules', async () => {
    @Module({ providers: [TimelineProvider], exports: [TimelineProvider] })
    class OwnerModule {}
    @Module({ imports: [OwnerModule] })
    class UserModule {}
    const app = await boot({ imports: [OwnerModule, UserModule] });

    expect(await listBackends(app)).toEqual(['timeline']);
    expect(app.get(TimelineProvider).types).toEqual(['thing_view']);
  });

  it('under the name of its class when it has none of its own', async () => {
    expect(await listBackends(await boot({ providers: [OrderTimelineAuditProvider] }))).toEqual(['order-timeline']);
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
      { provide: 'PROXY', useValue: unreadable },
    ];

    expect(await listBackends(await boot({ providers: [Greeter, Counting, ...odd] }))).toEqual([]);
  });
});

describe('the boot stops', () => {
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

  @AuditProvider({ backend: 'forgetful' })
  class ForgetfulProvider {}

  class Steps {
    @AuditedTransaction()
    run(): Promise<void> {
      return Promise.resolve();
    }
  }

  const named = (backend: string): Type => {
    @AuditProvider({ backend })
    class OddlyNamedProvider extends Counting {}
    return OddlyNamedProvider;
  };

  const createModule = (name: string, metadata: ModuleMetadata): Type => {
    @Module(metadata)
    class MadeModule {}
    return Object.defineProperty(MadeModule, 'name', { value: name });
  };
  const ledger = (): DynamicModule =>
    MonitoringModule.forRootAsync({
      useFactory: () => ({ connectionUrl: 'postgresql://127.0.0.1:1/none', authorize: () => false }),
    });
  const [first, second] = [TimelineProvider, SpecialTimelineProvider].map((provider, index) =>
    createModule(['FirstModule', 'SecondModule'][index] ?? '', { providers: [provider] }),
  ) as [Type, Type]; // two
  const wrong = {
    providerTimeoutMs: -1,
    onFailure: 'shut',
    disabledProviders: 'timeline',
  } as unknown as AuditModuleOptions; // as JavaScript callers do
  const allWrong = /providerTimeoutMs is -1.*onFailure is shut.*disabledProviders/;
  const bare = 'imported without options';
  const withProviders = (...providers: NonNullable<ModuleMetadata['providers']>) => boot({ providers });

  it.each<[string, () => Promise<unknown>, AuditErrorCode, string | RegExp]>([
    [
      'two providers have one name',
      () => boot({ imports: [first, second] }),
      'AUDIT_PROVIDER_INVALID',
      /"timeline".*FirstModule.*SecondModule/,
    ],
    ...(
      [
        ['is request-scoped', [RequestScopedProvider], 'RequestScopedProvider'],
        ['depends on what is request-scoped', [PerRequest, DependentProvider], 'DependentProvider'],
        ['is transient', [TransientProvider], 'TransientProvider'],
        ['cannot record', [ForgetfulProvider], 'ForgetfulProvider of RootModule: it has no method record()'],
      ] as [string, NonNullable<ModuleMetadata['providers']>, string][]
    ).map(([why, providers, name]): [string, () => Promise<unknown>, AuditErrorCode, string] => [
      ...([`a provider ${why}`, () => withProviders(...providers), 'AUDIT_PROVIDER_INVALID'] as const),
      `Cannot register the audit provider ${name}`,
    ]),
    ...['', '../x'].map((name): [string, () => Promise<unknown>, AuditErrorCode, string] => [
      ...([`the name of a provider is ${JSON.stringify(name)}`, () => withProviders(named(name))] as const),
      ...(['AUDIT_PROVIDER_INVALID', 'OddlyNamedProvider'] as const),
    ]),
    [
      'no provider has a disabled name',
      () => boot({ providers: [TimelineProvider, SecurityProvider] }, { disabledProviders: ['security', 'tmeline'] }),
      'AUDIT_PROVIDER_INVALID',
      /"tmeline".*Use one of: timeline, security\./,
    ],
    [
      'the audit module is imported twice',
      () => boot({ imports: [AuditModule.forRoot({ onFailure: 'closed' })] }),
      'AUDIT_MODULE_MISUSED',
      'imported twice',
    ],
    ['it is imported bare', () => start({ imports: [AuditModule] }), 'AUDIT_MODULE_MISUSED', bare],
    [
      'a feature imports it bare beside the one of the root',
      () => boot({ imports: [createModule('FeatureModule', { imports: [AuditModule] })] }),
      'AUDIT_MODULE_MISUSED',
      bare,
    ],
    [
      'the monitoring module is imported bare',
      () => boot({ imports: [MonitoringModule] }),
      'AUDIT_MODULE_MISUSED',
      `MonitoringModule: it is ${bare}`,
    ],
    ['it is imported twice', () => boot({ imports: [ledger(), ledger()] }), 'AUDIT_MODULE_MISUSED', 'imported twice'],
    [
      'a method has @AuditedTransaction, and nothing runs transactions, with what to write',
      () => withProviders(Steps),
      'AUDIT_DATA_SOURCE_UNKNOWN',
      /Steps\.run: .*transactions: \(work\) => db\.transaction\(work\)/s,
    ],
    ['options are wrong, and names all of them', async () => boot({}, wrong), 'AUDIT_OPTIONS_INVALID', allWrong],
    [
      'options from a factory are wrong',
      () => start({ imports: [AuditModule.forRootAsync({ useFactory: () => Promise.resolve(wrong) })] }),
      'AUDIT_OPTIONS_INVALID',
      allWrong,
    ],
  ])('when %s', async (_what, attempt, code, message) => {
    const error = await failure(attempt());

    expect(error).toMatchObject({ code });
    expect(error.message).toMatch(message);
  });
});

it('options from a factory may come from other modules', async () => {
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

  expect(await listBackends(app)).toEqual(['timeline']);
});

it('a provider that is disabled gets no events, and the others do', async () => {
  const app = await boot({ providers: [TimelineProvider, SecurityProvider] }, { disabledProviders: ['timeline'] });

  expect(await listBackends(app)).toEqual(['security']);
  expect(app.get(TimelineProvider).types).toEqual([]);
  expect(Object.keys(await app.get(AuditAggregator).health())).toEqual(['security']);
});

async function failure(attempt: Promise<unknown>): Promise<Error> {
  const outcome = await attempt.then(
    () => new Error('nothing was thrown'),
    (error: unknown) => error,
  );
  return outcome instanceof Error ? outcome : new Error(String(outcome));
}
