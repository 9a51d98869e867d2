import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type Type,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { ErasureCertificates } from './lifecycle/erasure/erasure-certificates.service.js';
import { Retention } from './lifecycle/retention/retention.service.js';
import { CaptureWatch } from '../row-changes/attest/capture-watch.service.js';
import { runEvery } from './run-every.js';
import { LedgerPartitions } from './store/ledger-partitions.service.js';
import { SelfCheck } from './verify/self-check/self-check.service.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** What the ledger uses of the `SchedulerRegistry` of `@nestjs/schedule`. */
interface IntervalRegistry {
  addInterval(name: string, handle: unknown): void;
}

/**
 * Starts the ledger's recurring jobs. Where the application has `@nestjs/schedule`, its `SchedulerRegistry` lists them as intervals,
 * by name, and can delete them.
 */
@Injectable()
export class LedgerTimers implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private handles: readonly NodeJS.Timeout[] = [];

  constructor(
    @Inject(ModuleRef) private readonly modules: ModuleRef,
    @Inject(LedgerPartitions) private readonly partitions: LedgerPartitions,
    @Inject(SelfCheck) private readonly selfCheck: SelfCheck,
    @Inject(Retention) private readonly retention: Retention,
    @Inject(ErasureCertificates) private readonly certificates: ErasureCertificates,
    @Inject(CaptureWatch) private readonly captureWatch: CaptureWatch,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const registry = await this.findRegistry();
    const start = (name: string, periodMs: number, run: () => Promise<void>): NodeJS.Timeout => {
      const handle = runEvery(periodMs, run);
      registry?.addInterval(name, handle);
      return handle;
    };
    this.handles = [
      start('audit-ledger-self-check', 10 * MINUTE_MS, async () => this.selfCheck.run()),
      start('audit-ledger-retention', HOUR_MS, async () => this.retention.runInItsHour()),
      start('audit-ledger-erasure-certificates', HOUR_MS, async () => this.certificates.check()),
      start('audit-capture-watch', HOUR_MS, async () => this.captureWatch.run()),
      start('audit-ledger-partitions', DAY_MS, async () => this.partitions.makeAhead()),
    ];
  }

  beforeApplicationShutdown(): void {
    for (const handle of this.handles) clearInterval(handle);
  }

  /** The application's own registry: absent where `@nestjs/schedule` is not installed, or `ScheduleModule` is not imported. */
  private async findRegistry(): Promise<IntervalRegistry | undefined> {
    try {
      const schedule = (await import('@nestjs/schedule')) as { readonly SchedulerRegistry: Type<IntervalRegistry> };
      return this.modules.get<IntervalRegistry>(schedule.SchedulerRegistry, { strict: false });
    } catch {
      return undefined;
    }
  }
}
