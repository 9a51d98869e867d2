import { Module, type DynamicModule } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { AuditModule } from './audit/index.js';
import { ConfigurationModule, readConfig, type AppConfig } from './config/index.js';
import { DatabaseModule } from './database/index.js';
import { AdministrationModule } from './modules/administration/index.js';
import { AuthModule, OptionalUser, type AuthenticatedUser } from './modules/auth/index.js';
import { HealthModule } from './modules/health/index.js';
import { AuditMetricsController, MonitoringModule } from './modules/monitoring/index.js';
import { OrdersModule } from './modules/orders/index.js';
import { PrivacyModule } from './modules/privacy/index.js';
import { ProductsModule } from './modules/products/index.js';
import { TENANCY_EVENTS, TenancyModule } from './modules/tenancy/index.js';

// A scraper shows a token of its own, which the metrics' guard knows; an administrator an access token.
OptionalUser()(AuditMetricsController);

/** The reference application: a small modular monolith, each of whose modules has an audit provider of its own. */
@Module({})
export class AppModule {
  static forRoot(config: AppConfig, databaseUrl: string): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigurationModule.forRoot(config),
        DatabaseModule.forRoot(databaseUrl),
        // After the database, so that it is shut down before it.
        AuditModule.forRoot({
          disabledProviders: config.AUDIT_DISABLED_PROVIDERS,
          onFailure: config.AUDIT_ON_FAILURE,
          spillDir: config.AUDIT_SPILL_DIR,
          events: TENANCY_EVENTS,
        }),
        AuthModule,
        ProductsModule,
        OrdersModule,
        TenancyModule,
        AdministrationModule,
        PrivacyModule,
        HealthModule,
        ...(config.MONITORING_ENABLED ? monitoring(config, databaseUrl) : []),
      ],
    };
  }
}

/** The application with its defaults, for what only reads its modules: `nestjs-audit-ledger coverage`. */
export function defaultAppModule(): DynamicModule {
  return AppModule.forRoot(readConfig({}), 'postgresql://localhost/unused');
}

function monitoring(config: AppConfig, databaseUrl: string): DynamicModule[] {
  const mayRead = (request: unknown): boolean => {
    const { user } = request as { readonly user?: AuthenticatedUser }; // the access token guard leaves it there
    return user?.roles.some((role) => role === 'admin' || role === 'auditor') ?? false;
  };
  return [
    ScheduleModule.forRoot(),
    MonitoringModule.forRootAsync({
      useFactory: () => ({
        connectionUrl: config.AUDIT_DATABASE_URL ?? databaseUrl,
        authorize: mayRead,
        metricsToken: config.AUDIT_METRICS_TOKEN,
        signingKeyFile: config.AUDIT_SIGNING_KEY_FILE,
        origin: config.AUDIT_LEDGER_ORIGIN,
        checkpointFile: config.AUDIT_CHECKPOINT_FILE,
        checkpointWebhook: config.AUDIT_CHECKPOINT_WEBHOOK,
        checkpointWebhookSecret: config.AUDIT_CHECKPOINT_WEBHOOK_SECRET,
        checkpointIntervalSeconds: config.AUDIT_CHECKPOINT_INTERVAL_SECONDS,
        witnesses: config.AUDIT_WITNESSES.map((pair) => {
          const [verifierKey = '', url = ''] = pair.split(' ');
          return { verifierKey, url };
        }),
        witnessQuorum: config.AUDIT_WITNESS_QUORUM,
      }),
    }),
  ];
}
