import { setMaxListeners } from 'node:events';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { findDecoratedProviders } from '../../audit/internal.js';
import { Catalogue, clearTimeout, hasCode, pause as delay, setTimeout } from '../../audit/nest-free.js';
import { Periodic } from '../operate/jobs/periodic.js';
import { CheckpointSigner } from '../proof/signing/checkpoint-signer.service.js';
import type { LedgerAccess } from '../read/access/ledger-access.js';
import { SealedEvents } from '../read/query/position/sealed-events.service.js';
import { Sequencer } from '../sealer/sequencer.service.js';
import { formatCount, assess, off, type Verdict } from '../store/check.js';
import { LedgerReader } from '../store/ledger-reader.service.js';
import { CONSUMER } from '../store/ledger-roles.js';
import { LOCK_CLASSES } from '../store/locks.js';
import { toAuditError } from '../store/sessions/classify-ledger-error.js';
import { LedgerSession, type LockHolder } from '../store/sessions/ledger-session.js';
import { BackgroundPool } from '../store/sessions/ledger-pools.service.js';
import { LEADER_LIMITS } from '../store/sessions/session-limits.js';
import { ForeignLockHolder } from '../store/sessions/foreign-lock-holder.js';
import { isWeb, STORE_OPTIONS, type StoreOptions } from '../store/store-options.js';
import { TIMING } from '../store/timing.js';
import { logWarning } from '../store/log-warning.js';
import { endConsumer, useConsumersSession, type ConsumerOperator } from './change-consumer.js';
import { addConsumer, ConsumerStore, hasConsumer } from './consumer-store.js';
import { CONSUMER_COLUMNS, parseConsumerState } from './consumer-state.js';
import { ConsumerWorker, type ConsumerTotals } from './consumer-worker.js';
import { consumerErrors } from './consumers.errors.js';
import { LogConsumer, type LogConsumerOptions } from './log-consumer.decorator.js';
import { findConsumerProblems, readConsumerReports } from './consumer-report.js';
import type { ConsumerReport } from './consumer.dto.js';
import type { ConsumerPosition, PreparedBatch, RangeConsumer } from './range-consumer.js';

const NAME = /^[a-z][a-z0-9-]{0,62}$/;
const READ_CONNECTIONS = 2;
const MAX_EVENTS = 200;
/** If PostgreSQL does not answer while a batch is handled, the process stops before another one can get the lock. */
const HEARTBEAT_MS = 1_000;
const REPLAYS = `SELECT name FROM audit_consumer WHERE replay_of = $1 AND state <> 'done' ORDER BY created_at`;

/** What this process runs of one consumer: its live events, and its replays. */
interface Running {
  readonly consumer: RangeConsumer;
  /** Aborted when another process may run the consumer, and when the process ends. */
  readonly lockLost: AbortController;
  readonly ended: Promise<unknown>;
}

/**
 * Runs the consumers of the application and of the extensions, unless the process has the role `web`. A lock for each consumer lets one process at a time run
 * it. Each consumer has its own loop, so a consumer that hangs delays no other one.
 */
@Injectable()
export class LogConsumers implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('AuditLedger');
  private readonly consumers = new Map<string, RangeConsumer>();
  private readonly workers = new Map<string, ConsumerWorker>();
  private readonly running = new Map<string, Running>();
  /** What keeps consumers and replays from running in this process, by their names. */
  private readonly faults = new Map<string, Error>();
  /** Reads for consumers: from the primary, on connections of their own. */
  readonly reader: LedgerReader;
  private readonly periodic: Periodic;
  private readonly foreignLockHolder = new ForeignLockHolder('sealed events wait for their consumers', (level, line) =>
    this.logger[level](line),
  );
  private session: LedgerSession | undefined;
  private wake = new AbortController();
  private handling = 0;
  private busyAtMs = performance.now();

  constructor(
    @Inject(STORE_OPTIONS) private readonly store: StoreOptions,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(Catalogue) private readonly catalogue: Catalogue,
    @Inject(CheckpointSigner) private readonly signer: CheckpointSigner,
    @Inject(Sequencer) private readonly sequencer: Sequencer,
    @Inject(BackgroundPool) private readonly sessions: BackgroundPool,
  ) {
    setMaxListeners(0, this.wake.signal);
    const { connectionUrl } = store;
    this.reader = new LedgerReader({ connectionUrl, maxReadConnections: READ_CONNECTIONS }, logWarning);
    this.periodic = new Periodic({
      step: () => this.holdLock(),
      everyMs: TIMING.reconnectMs,
      onFailure: (error) =>
        this.logger.warn(`Consumers of the log do not run now. ${toAuditError(error).message} They retry.`),
    });
  }

  /** Registers a consumer of an extension. Called before the start of the application. @throws `AUDIT_CONSUMER_INVALID` */
  add(consumer: RangeConsumer): void {
    const { name } = consumer;
    if (this.consumers.has(name)) throw consumerErrors.AUDIT_CONSUMER_INVALID.duplicate(name);
    this.consumers.set(name, consumer);
  }

  get totals(): ConsumerTotals {
    return Object.fromEntries([...this.workers].map(([name, { total }]) => [name, total]));
  }

  /**
   * Finds the consumers of the application, and starts without waiting for the ledger.
   *
   * @throws `AUDIT_CONSUMER_INVALID`, `AUDIT_OPTIONS_INVALID`
   */
  onApplicationBootstrap(): void {
    const events = new SealedEvents(this.reader, this.catalogue);
    const refuse = (className: string) => consumerErrors.AUDIT_CONSUMER_INVALID.requestScoped(className);
    for (const { instance, options } of findDecoratedProviders(this.modules, LogConsumer, refuse)) {
      this.add(toRangeConsumer(instance, options, events));
    }
    if (this.consumers.size === 0 || isWeb(this.store)) return;
    this.sequencer.onCheckpoint(() => this.runSoon());
    this.periodic.start();
  }

  /** Aborts the batches that are being handled. The next process handles them again. */
  async onApplicationShutdown(): Promise<void> {
    await this.periodic.stop();
    await this.end();
    await this.session?.close();
    await this.reader.onApplicationShutdown();
  }

  /** Reads the reports of all consumers of the ledger, also of those that other applications run. */
  async reports(): Promise<readonly ConsumerReport[]> {
    return readConsumerReports(this.reader);
  }

  async health(): Promise<Verdict> {
    const reports = await this.reports();
    const problems = await this.problems(reports);
    const active = reports.filter(({ state }) => state === 'active');
    const facts = {
      consumers: reports.length,
      paused: reports.length - active.length,
      parked: reports.reduce((sum, { parked }) => sum + parked, 0),
      lagEvents: Math.max(0, ...active.map(({ lagEvents }) => lagEvents)),
      lagSeconds: Math.round(Math.max(0, ...active.map(({ lagSeconds }) => lagSeconds))),
    };
    const isUnused = reports.length === 0 && problems.length === 0 && this.consumers.size === 0;
    if (isUnused) return off('No consumer reads the log.', facts);
    const paused = facts.paused === 0 ? '' : `; ${facts.paused} of them are paused`;
    const message = `${formatCount(facts.consumers, 'consumer reads', 'consumers read')} the log${paused}.`;
    return this.foreignLockHolder.addTo(assess(problems, message, facts));
  }

  /** Returns the problems of consumers. Rejects with the errors of {@link reports}. */
  async problems(reports?: readonly ConsumerReport[]): Promise<readonly Error[]> {
    return [...(await this.foundFaults()), ...findConsumerProblems(reports ?? (await this.reports()))];
  }

  /** The process that runs a consumer has noticed its faults itself; other processes compare the rows with their notes. */
  private async foundFaults(): Promise<readonly Error[]> {
    const { trust, canVerify } = this.signer;
    const rows = canVerify ? await this.reader.rows(`SELECT ${CONSUMER_COLUMNS} FROM audit_consumer`, []) : [];
    const found = rows.flatMap((row) => {
      const state = parseConsumerState(row, trust);
      const name = String(row.name);
      return typeof state === 'string'
        ? [[name, consumerErrors.AUDIT_CONSUMER_CONTRADICTED(name, state)] as const]
        : [];
    });
    return [...new Map([...found, ...this.faults]).values()];
  }

  /** The events that a consumer may see; everything if another application runs the consumer. */
  getAccess(name: string): LedgerAccess {
    return this.consumers.get(name)?.access ?? { scope: 'all' };
  }

  /** Changes consumers in the name of a requester. If this process runs the consumer, it notices the change at once. */
  async change<Result>(
    { actor, reason }: Pick<ConsumerOperator, 'actor' | 'reason'>,
    work: (session: LedgerSession, operator: ConsumerOperator) => Promise<Result>,
  ): Promise<Result> {
    const operator = { actor, reason, signer: this.signer };
    const result = await useConsumersSession(this.store.sequencerUrl, (session) => work(session, operator));
    this.runSoon();
    return result;
  }

  private runSoon(): void {
    this.wake.abort();
    this.wake = new AbortController();
    setMaxListeners(0, this.wake.signal); // each consumer listens
  }

  /** Takes the free locks of consumers, and checks that this process still has its session, with which the server frees the locks. */
  private async holdLock(): Promise<number> {
    if (this.session?.isLost) await this.end();
    const session = (this.session ??= await LedgerSession.open(this.store.sequencerUrl, CONSUMER, LEADER_LIMITS));
    const timer = setTimeout(() => {
      this.abort();
      session.drop();
    }, TIMING.heartbeatLimitMs);
    try {
      await session.rows('SELECT 1');
      let holder: LockHolder | undefined;
      for (const [name, consumer] of this.consumers) {
        if (this.running.has(name)) continue;
        if (!(await session.tryToLock(toConsumerLock(name)))) {
          const seen = await session.lockHolder(toConsumerLock(name));
          if (seen?.isOfSameRole === false) holder = seen;
          continue;
        }
        const lockLost = new AbortController();
        setMaxListeners(0, lockLost.signal);
        this.running.set(name, { consumer, lockLost, ended: this.run(session, consumer, lockLost) });
      }
      this.foreignLockHolder.note(holder);
    } finally {
      clearTimeout(timer);
    }
    if (this.handling > 0) return HEARTBEAT_MS;
    return this.running.size < this.consumers.size ? TIMING.standbyMs : TIMING.idleMs;
  }

  private abort(): void {
    for (const { lockLost } of this.running.values()) lockLost.abort();
  }

  /** Ends all loops, and gives up the session with its locks. */
  private async end(): Promise<void> {
    this.abort();
    await Promise.all([...this.running.values()].map(({ ended }) => ended));
    this.running.clear();
    const { session } = this;
    this.session = undefined;
    await session?.close();
  }

  /** Runs the live events of a consumer, and begins a loop for each of its replays. Never rejects. */
  private async run(session: LedgerSession, consumer: RangeConsumer, lost: AbortController): Promise<void> {
    const replays = new Map<string, Promise<void>>();
    const beginReplays = async (): Promise<void> => {
      for (const row of await session.rows(REPLAYS, [consumer.name])) {
        const name = String(row.name);
        if (replays.has(name)) continue;
        const replay = this.loop(session, name, consumer, lost).finally(() => replays.delete(name));
        replays.set(name, replay);
      }
    };
    await this.loop(session, consumer.name, consumer, lost, beginReplays);
    await Promise.all(replays.values());
    await consumer.close?.();
  }

  /** Takes the steps of a consumer or a replay until the lock is lost, or the replay has ended. Never rejects. */
  private async loop(
    session: LedgerSession,
    name: string,
    consumer: RangeConsumer,
    { signal }: AbortController,
    beside: () => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    const isReplay = name !== consumer.name;
    const worker = new ConsumerWorker(consumer, new ConsumerStore(session, name, this.signer, this.sessions), {
      notify: (line, isAlarm) => (isAlarm ? this.logger.error(line) : this.logger.log(line)),
      end: (reason) => {
        const system = { type: 'system', name: 'nestjs-audit-ledger' } as const;
        return this.change({ actor: system, reason }, (own, operator) => endConsumer(own, name, operator));
      },
      busy: (isHandling) => this.count(isHandling),
      ...{ now: () => performance.now(), random: Math.random },
      isWakeable: () => this.sequencer.status.role === 'leading',
      idleMs: (pauseMs) => Math.max(pauseMs, Math.min(performance.now() - this.busyAtMs, TIMING.idleMs)),
    });
    this.workers.set(name, worker);
    while (!signal.aborted && !session.isLost) {
      const { signal: woken } = this.wake; // a checkpoint during the step aborts this signal, too
      let waitMs: number | undefined = TIMING.consumerPausedMs;
      try {
        await beside();
        waitMs = await worker.step(signal);
        this.faults.delete(name);
        if (waitMs === undefined && isReplay) break;
        if (waitMs === undefined) await this.begin(consumer);
      } catch (error) {
        this.note(name, error);
      }
      if (waitMs) await pause(waitMs, signal, woken);
    }
    if (session.isLost) this.periodic.runSoon(TIMING.reconnectMs);
    if (isReplay) this.workers.delete(name);
  }

  /** Adds the row of a new consumer. If somebody removed its row, the consumer begins again with the first event, so that it misses none. */
  private async begin(consumer: RangeConsumer): Promise<void> {
    const from = (await hasConsumer(this.reader, consumer.name)) ? 'beginning' : consumer.from;
    await useConsumersSession(this.store.sequencerUrl, (own) => addConsumer(own, consumer, from, this.signer));
  }

  private count(isHandling: boolean): void {
    this.handling += isHandling ? 1 : -1;
    this.busyAtMs = performance.now();
    if (isHandling) this.periodic.runSoon(HEARTBEAT_MS);
  }

  private note(name: string, error: unknown): void {
    const isContradicted = hasCode(error, 'AUDIT_CONSUMER_CONTRADICTED');
    const known = this.faults.get(name);
    const message = isContradicted
      ? error.message
      : `The consumer ${name} does not run now. ${toAuditError(error).message} It retries.`;
    if (known?.message !== message) this.logger.error(message);
    this.faults.set(name, isContradicted ? error : new Error(message));
  }
}

function toConsumerLock(name: string) {
  return { class: LOCK_CLASSES.consumers, table: 'audit_consumer', of: name };
}

function toRangeConsumer(
  instance: object,
  options: LogConsumerOptions,
  events: Pick<SealedEvents, 'range'>,
): RangeConsumer {
  const className = instance.constructor.name;
  const input = instance as LogConsumer; // tested in the next line
  if (typeof input.handle !== 'function') throw consumerErrors.AUDIT_CONSUMER_INVALID.withoutHandle(className);
  const { name, from = 'beginning', delaysRetention = false } = options;
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw consumerErrors.AUDIT_CONSUMER_INVALID.badName(className, name);
  }
  const prepare = async ({ first, end, frozen, retry, limit }: ConsumerPosition): Promise<PreparedBatch> => {
    const one = retry === undefined ? undefined : { first: retry, end: retry + 1, retried: retry };
    const range = frozen ?? one ?? { first, end: Math.min(first + limit, end) };
    const batch = await events.range(range.first, range.end);
    return {
      ...{ more: {}, ...range, events: batch.map(({ index }) => index) },
      handle: async (signal) => {
        const { park = [] } = (batch.length > 0 ? await input.handle(batch, signal) : undefined) ?? {};
        return { outcome: 'handled', park: batch.filter(({ id }) => park.includes(id)).map(({ index }) => index) };
      },
    };
  };
  return { name, from, delaysRetention, about: {}, maxEvents: MAX_EVENTS, prepare };
}

async function pause(ms: number, ...signals: readonly AbortSignal[]): Promise<void> {
  await delay(ms, undefined, { signal: AbortSignal.any([...signals]) }).catch(() => undefined);
}
