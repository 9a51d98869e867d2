import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { eventually } from '../../../test/support/eventually.js';
import { AuditContext } from '../context/audit-context.js';
import type { AuditEvent } from '../event/audit-event.js';
import type { AuditProvider, AuditProviderOptions, ProviderScope } from '../provider/audit-provider.js';
import { registerProvider } from '../provider/provider-discovery.service.js';
import { DeliveryQueue, type DeliveryQueueOptions, type Overflow } from './delivery-queue.js';
import type { DeliveryResult } from './receipt.js';
import { providerErrors } from '../../base/errors/provider.errors.js';

function event(id: string | number): AuditEvent {
  return { id: String(id) } as AuditEvent; // the queue looks at nothing else
}

const getIds = (batch: readonly AuditEvent[]): readonly string[] => batch.map(({ id }) => id);

class MemoryOverflow implements Overflow {
  readonly kept: { readonly backend: string; readonly ids: readonly string[]; readonly error: string }[] = [];

  readonly deadLettered: { readonly backend: string; readonly id: string; readonly error: string }[] = [];
  readonly resumedBackends: string[] = [];

  keep(backend: string, events: readonly AuditEvent[], error: string): Promise<DeliveryResult> {
    this.kept.push({ backend, ids: getIds(events), error });
    return Promise.resolve({ status: 'spilled', error });
  }

  addDeadLetter(backend: string, deadLettered: AuditEvent, error: string): Promise<DeliveryResult> {
    this.deadLettered.push({ backend, id: deadLettered.id, error });
    return Promise.resolve({ status: 'spilled', error });
  }

  resumed(backend: string): void {
    this.resumedBackends.push(backend);
  }

  get ids(): readonly string[] {
    return this.kept.flatMap(({ ids }) => ids);
  }
}

type Outcome = (batch: readonly AuditEvent[], scope: ProviderScope) => Promise<unknown>;

class ScriptedProvider implements AuditProvider {
  readonly calls: { readonly ids: readonly string[]; readonly attempt: number }[] = [];
  readonly stored: string[] = [];
  inFlight = 0;
  maxInFlight = 0;
  outcome: Outcome = () => Promise.resolve();

  async record(batch: readonly AuditEvent[], scope: ProviderScope): Promise<unknown> {
    this.calls.push({ ids: getIds(batch), attempt: scope.attempt });
    this.maxInFlight = Math.max(this.maxInFlight, ++this.inFlight);
    try {
      const outcome = await this.outcome(batch, scope);
      this.stored.push(...getIds(batch));
      return outcome;
    } finally {
      this.inFlight--;
    }
  }

  get ids(): readonly string[] {
    return this.calls.flatMap(({ ids }) => ids);
  }
}

const byNumber = (a: string, b: string): number => Number(a) - Number(b);

function deliver(queue: DeliveryQueue, input: AuditEvent): Promise<DeliveryResult> {
  return new Promise((resolve) => queue.deliver(input, resolve));
}

const never = (): Promise<void> => new Promise(() => undefined);

interface Gate {
  readonly opened: Promise<void>;
  readonly open: () => void;
}

function gate(): Gate {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
}

const queues: DeliveryQueue[] = [];
let provider: ScriptedProvider;
let overflow: MemoryOverflow;

function open(
  options: Partial<DeliveryQueueOptions> = {},
  providerOptions: AuditProviderOptions = {},
  methods: Partial<AuditProvider> = {},
): DeliveryQueue {
  provider = Object.assign(new ScriptedProvider(), methods);
  overflow = new MemoryOverflow();
  const registered = registerProvider(provider, 'memory', 'TestModule', providerOptions);
  const queue = new DeliveryQueue(registered, overflow, {
    timeoutMs: 5_000,
    maxBatchEvents: 500,
    maxBatchBytes: 4 * 1024 * 1024,
    maxWaitingEvents: 10_000,
    maxWaitingBytes: 64 * 1024 * 1024,
    timeoutsToSuspend: 3,
    ...options,
  });
  queues.push(queue);
  return queue;
}

afterEach(() => Promise.all(queues.splice(0).map((queue) => queue.close())));

async function suspend(queue: DeliveryQueue): Promise<void> {
  provider.outcome = never;
  for (let round = 1; queue.status().state !== 'suspended'; round++) await deliver(queue, event(`hung-${round}`));
}

it('events are joined, whatever the pattern of their coming and of the answers: each is stored or kept, in order, one batch at a time', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ events: fc.integer({ min: 1, max: 12 }), turns: fc.integer({ min: 0, max: 3 }) }), {
        maxLength: 6,
      }),
      fc.array(fc.constantFrom('stored', 'rejected', 'slow', 'judged'), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 9 }),
      async (bursts, outcomes, maxBatchEvents) => {
        const queue = open({ maxBatchEvents });
        provider.outcome = async () => {
          const outcome = outcomes[provider.calls.length % outcomes.length];
          if (outcome === 'slow') await pause(1);
          if (outcome === 'rejected') throw new Error('no');
          if (outcome === 'judged') throw providerErrors.AUDIT_EVENTS_UNSTORABLE('the test', 'too large');
        };
        const delivered: Promise<DeliveryResult>[] = [];
        for (const { events, turns } of bursts) {
          for (let index = 0; index < events; index++) delivered.push(deliver(queue, event(delivered.length)));
          for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
        }
        const results = await Promise.all(delivered);
        const idsWith = (status: string): readonly string[] =>
          results.flatMap((result, id) => (result.status === status ? [String(id)] : []));
        const recorded = new Set(idsWith('recorded'));

        expect([...overflow.ids, ...overflow.deadLettered.map(({ id }) => id)].sort(byNumber)).toEqual(
          idsWith('spilled'),
        );
        expect(provider.stored.filter((id) => recorded.has(id))).toEqual([...recorded]);
        expect(recorded.size + idsWith('spilled').length).toBe(results.length);
        expect(provider.maxInFlight).toBeLessThanOrEqual(1);
        await queue.close();
      },
    ),
    { numRuns: 30 },
  );
});

it('a provider with a queue in front of its store has events accepted, also those of a batch of which one is at fault', async () => {
  const queue = open();
  provider.outcome = (batch) =>
    batch.some(({ id }) => id === '7')
      ? Promise.reject(providerErrors.AUDIT_EVENTS_UNSTORABLE('the test', 'too large'))
      : Promise.resolve('accepted');
  const results = await Promise.all(Array.from({ length: 10 }, (_, id) => deliver(queue, event(id))));

  expect(results.filter(({ status }) => status === 'accepted')).toHaveLength(9);
  expect(results[7]?.status).toBe('spilled');
  expect(await deliver(queue, event(11))).toEqual({ status: 'accepted' });
});

describe('a provider that fails', () => {
  const RETRIES = 2;

  it('is tried again, then has its batch kept, and is suspended until it takes a probe', async () => {
    const queue = open();
    provider.outcome = () => Promise.reject(new Error('the disk is full'));
    const failed = await deliver(queue, event(1));
    expect(provider.calls.map(({ attempt }) => attempt)).toEqual(Array.from({ length: 1 + RETRIES }, (_, n) => n));
    const meanwhile = await deliver(queue, event(2));
    provider.outcome = () => Promise.resolve();
    await eventually(() => queue.status().state === 'idle');
    const stored = await deliver(queue, event(3));

    expect(failed).toEqual({ status: 'spilled', error: 'the disk is full' });
    expect(meanwhile).toEqual({ status: 'spilled', error: 'the provider is suspended (the disk is full)' });
    expect(overflow.ids).toEqual(['1', '2']);
    expect(overflow.resumedBackends).toEqual(['memory']);
    expect(stored).toEqual({ status: 'recorded' });
  });

  it('for a moment gets the same batch again, and nothing is kept', async () => {
    const queue = open();
    let calls = 0;
    provider.outcome = () => (calls++ < RETRIES ? Promise.reject(new Error('a deadlock')) : Promise.resolve());
    const results = await Promise.all([deliver(queue, event(1)), deliver(queue, event(2))]);

    expect(results).toEqual([{ status: 'recorded' }, { status: 'recorded' }]);
    expect(overflow.ids).toEqual([]);
    expect(queue.status().state).toBe('idle');
  });
});

describe('a provider that takes two batches at once', () => {
  it('gets a second one when a full batch waits, and never a third', async () => {
    const queue = open({ maxBatchEvents: 4 }, {}, { recordInTransaction: () => Promise.resolve(true) });
    const { opened, open: letGo } = gate();
    provider.outcome = () => opened;
    const delivered = Array.from({ length: 14 }, (_, id) => deliver(queue, event(id)));
    await eventually(() => provider.calls.length === 2);
    await pause(5);
    expect(provider.calls.map(({ ids }) => ids.length)).toEqual([4, 4]);
    letGo();
    await Promise.all(delivered);

    expect(provider.maxInFlight).toBe(2);
    expect([...provider.ids].sort(byNumber)).toEqual(Array.from({ length: 14 }, (_, id) => String(id)));
  });
});

it('a second batch is sent outside of the context of the caller who filled it', async () => {
  const queue = open({ maxBatchEvents: 2 }, {}, { recordInTransaction: () => Promise.resolve(true) });
  const caller = new AsyncLocalStorage<string>();
  const callers: unknown[] = [];
  const { opened, open: letGo } = gate();
  provider.outcome = () => {
    callers.push(caller.getStore());
    return opened;
  };
  const first = deliver(queue, event(0));
  await eventually(() => provider.calls.length === 1);
  const more = caller.run('a request', () => [1, 2].map((id) => deliver(queue, event(id))));
  expect(provider.calls.map(({ ids }) => ids)).toEqual([['0'], ['1', '2']]);
  letGo();
  await Promise.all([first, ...more]);

  expect(callers).toEqual([undefined, undefined]);
});

it('an event that nobody waits for goes at once with one that is waited for, and before it', async () => {
  const queue = open();
  queue.deliver(event('unhurried'), () => undefined, false);
  await deliver(queue, event('awaited'));

  expect(provider.calls.map(({ ids }) => ids)).toEqual([['unhurried', 'awaited']]);
});

describe('a provider that nobody waits for', () => {
  it('gets events that come within a moment in one batch', async () => {
    const queue = open({}, { awaited: false });
    for (let id = 0; id < 5; id++) {
      queue.deliver(event(id), () => undefined, false);
      await Promise.resolve(); // a turn of the event loop may last longer than the events wait
    }
    expect([queue.status().state, provider.calls]).toEqual(['lingering', []]);
    await queue.drain();

    expect(provider.calls.map(({ ids }) => ids)).toEqual([['0', '1', '2', '3', '4']]);
    expect(queue.status().state).toBe('idle');
  });

  it('has the rest kept at once when as many events wait as may', async () => {
    const queue = open({ maxBatchEvents: 2, maxWaitingEvents: 4 }, { awaited: false });
    const { opened, open: letGo } = gate();
    provider.outcome = () => opened;
    for (let id = 0; id < 10; id++) queue.deliver(event(id), () => undefined, false);
    expect(queue.status()).toMatchObject({ waiting: 4 });
    letGo();
    await queue.drain();

    expect(overflow.ids).toEqual(['4', '5', '6', '7', '8', '9']);
    expect(overflow.kept[0]?.error).toBe('more than 4 events wait');
    expect(provider.ids).toEqual(['0', '1', '2', '3']);
  });
});

describe('a provider that does not answer', () => {
  it('has events that waited behind the batch kept at their own deadline, also when the clock is set back', async () => {
    const now = Date.now;
    const queue = open({ timeoutMs: 750, timeoutsToSuspend: 100 });
    let latest: AbortSignal | undefined;
    provider.outcome = (_batch, { signal }) => {
      latest = signal;
      return never();
    };
    const first = deliver(queue, event(1));
    await pause(300); // a busy machine may send the second batch that late
    const second = deliver(queue, event(2));
    Date.now = () => now() - 3_600_000;
    await Promise.all([first, second]).finally(() => (Date.now = now));

    expect(overflow.ids).toEqual(['1', '2']);
    expect(provider.ids).toEqual(['1', '2']);
    expect(latest?.aborted).toBe(false); // the second batch still has time
  });

  it('and answers late: the event is kept once and settled once', async () => {
    const queue = open({ timeoutMs: 50 });
    const { opened, open: respondLate } = gate();
    let signal: AbortSignal | undefined;
    provider.outcome = (_batch, scope) => {
      ({ signal } = scope);
      return opened;
    };
    const result = await deliver(queue, event(1));
    await eventually(() => signal?.aborted);
    respondLate();
    await pause(20);

    expect(result.status).toBe('spilled');
    expect(overflow.ids).toEqual(['1']);
    provider.outcome = () => Promise.resolve();
    expect(await deliver(queue, event(2))).toEqual({ status: 'recorded' });
    expect(overflow.ids).toEqual(['1']);
  });

  it('twice is not suspended, and an answer starts the count again', async () => {
    const queue = open({ timeoutMs: 50 });
    for (const round of [1, 2]) {
      provider.outcome = never;
      await deliver(queue, event(`${round}a`));
      await deliver(queue, event(`${round}b`));
      expect(queue.status().state).not.toBe('suspended');
      provider.outcome = () => Promise.resolve();
      expect(await deliver(queue, event(`${round}c`))).toEqual({ status: 'recorded' });
    }
  });

  it('is offered no replay while it is suspended', async () => {
    const queue = open({ timeoutMs: 50 });
    await suspend(queue);
    const calls = provider.calls.filter(({ ids }) => ids.includes('old'));
    const old = event('old');

    expect(await queue.offerAgain([old], false)).toMatchObject({ stored: [], undecided: [old] });
    expect(calls).toEqual([]);
  });

  it('does not meet a batch that is on its way', async () => {
    const queue = open();
    const { opened, open: letGo } = gate();
    provider.outcome = () => opened;
    const delivered = deliver(queue, event(1));
    await eventually(() => provider.calls.length === 1);
    const replayed = queue.offerAgain([event('old')], false);
    await pause(20);
    letGo();
    await Promise.all([delivered, replayed]);

    expect(provider.maxInFlight).toBe(1);
  });
});

describe('a queue that is drained', () => {
  it('waits for what it accepted, and not for what keeps coming', async () => {
    const queue = open();
    provider.outcome = () => pause(5);
    let isLoaded = true;
    const client = async (): Promise<void> => {
      while (isLoaded) await deliver(queue, event('load'));
    };
    // In two phases: while the events of one phase are on their way, the events of the other phase wait.
    const first = client();
    await eventually(() => provider.inFlight === 1);
    const second = client();
    const accepted = deliver(queue, event('accepted'));
    await Promise.all([queue.drain(), queue.drain()]);

    expect(provider.stored).toContain('accepted');
    expect(queue.status().waiting).toBeGreaterThan(0);
    isLoaded = false;
    await Promise.all([first, second, accepted]);
  });
});

describe('a queue that is closed', () => {
  it('still brings a later event to the overflow when its provider hangs', async () => {
    const queue = open({ timeoutMs: 50 });
    await queue.close();
    provider.outcome = never;

    expect(await deliver(queue, event(1))).toMatchObject({ status: 'spilled' });
    expect(overflow.ids).toEqual(['1']);
  });
});

it("a provider is called outside of any request's context also for probes", async () => {
  const queue = open({ timeoutMs: 50 });
  await AuditContext.run({ requestId: 'req-1' }, () => suspend(queue));
  let probedIn: unknown = 'nothing yet';
  provider.outcome = () => {
    probedIn = AuditContext.current();
    return Promise.resolve();
  };
  await eventually(() => probedIn !== 'nothing yet');

  expect(probedIn).toBeUndefined();
});
