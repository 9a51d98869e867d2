import { clearInterval, nextTurn as nextTurnOfTheLoop, setInterval } from '../../base/timers.js';
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { AUDIT_OPTIONS, type ResolvedAuditOptions } from '../audit-options.js';
import { openScope } from '../context/audit-scope.js';
import { EventFactory } from '../event-factory.service.js';
import type { AuditEvent, JsonObject } from '../event/audit-event.js';
import { getClockMs } from '../event/generate-event-id.js';
import type { AuditInput } from '../event/audit-input.js';
import { ProviderDiscovery, type RegisteredProvider } from '../provider/provider-discovery.service.js';
import type { BatchListener } from './call-provider.js';
import { DeliveryQueue } from './delivery-queue.js';
import { FloodCounter, type FailureSource } from './flood-counter.js';
import { saveOnExit } from './save-on-exit.js';
import { checkStore, type DeliveryStatus, type ProviderHealth } from './delivery-status.js';
import { makeReceipt, satisfiesClosedPolicy, type AuditReceipt, type DeliveryResult } from './receipt.js';
import { SpillFolder, type SpillStatus } from './spill/spill-folder.js';
import { SpillLines } from './spill/spill-line.js';
import type { LostEvents, RecordingChange } from './spill/backend-overflow.js';
import { SpillOverflow } from './spill/spill-overflow.js';
import { withTimeout } from '../../base/with-timeout.js';
import { httpErrors } from '../errors/http.errors.js';

const LIMITS = {
  maxBatchEvents: 500, // measured: larger batches are slower
  maxBatchBytes: 4 * 1024 * 1024,
  maxWaitingEvents: 10_000,
  maxWaitingBytes: 64 * 1024 * 1024,
  timeoutsToSuspend: 3,
};

const COUNTED_TICK_MS = 1_000;

/** How long a receipt waits for the earlier event with the same idempotency key. */
const LOOKUP_MS = 1_000;

/** An alert rule and the search look for this name, so the type has no ending for its outcome. */
const LOST_TYPE = 'audit_events_lost';

export interface DispatchOptions {
  /** Whether the event must be saved (`onFailure: 'closed'`). */
  readonly isClosed: boolean;
  /** Whether the event may wait a moment, so that it goes with later events. @defaultValue false */
  readonly isBackground?: boolean;
  /** Whether to deliver the event even if its source is over the limit of failures. Default: `isClosed`. */
  readonly isUncounted?: boolean;
  /** Returns whether a provider gets the event. Default: all providers that want the event. */
  readonly selectsBackend?: (provider: RegisteredProvider) => boolean;
}

const SKIPPED_BY_CATEGORY: DeliveryResult = Object.freeze({ status: 'skipped', reason: 'category' });
const SKIPPED_NOT_AWAITED: DeliveryResult = Object.freeze({ status: 'skipped', reason: 'not_awaited' });

/** Finds the providers at boot, and delivers each event to the providers that want it. */
@Injectable()
export class AuditDispatcher implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger('AuditModule');
  private readonly overflow: SpillOverflow;
  private readonly batchListeners: BatchListener[] = [];
  private queues: readonly DeliveryQueue[] | undefined;
  private found: readonly RegisteredProvider[] = [];
  private readonly counter: FloodCounter | undefined;
  private counting: NodeJS.Timeout | undefined;
  private endSaving: () => void = () => undefined;
  private resolveReady: () => void = () => undefined;
  private readonly ready = new Promise<void>((resolve) => {
    this.resolveReady = resolve;
  });

  constructor(
    @Inject(AUDIT_OPTIONS) private readonly options: ResolvedAuditOptions,
    @Inject(ProviderDiscovery) private readonly discovery: ProviderDiscovery,
    @Inject(EventFactory) private readonly events: EventFactory,
  ) {
    const { spillDir, writerKeys, maxSpillBytes } = options;
    const folder =
      spillDir === undefined ? undefined : new SpillFolder(spillDir, { maxBytes: maxSpillBytes, keys: writerKeys });
    const { maxFailuresPerMinute: limit } = options;
    if (limit !== false)
      this.counter = new FloodCounter(limit, getClockMs, {
        began: (source, { tenantId, type }) =>
          this.recordFlood('audit_failures_throttled', source, tenantId, { type, limitPerMinute: limit }),
        counted: ({ source, tenantId, types, ...facts }) =>
          void this.recordFlood('audit_failures_counted', source, tenantId, {
            ...{ ...facts, types: { ...types }, limitPerMinute: limit },
          }),
      });
    const reports = {
      recording: (change: RecordingChange, backend: string, details: JsonObject) =>
        this.recordChange(change, backend, details),
      loss: (backend: string, lost: LostEvents) => this.recordLoss(backend, lost),
    };
    this.overflow = new SpillOverflow(folder, reports, new SpillLines(writerKeys));
  }

  /** Runs after every module's instances exist and before other modules' `onModuleInit`, since this module is global. */
  async onModuleInit(): Promise<void> {
    const { enabled, disabled, all } = this.discovery.discover(this.options.disabledProviders);
    this.found = all;
    const limits = { ...LIMITS, timeoutMs: this.options.providerTimeoutMs };
    const notify: BatchListener = (batch) => {
      for (const listener of this.batchListeners) listener(batch);
    };
    const queues = enabled.map((provider) => new DeliveryQueue(provider, this.overflow, limits, notify));
    await this.overflow.start(queues);
    this.queues = queues;
    if (this.counter) this.counting = setInterval(() => this.counter?.tick(), COUNTED_TICK_MS).unref();
    this.endSaving = saveOnExit({
      drain: () => {
        this.counter?.flush();
        return this.drain();
      },
      keepAtOnce: () => {
        this.counter?.flush();
        for (const queue of queues) this.overflow.keepAtOnce(queue.provider.backend, queue.unsaved());
      },
    });
    const names = enabled.map(({ backend }) => `${backend} (enabled)`);
    const states = [...names, ...disabled.map((name) => `${name} (disabled)`)];
    if (enabled.length > 0) this.logger.log(`Audit providers: ${states.join(', ')}`);
    else this.logger.warn(`Audit providers: ${states.join(', ') || 'none'}. Events are not recorded.`);
    this.resolveReady();
  }

  /** The enabled providers; empty before the end of the boot. */
  get providers(): readonly RegisteredProvider[] {
    return (this.queues ?? []).map(({ provider }) => provider);
  }

  /** The enabled and the disabled providers; empty before the end of the boot. */
  get allProviders(): readonly RegisteredProvider[] {
    return this.found;
  }

  /**
   * Delivers an event. Resolves when every awaited provider has answered or timed out.
   * @throws `AUDIT_UNAVAILABLE` only with `isClosed`, when the event could not be saved anywhere
   */
  dispatch(event: AuditEvent, options: DispatchOptions): Promise<AuditReceipt> {
    const { isClosed, selectsBackend, isBackground = false, isUncounted = isClosed } = options;
    const counted = isUncounted ? undefined : this.counter?.count(event);
    if (counted) return counted.then(() => ({ eventId: event.id, recorded: false, counted: true, providers: {} }));
    const { queues } = this;
    if (!queues) return this.dispatchAfterBoot(event, options);
    return new Promise((resolve, reject) => {
      const results: Record<string, DeliveryResult> = {};
      let open = 1;
      const close = (): void => {
        if (--open > 0) return;
        if (isClosed && !satisfiesClosedPolicy(this.providers, results, isSaved))
          reject(httpErrors.AUDIT_UNAVAILABLE(event.type));
        else resolve(makeReceipt(event.id, results));
      };
      for (const queue of queues) {
        const { provider } = queue;
        const { backend } = provider;
        if (selectsBackend?.(provider) === false) continue;
        if (!provider.wants(event)) {
          results[backend] = SKIPPED_BY_CATEGORY;
          continue;
        }
        if (!provider.awaited) {
          results[backend] = SKIPPED_NOT_AWAITED;
          queue.deliver(event, () => undefined, false);
          continue;
        }
        open++;
        const settle = (result: DeliveryResult): void => {
          results[backend] = result;
          close();
        };
        queue.deliver(event, settle, !isBackground);
      }
      close();
    });
  }

  /** Returns the id of the event that took the idempotency key of this hash, if a provider knows it soon. Never rejects. */
  async findOnce(once: string): Promise<string | undefined> {
    const waitMs = Math.min(LOOKUP_MS, this.options.providerTimeoutMs);
    const find = async ({ instance }: RegisteredProvider): Promise<string | undefined> => instance.findOnce?.(once);
    const finds = this.providers.map((provider) => withTimeout(waitMs, find(provider), () => undefined));
    const found = await Promise.allSettled(finds);
    return found.map((each) => (each.status === 'fulfilled' ? each.value : undefined)).find((id) => id !== undefined);
  }

  async health(): Promise<Readonly<Record<string, ProviderHealth>>> {
    const checks = this.providers.map(async (provider) => [provider.backend, await checkStore(provider)] as const);
    const stores = new Map(await Promise.all(checks));
    const entries = Object.entries(this.deliveryStatus());
    return Object.fromEntries(entries.map(([backend, status]) => [backend, { ...status, ...stores.get(backend) }]));
  }

  deliveryStatus(): Readonly<Record<string, DeliveryStatus>> {
    const entries = (this.queues ?? []).map((queue) => {
      const { backend, required } = queue.provider;
      return [backend, { required, ...queue.status(), ...this.overflow.getStatus(backend) }] as const;
    });
    return Object.fromEntries(entries);
  }

  onBatch(listener: BatchListener): void {
    this.batchListeners.push(listener);
  }

  spill(): SpillStatus | undefined {
    return this.overflow.status();
  }

  /** Drains the queues. The server still responds to accepted requests, so further events follow until the connections are closed. */
  async beforeApplicationShutdown(): Promise<void> {
    this.counter?.flush();
    await this.drain();
  }

  async onApplicationShutdown(): Promise<void> {
    // The server closes one turn of the event loop before its last responses end, so their events may not be recorded yet.
    for (let turn = 0; turn < 2; turn++) await nextTurnOfTheLoop();
    clearInterval(this.counting);
    this.counter?.flush();
    await Promise.all((this.queues ?? []).map((queue) => queue.close()));
    await this.overflow.close();
    this.endSaving();
  }

  private recordChange(change: RecordingChange, backend: string, details: JsonObject): void {
    const event = this.events.create(`audit_recording_${change}`, {
      category: 'system',
      severity: change === 'degraded' ? 'error' : 'info',
      actor: { type: 'system' },
      resource: { type: 'audit_provider', id: backend },
      details,
    });
    void this.dispatch(event, { isClosed: false, isBackground: true });
  }

  private async recordFlood(
    type: `audit_failures_${string}`,
    source: FailureSource,
    tenantId: string | undefined,
    facts: JsonObject,
  ): Promise<void> {
    const input: AuditInput = {
      category: 'security',
      severity: 'warning',
      actor: source.kind === 'actor' ? source.actor : { type: 'anonymous' },
      tenantId,
      details: { ...facts, source: source.kind },
    };
    const scope = openScope(source.kind === 'ip' ? { ip: source.ip } : {});
    // The address and the actor come from events that may already be anonymised, so they are not anonymised again.
    const event = this.events.create(type, input, { scope, privacy: { anonymize: false } });
    await this.dispatch(event, { isClosed: false, isUncounted: true });
  }

  async drain(): Promise<void> {
    await Promise.all((this.queues ?? []).map((queue) => queue.drain()));
  }

  private async recordLoss(backend: string, { events, firstAt, lastAt }: LostEvents): Promise<boolean> {
    const event = this.events.create(LOST_TYPE, {
      outcome: 'failure',
      category: 'system',
      severity: 'critical',
      actor: { type: 'system' },
      details: { losses: [{ provider: backend, events, firstAt, lastAt }] },
    });
    const { providers } = await this.dispatch(Object.freeze({ ...event, type: LOST_TYPE }), { isClosed: false });
    return Object.values(providers).some(isSaved);
  }

  /** Waits for the boot at most until the time-out, since a factory may await its own event during the boot. */
  private async dispatchAfterBoot(event: AuditEvent, options: DispatchOptions): Promise<AuditReceipt> {
    const dispatched = this.ready.then(() => this.dispatch(event, { ...options, isUncounted: true }));
    return withTimeout(this.options.providerTimeoutMs, dispatched, () => {
      if (options.isClosed) throw httpErrors.AUDIT_UNAVAILABLE(event.type);
      return makeReceipt(event.id, {});
    });
  }
}

function isSaved({ status }: DeliveryResult): boolean {
  return status === 'recorded' || status === 'accepted' || status === 'spilled';
}
