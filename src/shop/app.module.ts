import { readFile } from 'node:fs/promises';
import { Inject, Injectable, Logger, Module } from '@nestjs/common';
import type { DynamicModule, INestApplication, OnModuleInit } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { getDataSourceToken } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditModule } from '../audit/index.js';
import { getErrorMessage, getOwnPackage, parseJson } from '../audit/nest-free.js';
import { AppConfig, isRowCaptureEnabled, readConfig } from './config/index.js';
import { DatabaseModule, getEmbeddedLedger } from './database/index.js';
import { demonstrationMetadata } from './demonstration/simulate-week.js';
import { FACT_WORDS } from './fact-words.js';
import { AuthModule, OptionalUser, Public, ViewerLogoutController, type AuthenticatedUser } from './auth/index.js';
import { HealthModule } from './health/index.js';
import {
  AuditMetricsController,
  AuditPrivacy,
  describeLedger,
  MonitoringModule,
  readRetentionFile,
  type AuthorizeLedger,
  type RetentionOptions,
} from '../monitoring/index.js';
import { installCapture, RowChangesModule } from '../extensions/row-changes/index.js';
import { StreamsModule, type StreamOptions } from '../extensions/streams/index.js';
import { AuditViewerController, AuditViewerModule } from '../extensions/viewer/index.js';
import { AlertsModule } from '../extensions/alerts/index.js';
import { OrdersModule } from './orders/index.js';
import { LEDGER_PRIVACY } from './personal-data/index.js';
import { ProductsModule } from './products/index.js';
import { StoreDirectory, TENANCY_EVENTS, TenancyModule } from './tenancy/index.js';

// A scraper sends the metrics token, which AuditMetricsController's own guard checks; an administrator sends an access token.
OptionalUser()(AuditMetricsController);
// The viewer's page and scripts contain no data, and the page shows the log-in to callers without a token.
Public()(AuditViewerController);

/** Values that replace environment variables: the URLs of the ledger and of its sequencer, and the path of the key file. */
export interface LedgerAddresses {
  readonly ledgerUrl?: string;
  readonly sequencerUrl?: string;
  /** The file with the key that signs the actors of row changes. */
  readonly contextKeyFile?: string;
}

/** The reference application: a small modular monolith. Each feature has its own audit provider. */
@Module({})
export class AppModule {
  static forRoot(config: AppConfig, databaseUrl: string, ledger: LedgerAddresses = {}): DynamicModule {
    const { ledgerUrl = config.AUDIT_DATABASE_URL ?? databaseUrl, sequencerUrl = config.AUDIT_SEQUENCER_URL } = ledger;
    const { contextKeyFile = config.AUDIT_CONTEXT_KEY_FILE } = ledger;
    return {
      module: AppModule,
      global: true,
      imports: [
        DatabaseModule.forRoot(databaseUrl, contextKeyFile),
        // AuditModule is imported after the database module, so that AuditModule shuts down first.
        AuditModule.forRoot({
          disabledProviders: config.AUDIT_DISABLED_PROVIDERS,
          onFailure: config.AUDIT_ON_FAILURE,
          maxFailuresPerMinute: config.AUDIT_MAX_FAILURES_PER_MINUTE || false,
          spillDir: config.AUDIT_SPILL_DIR,
          writerKey: config.AUDIT_WRITER_KEY,
          events: TENANCY_EVENTS,
          factWords: FACT_WORDS,
          metadataProvider: demonstrationMetadata,
        }),
        AuthModule,
        ProductsModule,
        OrdersModule,
        TenancyModule,
        HealthModule,
        ...(config.MONITORING_ENABLED ? buildMonitoring(config, ledgerUrl, sequencerUrl) : []),
      ],
      controllers: config.MONITORING_ENABLED ? [ViewerLogoutController] : [],
      providers: [
        { provide: AppConfig, useValue: config },
        ...(isRowCaptureEnabled(config) ? [RowCapture] : []),
        ...(config.MONITORING_ENABLED ? [{ provide: LEDGER_PRIVACY, useExisting: AuditPrivacy }] : []),
      ],
      exports: [AppConfig, ...(config.MONITORING_ENABLED ? [LEDGER_PRIVACY] : [])],
    };
  }
}

/** Creates the capture triggers on the tables of entities with `@AuditedEntity`, before the application accepts requests. */
@Injectable()
class RowCapture implements OnModuleInit {
  private readonly logger = new Logger(RowCapture.name);

  constructor(
    @Inject(getDataSourceToken()) private readonly source: DataSource,
    @Inject(AppConfig) private readonly config: AppConfig,
  ) {}

  async onModuleInit(): Promise<void> {
    try {
      const tables = await installCapture(this.source);
      if (tables.length > 0) this.logger.log(`Captures the row changes of ${tables.join(', ')}.`);
    } catch (error) {
      if (this.config.AUDIT_ROW_CHANGES === true) throw error;
      this.logger.warn(
        `Row changes are not captured. ${getErrorMessage(error)} Set AUDIT_ROW_CHANGES=false to switch capturing off.`,
      );
    }
  }
}

/**
 * The application with its default configuration, for commands that only read its modules, such as `nestjs-audit-ledger coverage`.
 *
 * @public
 */
export function createDefaultAppModule(): DynamicModule {
  return AppModule.forRoot(readConfig({}), 'postgresql://localhost/unused');
}

/**
 * The application with the configuration of the environment, on its migrated database, for `nestjs-audit-ledger doctor` and `worker`. Without
 * `DATABASE_URL`, this is the database that `npm start` made.
 *
 * @public
 */
export function createWorkerModule(): DynamicModule {
  const config = readConfig(process.env);
  const ledger =
    config.DATABASE_URL === undefined && config.AUDIT_DATABASE_URL === undefined ? getEmbeddedLedger(config) : {};
  return AppModule.forRoot(config, config.DATABASE_URL ?? ledger.ledgerUrl ?? '', ledger);
}

/** @public */
export default createWorkerModule;

function buildMonitoring(config: AppConfig, ledgerUrl: string, sequencerUrl: string | undefined): DynamicModule[] {
  return [
    ScheduleModule.forRoot(),
    MonitoringModule.forRootAsync({
      metricsRoute: true,
      imports: [TenancyModule],
      inject: [StoreDirectory],
      useFactory: async (stores: StoreDirectory) => ({
        role: config.AUDIT_ROLE,
        connectionUrl: ledgerUrl,
        sequencerUrl,
        readUrl: config.AUDIT_READ_URL,
        authorize: createLedgerAuthorizer(stores),
        metricsToken: config.AUDIT_METRICS_TOKEN,
        ...(config.AUDIT_SIGNING_KEY === undefined
          ? { signingKeyFile: config.AUDIT_SIGNING_KEY_FILE }
          : { signingKey: config.AUDIT_SIGNING_KEY }),
        checkpointMemory: config.AUDIT_CHECKPOINT_MEMORY,
        erasureFile: config.AUDIT_ERASURE_FILE,
        origin: config.AUDIT_LEDGER_ORIGIN,
        checkpointFile: config.AUDIT_CHECKPOINT_FILE,
        checkpointWebhook: config.AUDIT_CHECKPOINT_WEBHOOK,
        witnesses: config.AUDIT_WITNESSES.map((pair) => {
          const [verifierKey = '', url = ''] = pair.split(/\s+/);
          return { verifierKey, url };
        }),
        witnessQuorum: config.AUDIT_WITNESS_QUORUM,
        retention: await readRetention(config),
        archiveDir: config.AUDIT_ARCHIVE_DIR,
      }),
    }),
    ...(isRowCaptureEnabled(config) ? [RowChangesModule.forRoot()] : []),
    StreamsModule.forRootAsync({
      useFactory: async () => ({ streams: await readStreams(config) }),
    }),
    AlertsModule.forRoot({ shipped: config.AUDIT_ALERTS }),
    AuditViewerModule.forRoot({
      path: 'audit/ui',
      shell: 'public',
      logIn: '/auth/login',
      logOut: '/audit/logout',
      basePath: config.AUDIT_VIEWER_BASE_PATH ?? '',
    }),
  ];
}

function readRetention({
  AUDIT_RETENTION_FILE: file,
  AUDIT_RETENTION_DAYS: days,
}: AppConfig): Promise<RetentionOptions> {
  return file === undefined ? Promise.resolve({ days }) : readRetentionFile(file);
}

/** `StreamsModule` validates the options that the file contains. */
async function readStreams({ AUDIT_STREAMS_FILE: file }: AppConfig): Promise<readonly StreamOptions[]> {
  return file === undefined ? [] : (parseJson(await readFile(file, 'utf8')) as readonly StreamOptions[]);
}

/** Serves the OpenAPI description: a page at `/docs`, and the document at `/docs-json`. */
export function describeApi(app: INestApplication): void {
  const about = new DocumentBuilder()
    .setTitle('nestjs-audit-ledger reference application')
    .setVersion(getOwnPackage()?.version ?? 'unknown')
    .setLicense('MIT', 'https://spdx.org/licenses/MIT.html')
    .addServer('/', 'The application that serves this description')
    .addBearerAuth()
    .build();
  SwaggerModule.setup('docs', app, () => describeLedger(app, SwaggerModule.createDocument(app, about)));
}

const READ_STORE = 'read_audit_log';

function createLedgerAuthorizer(stores: Pick<StoreDirectory, 'storesPermitting'>): AuthorizeLedger {
  return async (request, permission) => {
    const { user } = request as { readonly user?: AuthenticatedUser }; // AccessGuard sets it
    if (!user) return false;
    if (user.roles.includes('admin')) return { scope: 'all', permission };
    if (permission === 'hold' || permission === 'erase' || permission === 'consumers') return false;
    if (user.roles.includes('auditor')) return { scope: 'all', permission };
    if (permission === 'metrics') return false;
    const tenantIds = await stores.storesPermitting(user.id, READ_STORE);
    if (tenantIds.length > 0) return { scope: 'tenants', tenantIds, permission };
    return permission === 'read' && { scope: 'subject', subjectId: user.id };
  };
}
