import {
  Inject,
  Logger,
  Module,
  Optional,
  type DynamicModule,
  type FactoryProvider,
  type InjectionToken,
  type Provider,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Catalogue, requireModule, noteModule, auditErrors } from '../audit/nest-free.js';
import { LogConsumers } from './consumers/log-consumers.service.js';
import { AuditExports } from './read/export/audit-exports.service.js';
import { AuditCheckpointsController } from './http/audit-checkpoints.controller.js';
import { AuditEntriesController } from './http/audit-entries.controller.js';
import { Archives } from './keep/archive/archives.js';
import { AuditExportController } from './http/audit-export.controller.js';
import { AuditEventsController } from './http/audit-events.controller.js';
import { AuditResourcesController } from './http/audit-resources.controller.js';
import { AuditStatsController } from './http/audit-stats.controller.js';
import { AuditStateController, AuditMetricsController } from './http/audit-state.controller.js';
import { AuditTailController } from './http/audit-tail.controller.js';
import { EventParts } from './http/event-parts.service.js';
import { AuditConsumersController } from './http/audit-consumers.controller.js';
import { AuditHoldsController } from './http/audit-holds.controller.js';
import { AuditErasuresController, AuditSubjectsController } from './http/audit-subjects.controller.js';
import { CheckpointAccessGuard, LedgerAccessGuard, MetricsAccessGuard } from './http/ledger-access.guard.js';
import { CheckpointPublisher } from './operate/publishing/checkpoint-publisher.service.js';
import { LogReader, QUORUM_OPTIONS } from './store/log-reading/log-reader.service.js';
import { SelfCheck } from './operate/self-check/self-check.service.js';
import { Sequencer } from './sealer/sequencer.service.js';
import { CheckpointSigner } from './proof/signing/checkpoint-signer.service.js';
import { LedgerIdentity } from './store/ledger-identity.service.js';
import { LedgerPartitions } from './store/ledger-partitions.service.js';
import { LedgerStateReader, BackgroundPool, LedgerPool } from './store/sessions/ledger-pools.service.js';
import { ShutdownWatch } from './operate/jobs/shutdown-watch.service.js';
import { LEDGER_EXTENSIONS, LedgerExtensions } from './store/ledger-extensions.service.js';
import { LedgerProvider } from './ledger.provider.js';
import { AuditMetrics } from './operate/metrics/audit-metrics.service.js';
import { OWN_SETUP, StartChecks, type OwnSetup } from './operate/checks/start-checks.service.js';
import { LedgerHealth, LedgerStatus, RUNNING_CHECKS } from './operate/health/ledger-health.service.js';
import { DISK } from './store/ledger-disk.js';
import { PARTITIONS, runningCheck, type RunningLedger } from './store/ledger-state.js';
import { WORKER_ADVICE, off, type Check } from './store/check.js';
import { ACCESS_OPTIONS } from './read/access/ledger-access.js';
import { isWeb, NO_SEQUENCER, STORE_OPTIONS, type StoreOptions } from './store/store-options.js';
import { logWarning } from './store/log-warning.js';
import { SIGNING_OPTIONS } from './proof/signing/signing-options.js';
import { PUBLISHING_OPTIONS } from './operate/publishing/publishing-options.js';
import { ArchivedEvents } from './read/query/archived/archived-events.service.js';
import { RETENTION_OPTIONS, type RetentionSlice } from './keep/lifecycle/retention/retention-options.js';
import { ERASURE_OPTIONS } from './keep/lifecycle/erasure/certificate-record.js';
import { SwitchedOffModule } from './extension.module.js';
import {
  MONITORING_OPTIONS,
  resolveMonitoringOptions,
  resolveAsyncOptions,
  type MonitoringAsyncOptions,
  type MonitoringModuleOptions,
  type ResolvedMonitoringOptions,
} from './monitoring-options.js';
import { AuditPrivacy } from './keep/lifecycle/erasure/audit-privacy.service.js';
import { ErasureCertificates } from './keep/lifecycle/erasure/certificate-file.service.js';
import { ErasureRunner } from './keep/lifecycle/erasure/request-runner.service.js';
import { SubjectEraser } from './keep/lifecycle/erasure/erase-subject.service.js';
import { ErasureSessions } from './keep/lifecycle/erasure/erasure-sessions.service.js';
import { AuditQuery } from './read/query/audit-query.service.js';
import { EventProofs } from './read/query/event-proofs.service.js';
import { PrimaryQuery } from './read/query/primary-query.service.js';
import { LiveTail } from './read/query/position/live-tail.service.js';
import { SealedEvents } from './read/query/position/sealed-events.service.js';
import { AuditHistory } from './read/query/records/audit-history.service.js';
import { joinedRows } from './read/query/records/entity-names.js';
import { LedgerReader, PrimaryReader } from './store/ledger-reader.service.js';
import { ReplicaFreshness } from './operate/health/replica-freshness.service.js';
import { LedgerTimers } from './ledger-timers.service.js';
import { AUDIT_OPTIONS, type ResolvedAuditOptions } from '../audit/internal.js';
import { WRITERS } from './store/sessions/ledger-client.js';
import { InboxKeys } from './store/inbox-keys.js';
import { LegalHolds } from './keep/lifecycle/holds/legal-holds.service.js';
import { Retention } from './keep/lifecycle/retention/retention.service.js';
import { RETENTION_CHECK } from './keep/lifecycle/retention/survey.js';

function provide(Class: new (...input: never[]) => object, ...inject: InjectionToken[]): FactoryProvider {
  return { provide: Class, useFactory: (...input: never[]) => new Class(...input), inject };
}

function addWriterKeys(
  options: ResolvedMonitoringOptions,
  { writerKeys }: Pick<ResolvedAuditOptions, 'writerKeys'>,
): StoreOptions {
  const keys = new InboxKeys(writerKeys, options.origin);
  for (const url of [options.connectionUrl, options.sequencerUrl]) if (url !== NO_SEQUENCER) WRITERS.set(url, keys);
  return options;
}

/** The checks of what only a process that seals does. */
const WORKER_CHECKS: readonly string[] = ['integrity', 'publishing', 'erasures', 'certificates'];

function runningChecks(
  ...[selfCheck, sequencer, freshness, publisher, erasures, certificates, consumers, options]: [
    ...[SelfCheck, Sequencer, ReplicaFreshness, CheckpointPublisher, ErasureRunner, ErasureCertificates, LogConsumers],
    RetentionSlice & StoreOptions,
  ]
): readonly Check<RunningLedger>[] {
  const checks = [
    runningCheck('integrity', ['ledger'], () => selfCheck.health()),
    runningCheck('checkpoint', ['ledger'], ({ ledger }) => sequencer.healthOfCheckpoint(ledger)),
    runningCheck('sealing', ['ledger'], ({ ledger }) => sequencer.healthOfSealing(ledger)),
    runningCheck('replica', ['ledger'], () => freshness.health()),
    PARTITIONS,
    DISK,
    runningCheck('publishing', ['reader'], () => publisher.health()),
    runningCheck('retention', ['reader'], ({ reader }) => RETENTION_CHECK.run({ reader, options })),
    runningCheck('erasures', ['ledger'], () => erasures.health()),
    runningCheck('certificates', ['ledger'], () => certificates.health()),
    runningCheck('consumers', ['reader'], () => consumers.health()),
  ];
  if (!isWeb(options)) return checks;
  return checks.map((check) =>
    WORKER_CHECKS.includes(check.name) ? runningCheck(check.name, [], () => off(WORKER_ADVICE)) : check,
  );
}

function getOwnSetup(options: ResolvedMonitoringOptions, spill: ResolvedAuditOptions): OwnSetup {
  return { options, spill, ...(!isWeb(options) && { seals: true }) };
}

const SWITCHED_OFF_NOTICE: Provider = {
  provide: Symbol('the ledger is switched off'),
  useFactory: () => new Logger('AuditLedger').log('The ledger is switched off: MonitoringModule has enabled: false.'),
};

const OPTION_SLICES = [
  ACCESS_OPTIONS,
  QUORUM_OPTIONS,
  SIGNING_OPTIONS,
  PUBLISHING_OPTIONS,
  RETENTION_OPTIONS,
  ERASURE_OPTIONS,
] as const;

// The order matters: if two routes match, the route of the earlier controller wins. So `events/tail` must precede `events/:id`,
// and `tile/entries/:N` must precede `tile/:L/:N`.
const CONTROLLERS = [
  AuditTailController,
  AuditEventsController,
  AuditResourcesController,
  AuditStatsController,
  AuditStateController,
  AuditExportController,
  AuditEntriesController,
  AuditCheckpointsController,
  AuditHoldsController,
  AuditConsumersController,
  AuditErasuresController,
  AuditSubjectsController,
] as const;

/** Adds the ledger and its routes to an application. Without this module, events still reach all providers except the ledger. */
@Module({})
export class MonitoringModule {
  constructor(
    @Optional() @Inject(MONITORING_OPTIONS) options: ResolvedMonitoringOptions | undefined,
    @Inject(ModulesContainer) container: ModulesContainer,
  ) {
    if (!options) throw auditErrors.AUDIT_MODULE_MISUSED.monitoring('without options');
    const modules = [...container.values()].map(({ metatype }) => metatype);
    if (modules.filter((metatype) => metatype === MonitoringModule).length > 1) {
      throw auditErrors.AUDIT_MODULE_MISUSED.monitoring('twice, but an application can have only one ledger');
    }
  }

  /** Adds the ledger with options that are known at once. @throws the errors of {@link forRootAsync} */
  static forRoot(options: MonitoringModuleOptions): DynamicModule {
    const { enabled, metricsRoute = false, ...others } = Object(options) as MonitoringModuleOptions; // JavaScript callers may pass nothing
    return MonitoringModule.forRootAsync({ enabled, metricsRoute, useFactory: () => others });
  }

  /**
   * @throws `AUDIT_OPTIONS_INVALID`, which lists all invalid options. The factory's options are checked at boot.
   *   `AUDIT_MODULE_MISUSED` at boot if the module is imported without options, or twice
   */
  static forRootAsync(asyncOptions: MonitoringAsyncOptions): DynamicModule {
    const { imports = [], inject = [], useFactory } = asyncOptions;
    const { enabled, metricsRoute } = resolveAsyncOptions(asyncOptions);
    if (!enabled) return { module: SwitchedOffModule, providers: [SWITCHED_OFF_NOTICE] };
    noteModule('MonitoringModule');
    const controllers = metricsRoute ? [...CONTROLLERS, AuditMetricsController] : [...CONTROLLERS];
    const options: Provider = {
      provide: MONITORING_OPTIONS,
      // Nest calls the factory with the dependencies that `inject` names.
      useFactory: async (...dependencies: unknown[]) =>
        resolveMonitoringOptions(await useFactory(...(dependencies as never[]))),
      inject,
    };
    return {
      module: MonitoringModule,
      global: true, // other modules inject the providers of this module
      imports,
      controllers,
      providers: [
        requireModule('MonitoringModule', 'AuditModule'),
        options,
        ...OPTION_SLICES.map((provide) => ({ provide, useExisting: MONITORING_OPTIONS })),
        { provide: STORE_OPTIONS, useFactory: addWriterKeys, inject: [MONITORING_OPTIONS, AUDIT_OPTIONS] },
        LedgerPool,
        BackgroundPool,
        LedgerStateReader,
        ShutdownWatch,
        LedgerPartitions,
        LedgerIdentity,
        CheckpointSigner,
        Sequencer,
        LogReader,
        CheckpointPublisher,
        SelfCheck,
        LedgerProvider,
        ...[LedgerReader, PrimaryReader].map((Reader) => ({
          provide: Reader,
          useFactory: (options: StoreOptions) => new Reader(options, logWarning),
          inject: [STORE_OPTIONS],
        })),
        ReplicaFreshness,
        LedgerAccessGuard,
        CheckpointAccessGuard,
        // Classes that commands use have no Nest decorators, because a command starts three times as fast without Nest.
        provide(ArchivedEvents, LedgerReader, Archives),
        {
          provide: AuditQuery,
          useFactory: (
            ...[reader, catalogue, archived, modules]: [LedgerReader, Catalogue, ArchivedEvents, ModulesContainer]
          ) => new AuditQuery(reader, catalogue, archived, (record) => joinedRows(modules, record)),
          inject: [LedgerReader, Catalogue, ArchivedEvents, ModulesContainer],
        },
        PrimaryQuery,
        AuditHistory,
        EventProofs,
        EventParts,
        provide(SealedEvents, LedgerReader, Catalogue),
        provide(LiveTail, SealedEvents),
        LedgerStatus,
        {
          provide: RUNNING_CHECKS,
          useFactory: runningChecks,
          inject: [
            ...[SelfCheck, Sequencer, ReplicaFreshness, CheckpointPublisher, ErasureRunner, ErasureCertificates],
            ...[LogConsumers, MONITORING_OPTIONS],
          ],
        },
        { provide: OWN_SETUP, useFactory: getOwnSetup, inject: [MONITORING_OPTIONS, AUDIT_OPTIONS] },
        StartChecks,
        LedgerExtensions,
        { provide: LEDGER_EXTENSIONS, useExisting: LedgerExtensions },
        LedgerHealth,
        AuditMetrics,
        MetricsAccessGuard,
        {
          provide: Archives,
          useFactory: ({ archiveStore }: ResolvedMonitoringOptions, signer: CheckpointSigner) =>
            new Archives(archiveStore, signer),
          inject: [MONITORING_OPTIONS, CheckpointSigner],
        },
        LegalHolds,
        Retention,
        ErasureSessions,
        ErasureCertificates,
        SubjectEraser,
        ErasureRunner,
        AuditPrivacy,
        AuditExports,
        LedgerTimers,
        LogConsumers,
      ],
      exports: [
        STORE_OPTIONS,
        ...OPTION_SLICES,
        ...[AuditQuery, AuditHistory, SealedEvents, AuditExports, AuditMetrics, AuditPrivacy],
        ...[Sequencer, SelfCheck, CheckpointSigner, Archives, LegalHolds, Retention, LogConsumers],
        ...[
          LEDGER_EXTENSIONS,
          LedgerExtensions,
          LedgerStatus,
          LedgerPool,
          BackgroundPool,
          LedgerStateReader,
          LedgerReader,
          PrimaryReader,
        ],
        ...[PrimaryQuery, ArchivedEvents, LedgerAccessGuard, ReplicaFreshness],
      ],
    };
  }
}
