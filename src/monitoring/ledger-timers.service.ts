import { clearInterval, readFieldSafely } from '../audit/nest-free.js';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { ErasureCertificates } from './keep/lifecycle/erasure/certificate-file.service.js';
import { Retention } from './keep/lifecycle/retention/retention.service.js';
import { runEvery } from './operate/jobs/run-every.js';
import { LedgerExtensions, type RecurringJob } from './store/ledger-extensions.service.js';
import { LedgerPartitions } from './store/ledger-partitions.service.js';
import { isWeb, STORE_OPTIONS, type StoreOptions } from './store/store-options.js';
import { SelfCheck } from './operate/self-check/self-check.service.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

interface IntervalRegistry {
  addInterval(name: string, handle: unknown): void;
}

/**
 * Starts the recurring jobs of the ledger and its extensions, unless the process has the role `web`. If the application uses `@nestjs/schedule`, its `SchedulerRegistry` contains these
 * jobs as intervals.
 */
@Injectable()
export class LedgerTimers implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private handles: readonly NodeJS.Timeout[] = [];

  constructor(
    @Inject(STORE_OPTIONS) private readonly store: StoreOptions,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(LedgerPartitions) private readonly partitions: LedgerPartitions,
    @Inject(SelfCheck) private readonly selfCheck: SelfCheck,
    @Inject(Retention) private readonly retention: Retention,
    @Inject(ErasureCertificates) private readonly certificates: ErasureCertificates,
    @Inject(LedgerExtensions) private readonly extensions: Pick<LedgerExtensions, 'all'>,
  ) {}

  /** Starts without waiting. */
  onApplicationBootstrap(): void {
    if (isWeb(this.store)) return;
    const registry = this.findRegistry();
    const jobs: readonly RecurringJob[] = [
      {
        ...{ name: 'audit-ledger-self-check', periodMs: 10 * MINUTE_MS, runsAtStart: true },
        run: async () => this.selfCheck.run(),
      },
      { name: 'audit-ledger-retention', periodMs: HOUR_MS, run: async () => this.retention.runInItsHour() },
      {
        ...{ name: 'audit-ledger-erasure-certificates', periodMs: HOUR_MS, runsAtStart: true },
        run: async () => this.certificates.check(),
      },
      { name: 'audit-ledger-partitions', periodMs: DAY_MS, run: async () => this.partitions.makeAhead() },
      ...this.extensions.all.flatMap(({ jobs = [] }) => jobs),
    ];
    this.handles = jobs.map((job) => {
      const handle = runEvery(job.periodMs, () => job.run());
      registry?.addInterval(job.name, handle);
      if (job.runsAtStart) void job.run();
      return handle;
    });
  }

  beforeApplicationShutdown(): void {
    for (const handle of this.handles) clearInterval(handle);
  }

  /** Finds the registry by its methods: the package is not loaded if the application does not use it, and bundles shorten names of classes. */
  private findRegistry(): IntervalRegistry | undefined {
    const instances = [...this.modules.values()].flatMap(({ providers }) => [...providers.values()]);
    return instances.map(({ instance }) => instance).find(isRegistry);
  }
}

function isRegistry(instance: unknown): instance is IntervalRegistry {
  return ['addInterval', 'addCronJob'].every((name) => typeof readFieldSafely(instance, name) === 'function');
}
