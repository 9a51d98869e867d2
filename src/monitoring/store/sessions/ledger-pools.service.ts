import { Inject, Injectable } from '@nestjs/common';
import { AuditAggregator } from '../../../audit/index.js';
import { STORE_OPTIONS, type StoreOptions } from '../store-options.js';
import { WRITER, SEQUENCER, READER } from '../ledger-roles.js';
import { LedgerSessions } from './ledger-sessions.js';
import { createPoolLimits } from './session-limits.js';
import { logWarning } from '../log-warning.js';
import { TIMING } from '../timing.js';

/**
 * The connections that write to the ledger. This pool is separate from the application's own pool, so that neither uses up the connections
 * of the other.
 */
@Injectable()
export class LedgerPool extends LedgerSessions {
  /** How long a statement waits for a lock, in milliseconds: somewhat less than `providerTimeoutMs`. */
  readonly lockTimeoutMs: number;

  constructor(
    @Inject(STORE_OPTIONS) { connectionUrl, maxWriteConnections }: StoreOptions,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
  ) {
    const limits = createPoolLimits(aggregator.providerTimeoutMs);
    super(connectionUrl, WRITER, limits, maxWriteConnections);
    this.lockTimeoutMs = limits.lockTimeoutMs;
  }

  /** Ends the pool after all accepted events are written. */
  override async onApplicationShutdown(): Promise<void> {
    await this.aggregator.drain();
    await super.onApplicationShutdown();
  }
}

const MAX_SESSIONS = 3;
const TIMEOUT_MS = 60_000;
/** Regular work keeps one connection open, so the time-out closes only further connections. */
const IDLE_TIMEOUT_MS = 10_000;

/** The connections with which background work writes: publications, alerts, erasures. */
@Injectable()
export class BackgroundPool extends LedgerSessions {
  constructor(@Inject(STORE_OPTIONS) { sequencerUrl }: Pick<StoreOptions, 'sequencerUrl'>) {
    const limits = { ...createPoolLimits(TIMEOUT_MS), idleTimeoutMs: IDLE_TIMEOUT_MS };
    super(sequencerUrl, { ...SEQUENCER, name: 'background' }, limits, MAX_SESSIONS, logWarning);
  }
}

/** Reads the state of the ledger on a separate connection. This connection never reads events. */
@Injectable()
export class LedgerStateReader extends LedgerSessions {
  constructor(
    @Inject(STORE_OPTIONS) { connectionUrl }: Pick<StoreOptions, 'connectionUrl'>,
    @Inject(AuditAggregator) { providerTimeoutMs }: Pick<AuditAggregator, 'providerTimeoutMs'>,
  ) {
    const limits = createPoolLimits(Math.min(TIMING.stateMs, providerTimeoutMs));
    super(connectionUrl, READER, limits, 1, logWarning);
  }
}
