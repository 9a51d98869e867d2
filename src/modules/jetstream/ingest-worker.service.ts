import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { AuditAggregator } from '../../audit/index.js';
import { SIGNING_OPTIONS, type SigningOptions } from '../monitoring/signing/signing-options.js';
import type { LeaderRole } from '../monitoring/jobs/leader-loop.js';
import type { StrangerAtLock } from '../monitoring/store/sessions/stranger-at-lock.js';
import { STORE_OPTIONS, type StoreOptions } from '../monitoring/store/store-options.js';
import { INGEST_OPTIONS, type ResolvedIngest } from './ingest-options.js';
import { IngestLoop } from './ingest-loop.js';

/** Runs this instance's worker from the boot to the shutdown, unless `worker` is false. Only one of all workers stores. */
@Injectable()
export class IngestWorker implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly loop: IngestLoop | undefined;

  constructor(
    @Inject(INGEST_OPTIONS) ingest: ResolvedIngest,
    @Inject(STORE_OPTIONS) { sequencerUrl }: Pick<StoreOptions, 'sequencerUrl'>,
    @Inject(SIGNING_OPTIONS) { origin }: Pick<SigningOptions, 'origin'>,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
  ) {
    if (!ingest.worker) return;
    const logger = new Logger('AuditLedger');
    this.loop = new IngestLoop({ ingest, origin, sequencerUrl, tell: (level, line) => logger[level](line) });
  }

  /** `off` with `worker: false`. */
  get role(): LeaderRole | 'off' {
    return this.loop?.status.role ?? 'off';
  }

  /** A process that holds the lock although it is not a worker; `undefined` if this instance has no worker. */
  get stranger(): StrangerAtLock | undefined {
    return this.loop?.stranger;
  }

  /** Starts without waiting: a ledger that cannot be reached does not stop the boot. */
  onApplicationBootstrap(): void {
    this.loop?.start();
  }

  /** Ends after the current transaction, and lets another worker store. Accepted events may wait for the ledger meanwhile. */
  async onApplicationShutdown(): Promise<void> {
    await this.aggregator.drain();
    await this.loop?.stop();
  }
}
