import {
  Global,
  Inject,
  Logger,
  Module,
  Optional,
  type DynamicModule,
  type NestModule,
  type Provider,
} from '@nestjs/common';
import { ApplicationConfig, ExternalContextCreator, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { AuditAggregator } from './audit-aggregator.service.js';
import { resolveAuditOptions } from './resolve-audit-options.js';
import {
  AUDIT_OPTIONS,
  type AuditModuleAsyncOptions,
  type AuditModuleOptions,
  type ResolvedAuditOptions,
} from './audit-options.js';
import { AuthAudit } from './adapters/auth-audit.service.js';
import { AuditInterceptor } from './capture/audit.interceptor.js';
import { ActionLogger } from './adapters/action-logger.service.js';
import { AuditTrail } from './adapters/audit-trail.service.js';
import { EventLogger } from './adapters/event-logger.service.js';
import { BootCheck } from './capture/boot-check.service.js';
import { FirstGuard } from './capture/first.guard.js';
import { AbandonedOperations } from './capture/abandoned-operations.service.js';
import { LiveApplication } from './capture/live-applications.service.js';
import { OperationRecorder } from './capture/operation-recorder.service.js';
import { RefusedRequests } from './capture/refused-requests.service.js';
import { DelayedResponses } from './capture/delayed-responses.service.js';
import { watchCalls } from './capture/watch-calls.js';
import { Catalogue } from './catalogue/catalogue.js';
import {
  createExpressContext,
  registerFastifyContext,
  createRequestIdSource,
  type FastifyLike,
} from './context/read-request.js';
import { RequiredContext } from './context/required-context.service.js';
import { ProvidedMetadata } from './context/provided-metadata.service.js';
import { AuditDispatcher } from './delivery/audit-dispatcher.service.js';
import { EventFactory } from './event-factory.service.js';
import { MisspelledNames } from './misspelled-names.service.js';
import { noteModule } from './require-module.js';
import { PersonalNames } from './personal-names.service.js';
import { ProviderDiscovery } from './provider/provider-discovery.service.js';
import { TransactionalMethods } from './transaction/transactional-methods.service.js';
import { TransactionalRecorder } from './transaction/transactional-recorder.service.js';
import { auditErrors } from './errors/audit.errors.js';

const DUPLICATE_PACKAGE_WARNING =
  'This process loaded nestjs-audit-ledger more than once: routes and message handlers are audited whichever copy their decorators come ' +
  'from, but @Audited on other methods, AuditContext, AuditProvider and injected services of another copy of nestjs-audit-ledger do not ' +
  'reach this AuditModule. Let all packages of the application use one installed copy (find the copies with npm ls nestjs-audit-ledger; ' +
  'make it a peer dependency of your shared packages), and do not import its files by their paths.';

/**
 * Refuses an import of AuditModule without `forRoot()`. A check in the module's constructor would run too late, because Nest creates the
 * providers first.
 */
const MISUSE_PROVIDER: Provider = {
  provide: AuditAggregator,
  useFactory: () => {
    throw auditErrors.AUDIT_MODULE_MISUSED.bare();
  },
};

/** The core of the library. Import `AuditModule.forRoot()` once, in the root module; the module is global. */
@Global()
@Module({ providers: [MISUSE_PROVIDER], exports: [AuditAggregator] })
export class AuditModule implements NestModule {
  constructor(
    @Optional() @Inject(AUDIT_OPTIONS) private readonly options: ResolvedAuditOptions | undefined,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(ApplicationConfig) config: ApplicationConfig,
    @Inject(ExternalContextCreator) creator: ExternalContextCreator,
    @Optional() @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost | undefined,
    @Optional() @Inject(FirstGuard) guard: FirstGuard,
    @Optional() @Inject(AuditInterceptor) interceptor: AuditInterceptor,
    @Optional() @Inject(RefusedRequests) private readonly refused: RefusedRequests,
  ) {
    if (!options) throw auditErrors.AUDIT_MODULE_MISUSED.bare();
    const imported = [...modules.values()].filter(({ metatype }) => metatype === AuditModule);
    if (imported.length > 1) throw auditErrors.AUDIT_MODULE_MISUSED.twice();
    if ((shared[COPIES_TOKEN] ?? 1) > 1) new Logger('AuditModule').warn(DUPLICATE_PACKAGE_WARNING);
    // FirstGuard must run first, and must exist when Nest binds gateways and message handlers. A guard that is registered as APP_GUARD runs
    // after the guards of `useGlobalGuards()`.
    config.getGlobalGuards().unshift(guard);
    config.getGlobalInterceptors().unshift(interceptor);
    if (!watchCalls(creator, modules, { guard, interceptor })) {
      new Logger('AuditCapture').warn(
        'Cannot record denials by guards, except over HTTP: the library does not know the classes of this version of Nest. ' +
          'Use a version that the peer dependencies allow.',
      );
    }
  }

  /** @throws `AUDIT_OPTIONS_INVALID` */
  static forRoot(options: AuditModuleOptions = {}): DynamicModule {
    return buildModule({ provide: AUDIT_OPTIONS, useValue: resolveAuditOptions(options) });
  }

  /** Imports the module with options from a factory. Invalid options fail the boot: `AUDIT_OPTIONS_INVALID`. */
  static forRootAsync({ imports = [], inject = [], useFactory }: AuditModuleAsyncOptions): DynamicModule {
    const provider: Provider = {
      provide: AUDIT_OPTIONS,
      // Nest calls the factory with exactly the dependencies that `inject` names.
      useFactory: async (...dependencies: unknown[]) =>
        resolveAuditOptions(await useFactory(...(dependencies as never[]))),
      inject,
    };
    return buildModule(provider, imports);
  }

  /** Installs the code that opens the context of every request. */
  configure(): void {
    if (!this.options) return; // only for the compiler: the constructor throws without options
    const source = createRequestIdSource(this.options);
    const adapter = this.host?.httpAdapter;
    if (adapter) this.refused.watchAll();
    const fastify = adapter?.getType() === 'fastify' ? adapter.getInstance<FastifyLike>() : undefined;
    if (!fastify || 'use' in fastify) adapter?.use(createExpressContext(source, this.modules)); // without middie, Fastify runs no middleware
    if (fastify) registerFastifyContext(fastify, source, this.modules);
  }
}

function buildModule(options: Provider, imports: NonNullable<DynamicModule['imports']> = []): DynamicModule {
  noteModule('AuditModule');
  return {
    module: AuditModule,
    global: true,
    imports,
    providers: [
      options,
      {
        provide: Catalogue,
        useFactory: ({ events }: ResolvedAuditOptions) => new Catalogue(events),
        inject: [AUDIT_OPTIONS],
      },
      ProviderDiscovery,
      PersonalNames,
      MisspelledNames,
      ProvidedMetadata,
      RequiredContext,
      EventFactory,
      AuditDispatcher,
      TransactionalRecorder,
      TransactionalMethods,
      AuditAggregator,
      OperationRecorder,
      LiveApplication,
      AuthAudit,
      AbandonedOperations,
      DelayedResponses,
      RefusedRequests,
      FirstGuard,
      AuditInterceptor,
      BootCheck,
      EventLogger,
      ActionLogger,
      AuditTrail,
    ],
    exports: [
      AUDIT_OPTIONS,
      AuditAggregator,
      Catalogue,
      PersonalNames,
      EventLogger,
      ActionLogger,
      AuditTrail,
      AuthAudit,
    ],
  };
}

const COPIES_TOKEN = Symbol.for('nestjs-audit-ledger:copies');

const shared = globalThis as { [COPIES_TOKEN]?: number }; // only this package writes this property

// A process may load several versions of this package, or one version as ES modules and as CommonJS.
shared[COPIES_TOKEN] = (shared[COPIES_TOKEN] ?? 0) + 1;
