import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { AUDIT_OPTIONS, type ResolvedAuditOptions } from '../audit-options.js';
import type { AuditEvent } from '../event/audit-event.js';
import { ProviderDiscovery } from '../provider/provider-discovery.service.js';
import type { RegisteredProvider } from '../provider/registered-provider.js';
import { DeliveryQueue } from './delivery-queue.js';
import { checkStore, NO_COUNTS, type ProviderHealth } from './provider-health.js';
import { makeReceipt, type AuditReceipt, type DeliveryResult } from './receipt.js';
import { SpillFolder } from './spill-folder.js';
import { SpillOverflow } from './spill-overflow.js';

const MAX_BATCH_EVENTS = 500;
const TIMEOUTS_TO_SUSPEND = 3;

/** An event's receipt, and whether it is saved as far as `onFailure: 'closed'` demands. */
export interface Dispatched {
  readonly receipt: AuditReceipt;
  readonly saved: boolean;
}

/** Finds the providers at boot, and brings each event to those that want it. */
@Injectable()
export class AuditDispatcher implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger('AuditModule');
  private readonly overflow: SpillOverflow;
  private queues: readonly DeliveryQueue[] | undefined;
  private markReady: () => void = () => undefined;
  private readonly ready = new Promise<void>((resolve) => {
    this.markReady = resolve;
  });

  constructor(
    @Inject(AUDIT_OPTIONS) private readonly options: ResolvedAuditOptions,
    @Inject(ProviderDiscovery) private readonly discovery: ProviderDiscovery,
  ) {
    const folder = options.spillDir === undefined ? undefined : new SpillFolder(options.spillDir);
    this.overflow = new SpillOverflow(folder, async (backend, events) => {
      const queue = this.queues?.find(({ provider }) => provider.backend === backend);
      return queue ? queue.offerAgain(events) : { status: 'rejected', error: 'there is no such provider' };
    });
  }

  /** Every module's instances exist by now, and no module's own `onModuleInit` ran yet: this module is global. */
  async onModuleInit(): Promise<void> {
    const { enabled, disabled } = this.discovery.discover(this.options.disabledProviders);
    const limits = {
      timeoutMs: this.options.providerTimeoutMs,
      maxBatchEvents: MAX_BATCH_EVENTS,
      timeoutsToSuspend: TIMEOUTS_TO_SUSPEND,
    };
    const backends = enabled.map(({ backend }) => backend);
    await this.overflow.start(backends);
    this.queues = enabled.map((provider) => new DeliveryQueue(provider, this.overflow, limits));
    const states = [...backends.map((name) => `${name} (enabled)`), ...disabled.map((name) => `${name} (disabled)`)];
    if (enabled.length > 0) this.logger.log(`Audit providers: ${states.join(', ')}`);
    else this.logger.warn(`Audit providers: ${states.join(', ') || 'none'}. Events are recorded nowhere.`);
    this.markReady();
  }

  /** The enabled providers; none before the end of the boot. */
  get providers(): readonly RegisteredProvider[] {
    return (this.queues ?? []).map(({ provider }) => provider);
  }

  /**
   * Resolves when every awaited provider has answered or run into the time-out; unless it `waits`, at once. Never rejects.
   *
   * @param isFor which providers get it, of those that want it
   */
  async dispatch(
    event: AuditEvent,
    waits: boolean,
    isFor: (provider: RegisteredProvider) => boolean = () => true,
  ): Promise<Dispatched> {
    if (!this.queues) return this.dispatchAfterBoot(event, waits, isFor);
    const queues = this.queues.filter(({ provider }) => isFor(provider));
    const wanting = queues.filter(({ provider }) => provider.wants(event));
    const results: Record<string, DeliveryResult> = {};
    for (const { provider } of queues) {
      if (!provider.wants(event)) results[provider.backend] = { status: 'skipped', why: 'category' };
    }
    await Promise.all(
      wanting.map(async (queue) => {
        const delivery = queue.deliver(event);
        const { backend, awaited } = queue.provider;
        results[backend] = waits && awaited ? await delivery : { status: 'skipped', why: 'not awaited' };
      }),
    );
    return { receipt: makeReceipt(event.id, results), saved: isSaved(wanting, results) };
  }

  /** How each enabled provider is doing, by backend. Never rejects. */
  async health(): Promise<Readonly<Record<string, ProviderHealth>>> {
    const counts = this.overflow.counts();
    const entries = (this.queues ?? []).map(async (queue) => {
      const { provider } = queue;
      const store = await checkStore(provider, this.options.providerTimeoutMs);
      const spillPending = this.overflow.holds(provider.backend);
      const facts = { ...queue.status(), ...(counts[provider.backend] ?? NO_COUNTS), spillPending };
      return [provider.backend, { ...facts, ...store }] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  }

  /** The server still answers what it accepted: those events come until the connections are closed. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.drain();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all((this.queues ?? []).map((queue) => queue.close()));
    await this.overflow.close();
  }

  /** Resolves when every event accepted so far is settled. */
  async drain(): Promise<void> {
    await Promise.all((this.queues ?? []).map((queue) => queue.drain()));
  }

  /**
   * Events of the boot wait for its end; their callers not longer than for a provider, since a factory that awaits its
   * event would wait for itself.
   */
  private async dispatchAfterBoot(
    event: AuditEvent,
    waits: boolean,
    isFor: (provider: RegisteredProvider) => boolean,
  ): Promise<Dispatched> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<Dispatched>((resolve) => {
      timer = setTimeout(
        () => resolve({ receipt: makeReceipt(event.id, {}), saved: false }),
        this.options.providerTimeoutMs,
      );
    });
    const dispatched = this.ready.then(() => this.dispatch(event, waits, isFor));
    return Promise.race([dispatched, tooLate]).finally(() => clearTimeout(timer));
  }
}

/**
 * Whether an event is stored or spilled for every required provider that wants it; where none is required, for one of
 * those that are waited for. An event that nobody waits for cannot fail.
 */
function isSaved(wanting: readonly DeliveryQueue[], results: Readonly<Record<string, DeliveryResult>>): boolean {
  const waitedFor = wanting.map(({ provider }) => provider).filter(({ awaited }) => awaited);
  const required = waitedFor.filter((provider) => provider.required);
  const saved = ({ backend }: { readonly backend: string }): boolean =>
    results[backend]?.status === 'recorded' || results[backend]?.status === 'spilled';
  return required.length > 0 ? required.every(saved) : waitedFor.length === 0 || waitedFor.some(saved);
}
