import { Inject, Module, Optional, type DynamicModule, type NestModule, type Provider } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { AuditAggregator } from './audit-aggregator.js';
import {
  AUDIT_OPTIONS,
  resolveAuditOptions,
  type AuditModuleAsyncOptions,
  type AuditModuleOptions,
  type ResolvedAuditOptions,
} from './audit-options.js';
import { AuthAudit } from './call-shapes/auth-audit.service.js';
import { AuditInterceptor } from './capture/audit.interceptor.js';
import { CaptureRecorder } from './capture/capture-recorder.service.js';
import { FirstGuard } from './capture/first.guard.js';
import { ResponseHold, type FastifyWithOnSend } from './capture/response-hold.js';
import { Catalogue } from './catalogue/catalogue.js';
import { expressContext, registerFastifyContext, type FastifyLike } from './context/http-context.js';
import { AuditDispatcher } from './delivery/audit-dispatcher.service.js';
import { ModuleMisusedError } from './errors/module-misused.error.js';
import { EventFactory } from './event-factory.js';
import { ProviderDiscovery } from './provider/provider-discovery.service.js';

/** The core. Import `AuditModule.forRoot()` once, in the root module; it is global. */
@Module({})
export class AuditModule implements NestModule {
  constructor(
    @Optional() @Inject(AUDIT_OPTIONS) options: ResolvedAuditOptions | undefined,
    @Inject(ModulesContainer) modules: ModulesContainer,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
    @Optional() @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost | undefined,
    @Optional() @Inject(FirstGuard) private readonly guard: FirstGuard,
    @Optional() @Inject(AuditInterceptor) private readonly interceptor: AuditInterceptor,
    @Optional() @Inject(ResponseHold) private readonly hold: ResponseHold,
  ) {
    if (!options) throw ModuleMisusedError.bare();
    const imported = [...modules.values()].filter(({ metatype }) => metatype === AuditModule);
    if (imported.length > 1) throw ModuleMisusedError.twice();
  }

  /** @throws InvalidOptionsError (`AUDIT_OPTIONS_INVALID`) */
  static forRoot(options: AuditModuleOptions = {}): DynamicModule {
    return moduleWith({ provide: AUDIT_OPTIONS, useValue: resolveAuditOptions(options) });
  }

  /** The same with options from a factory. The boot stops with InvalidOptionsError (`AUDIT_OPTIONS_INVALID`). */
  static forRootAsync({ imports = [], inject = [], useFactory }: AuditModuleAsyncOptions): DynamicModule {
    const provider: Provider = {
      provide: AUDIT_OPTIONS,
      // Nest calls the factory with exactly what `inject` names.
      useFactory: async (...dependencies: unknown[]) =>
        resolveAuditOptions(await useFactory(...(dependencies as never[]))),
      inject,
    };
    return moduleWith(provider, imports);
  }

  /**
   * Puts the guard and the interceptor before all others, and opens the context of every request. Here rather than by
   * APP_GUARD, since those come after `useGlobalGuards()` and in the order of the modules.
   */
  configure(): void {
    const guards = this.config.getGlobalGuards();
    guards.unshift(this.guard);
    this.config.getGlobalInterceptors().unshift(this.interceptor);
    const adapter = this.host?.httpAdapter;
    if (adapter?.getType() === 'fastify') {
      const fastify = adapter.getInstance<FastifyLike & FastifyWithOnSend>();
      registerFastifyContext(fastify);
      this.hold.registerOnSend(fastify);
    } else {
      adapter?.use(expressContext);
    }
  }
}

function moduleWith(options: Provider, imports: NonNullable<DynamicModule['imports']> = []): DynamicModule {
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
      EventFactory,
      AuditDispatcher,
      AuditAggregator,
      AuthAudit,
      CaptureRecorder,
      ResponseHold,
      FirstGuard,
      AuditInterceptor,
    ],
    exports: [AuditAggregator, AuthAudit, Catalogue],
  };
}
