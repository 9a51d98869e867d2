import { Inject, Logger, Module, Optional, type DynamicModule, type Provider } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { ModuleMisusedError } from '../../audit/index.js';
import { AuditExports } from './export/index.js';
import { AuditCheckpointsController } from './http/audit-checkpoints.controller.js';
import { AuditEntriesController } from './http/audit-entries.controller.js';
import { Archives } from './archive/index.js';
import { AuditExportController } from './http/audit-export.controller.js';
import { AuditEventsController } from './http/audit-events.controller.js';
import { AuditResourcesController } from './http/audit-resources.controller.js';
import { AuditStatsController } from './http/audit-stats.controller.js';
import { AuditHoldsController } from './http/audit-holds.controller.js';
import { AuditErasuresController } from './http/audit-erasures.controller.js';
import { AuditSubjectsController } from './http/audit-subjects.controller.js';
import { CheckpointAccessGuard } from './http/checkpoint-access.guard.js';
import { LedgerAccessGuard } from './http/ledger-access.guard.js';
import { CheckpointPublisher, PublicationRecords } from './integrity/publishing/index.js';
import { LogReader } from './integrity/reading/index.js';
import { SelfCheck } from './integrity/self-check/index.js';
import { Sequencer } from './integrity/sequencer/index.js';
import { CheckpointSigner } from './integrity/signing/index.js';
import { LedgerHome } from './ledger/ledger-home.service.js';
import { LedgerOwnership } from './ledger/ledger-ownership.service.js';
import { LedgerPartitions } from './ledger/ledger-partitions.service.js';
import { LedgerStateReader } from './ledger/ledger-state-reader.service.js';
import { LedgerPool } from './ledger/ledger-pool.js';
import { LedgerProvider } from './ledger/ledger.provider.js';
import { AuditMetrics, AuditMetricsController, LedgerWatch, MetricsAccessGuard } from './metrics/index.js';
import {
  MONITORING_OPTIONS,
  resolveMonitoringOptions,
  type MonitoringAsyncOptions,
  type ResolvedMonitoringOptions,
} from './monitoring-options.js';
import { AuditPrivacy, ErasureCertificates, ErasureRunner, ErasureSteps, Keeper } from './privacy/index.js';
import { ArchivedEvents } from './query/archived/archived-events.service.js';
import { AuditQuery } from './query/audit-query.service.js';
import { LedgerReader } from './query/ledger-reader.js';
import { LegalHolds } from './retention/legal-holds.service.js';
import { Retention } from './retention/retention.service.js';

const TIMERS_WARNING =
  'Cannot check the ledger by itself, retire events, or make the months ahead: ScheduleModule is not imported, so no timer runs. ' +
  'Import ScheduleModule.forRoot() of @nestjs/schedule in the root module.';

/** The ledger and its routes. Optional: without it, the other providers still get their events. */
@Module({})
export class MonitoringModule {
  constructor(
    @Optional() @Inject(MONITORING_OPTIONS) options: ResolvedMonitoringOptions | undefined,
    @Inject(ModulesContainer) container: ModulesContainer,
  ) {
    if (!options) throw ModuleMisusedError.monitoring('without options');
    const modules = [...container.values()].map(({ metatype }) => metatype);
    if (modules.filter((metatype) => metatype === MonitoringModule).length > 1) {
      throw ModuleMisusedError.monitoring('twice, and an application has one ledger');
    }
    // By its name: the application may have another copy of the package, whose timers run as well.
    if (!modules.some(({ name }) => name === 'ScheduleModule')) new Logger('AuditLedger').warn(TIMERS_WARNING);
  }

  /**
   * Needs `ScheduleModule.forRoot` in the root module.
   *
   * @throws InvalidOptionsError (`AUDIT_OPTIONS_INVALID`) at boot, naming every wrong option;
   * ModuleMisusedError (`AUDIT_MODULE_MISUSED`) where the module is imported without options, or twice
   */
  static forRootAsync(asyncOptions: MonitoringAsyncOptions): DynamicModule {
    const { imports = [], inject = [], metricsRoute = true, useFactory } = asyncOptions;
    const options: Provider = {
      provide: MONITORING_OPTIONS,
      // Nest calls the factory with exactly what `inject` names.
      useFactory: async (...dependencies: unknown[]) =>
        resolveMonitoringOptions(await useFactory(...(dependencies as never[]))),
      inject,
    };
    return {
      module: MonitoringModule,
      imports,
      // Entries first: a tile's path could be theirs.
      controllers: [
        AuditEventsController,
        AuditResourcesController,
        AuditStatsController,
        AuditExportController,
        AuditEntriesController,
        AuditCheckpointsController,
        AuditHoldsController,
        AuditErasuresController,
        AuditSubjectsController,
        ...(metricsRoute ? [AuditMetricsController] : []),
      ],
      providers: [
        options,
        LedgerPool,
        LedgerStateReader,
        LedgerPartitions,
        LedgerOwnership,
        LedgerHome,
        CheckpointSigner,
        Sequencer,
        LogReader,
        PublicationRecords,
        CheckpointPublisher,
        SelfCheck,
        LedgerProvider,
        LedgerReader,
        LedgerAccessGuard,
        CheckpointAccessGuard,
        ArchivedEvents,
        AuditQuery,
        LedgerWatch,
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
        Keeper,
        ErasureCertificates,
        ErasureSteps,
        ErasureRunner,
        AuditPrivacy,
        AuditExports,
      ],
      exports: [
        AuditQuery,
        AuditExports,
        AuditMetrics,
        AuditPrivacy,
        Sequencer,
        SelfCheck,
        CheckpointSigner,
        Archives,
        LegalHolds,
        Retention,
      ],
    };
  }
}
