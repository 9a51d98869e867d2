import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { eventually } from '../../../test/support/eventually.js';
import { AuditContext } from '../context/audit-context.js';
import type { AuditEvent } from '../event/audit-event.js';
import type { AuditProvider, ProviderScope } from '../provider/audit-provider.js';
import { registerProvider } from '../provider/registered-provider.js';
import { DeliveryQueue, type Overflow } from './delivery-queue.js';
import type { DeliveryResult } from './receipt.js';

/** An event of which the queue reads nothing. */
function event(id: string | number): AuditEvent {
  return { id: String(id) } as AuditEvent; // the queue looks at nothing else
}

const idsOf = (batch: readonly AuditEvent[]): readonly string[] => batch.map(({ id }) => id);

/** Keeps what it is given in memory, and answers as the spill does. */
class MemoryOverflow implements Overflow {
  readonly kept: { readonly backend: string; readonly ids: readonly string[]; readonly error: string }[] = [];

  keep(backend: string, events: readonly AuditEvent[], error: string): Promise<DeliveryResult> {
    this.kept.push({ backend, ids: idsOf(events), error });
    return Promise.resolve({ status: 'spilled', error });
  }

  get ids(): readonly string[] {
    return this.kept.flatMap(({ ids }) => ids);
  }
}

type Answer = (batch: readonly AuditEvent[], scope: ProviderScope) => Promise<void>;

/** A provider that notes its calls and answers each as it is told to. */
class ScriptedProvider implements AuditProvider {
  readonly calls: { readonly ids: readonly string[]; readonly attempt: number }[] = [];
  inFlight = 0;
  mostInFlight = 0;
  answer: Answer = () => Promise.resolve();

  async record(batch: readonly AuditEvent[], scope: ProviderScope): Promise<void> {
    this.calls.push({ ids: idsOf(batch), attempt: scope.attempt });
    this.mostInFlight = Math.max(this.mostInFlight, ++this.inFlight);
    try {
      await this.answer(batch, scope);
    } finally {
      this.inFlight--;
    }
  }

  get ids(): readonly string[] {
    return this.calls.flatMap(({ ids }) => ids);
  }
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
  options: { timeoutMs?: number; maxBatchEvents?: number; timeoutsToSuspend?: number } = {},
): DeliveryQueue {
  provider = new ScriptedProvider();
  overflow = new MemoryOverflow();
  const registered = registerProvider(provider, 'memory', 'TestModule', {});
  const queue = new DeliveryQueue(registered, overflow, {
    timeoutMs: 5_000,
    maxBatchEvents: 500,
    timeoutsToSuspend: 3,
    ...options,
  });
  queues.push(queue);
  return queue;
}

afterEach(async () => {
  await Promise.all(queues.splice(0).map((queue) => queue.close()));
});

/** Lets a hung provider run into three time-outs. */
async function suspend(queue: DeliveryQueue): Promise<void> {
  provider.answer = never;
  for (let round = 1; queue.status().state !== 'suspended'; round++) await queue.deliver(event(`hung-${round}`));
}

describe('events that come together go together', () => {
  it('in one batch, in their order', async () => {
    const queue = open();
    const results = await Promise.all([1, 2, 3, 4, 5].map((id) => queue.deliver(event(id))));

    expect(provider.calls).toEqual([{ ids: ['1', '2', '3', '4', '5'], attempt: 0 }]);
    expect(results).toEqual(Array.from({ length: 5 }, () => ({ status: 'recorded' })));
  });

  it('and those that come while a batch is on its way go in the next one', async () => {
    const queue = open();
    const { opened, open: letGo } = gate();
    provider.answer = () => opened;
    const delivered = [queue.deliver(event(0))];
    await eventually(() => provider.calls.length === 1);
    for (let id = 1; id <= 300; id++) {
      delivered.push(queue.deliver(event(id)));
      if (id % 100 === 0) await pause(1);
    }
    expect(provider.calls).toHaveLength(1);
    letGo();
    await Promise.all(delivered);

    expect(provider.calls.map(({ ids }) => ids.length)).toEqual([1, 300]);
    expect(provider.mostInFlight).toBe(1);
  });

  it('but at most as many as a batch holds', async () => {
    const queue = open({ maxBatchEvents: 4 });
    await Promise.all(Array.from({ length: 10 }, (_, id) => queue.deliver(event(id))));

    expect(provider.calls.map(({ ids }) => ids.length)).toEqual([4, 4, 2]);
    expect(provider.ids).toEqual(Array.from({ length: 10 }, (_, id) => String(id)));
  });

  it('whatever the pattern of their coming: each once, in order, one batch at a time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ events: fc.integer({ min: 1, max: 20 }), turns: fc.integer({ min: 0, max: 3 }) }), {
          maxLength: 12,
        }),
        fc.array(fc.constantFrom('stored', 'rejected', 'slow'), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 9 }),
        async (bursts, answers, maxBatchEvents) => {
          const queue = open({ maxBatchEvents });
          provider.answer = async () => {
            const answer = answers[provider.calls.length % answers.length];
            if (answer === 'slow') await pause(1);
            if (answer === 'rejected') throw new Error('no');
          };
          const delivered: Promise<DeliveryResult>[] = [];
          for (const { events, turns } of bursts) {
            for (let index = 0; index < events; index++) delivered.push(queue.deliver(event(delivered.length)));
            for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
          }
          const results = await Promise.all(delivered);
          const all = results.map((_, id) => String(id));

          expect(provider.ids).toEqual(all);
          expect(provider.mostInFlight).toBeLessThanOrEqual(1);
          expect(all.filter((_, id) => results[id]?.status === 'spilled')).toEqual(overflow.ids);
          expect(queue.status()).toEqual({ state: 'idle', waiting: 0 });
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('a provider that fails', () => {
  it.each<[string, Answer]>([
    ['by rejecting', () => Promise.reject(new Error('the disk is full'))],
    ['by throwing at once', () => { throw new Error('the disk is full'); }], // prettier-ignore
  ])('%s has its whole batch kept, and gets the next one', async (_how, answer) => {
    const queue = open();
    provider.answer = answer;
    const failed = await Promise.all([queue.deliver(event(1)), queue.deliver(event(2))]);
    provider.answer = () => Promise.resolve();
    const stored = await queue.deliver(event(3));

    expect(failed).toEqual(Array.from({ length: 2 }, () => ({ status: 'spilled', error: 'the disk is full' })));
    expect(overflow.kept).toEqual([{ backend: 'memory', ids: ['1', '2'], error: 'the disk is full' }]);
    expect(stored).toEqual({ status: 'recorded' });
  });

  it('however often is not suspended, for it answers', async () => {
    const queue = open();
    provider.answer = () => Promise.reject(new Error('no'));
    for (let round = 0; round < 10; round++) await queue.deliver(event(round));

    expect(provider.calls).toHaveLength(10);
    expect(queue.status().state).toBe('idle');
  });
});

describe('a provider that does not answer', () => {
  it('has its events kept at their deadline', async () => {
    const queue = open({ timeoutMs: 60 });
    provider.answer = never;
    const startedMs = Date.now();

    expect(await queue.deliver(event(1))).toEqual({ status: 'spilled', error: 'no answer within 60 ms' });
    expect(Date.now() - startedMs).toBeGreaterThanOrEqual(55);
    expect(overflow.ids).toEqual(['1']);
  });

  it('has events that waited behind the batch kept at their own deadline, not at that of a later batch', async () => {
    const queue = open({ timeoutMs: 150, timeoutsToSuspend: 100 });
    let latest: AbortSignal | undefined;
    provider.answer = (_batch, { signal }) => {
      latest = signal;
      return never();
    };
    const first = queue.deliver(event(1));
    await pause(60);
    await Promise.all([first, queue.deliver(event(2))]);

    expect(overflow.ids).toEqual(['1', '2']);
    expect(provider.ids).toEqual(['1', '2']);
    expect(latest?.aborted).toBe(false); // the second batch still has its time
  });

  it('and answers late: the event is kept once and settled once', async () => {
    const queue = open({ timeoutMs: 50 });
    const { opened, open: answerLate } = gate();
    provider.answer = () => opened;
    const result = await queue.deliver(event(1));
    answerLate();
    await pause(20);

    expect(result.status).toBe('spilled');
    expect(overflow.ids).toEqual(['1']);
    provider.answer = () => Promise.resolve();
    expect(await queue.deliver(event(2))).toEqual({ status: 'recorded' });
    expect(overflow.ids).toEqual(['1']);
  });

  it('twice is not suspended, and an answer starts the count again', async () => {
    const queue = open({ timeoutMs: 50 });
    for (const round of [1, 2]) {
      provider.answer = never;
      await queue.deliver(event(`${round}a`));
      await queue.deliver(event(`${round}b`));
      expect(queue.status().state).not.toBe('suspended');
      provider.answer = () => Promise.resolve();
      expect(await queue.deliver(event(`${round}c`))).toEqual({ status: 'recorded' });
    }
  });

  it('three times in a row is suspended: its later events are kept at once, without being offered', async () => {
    const queue = open({ timeoutMs: 60 });
    await suspend(queue);
    const calls = provider.calls.length;
    const results = await Promise.all([1, 2, 3].map((id) => queue.deliver(event(id))));

    expect(calls).toBe(3);
    expect(results).toEqual(
      Array.from({ length: 3 }, () => ({ status: 'spilled', error: 'the provider is suspended' })),
    );
    expect(provider.calls).toHaveLength(calls);
    expect(queue.status()).toEqual({ state: 'suspended', waiting: 0 });
  });

  it('has what waits kept when it is suspended', async () => {
    const queue = open({ timeoutMs: 80, timeoutsToSuspend: 1 });
    provider.answer = never;
    const first = queue.deliver(event(1));
    await pause(40);
    const second = queue.deliver(event(2));

    expect(await first).toMatchObject({ status: 'spilled' });
    expect(await second).toMatchObject({ status: 'spilled' });
    expect([...overflow.ids].sort()).toEqual(['1', '2']);
  });

  it.each<[string, Answer]>([
    ['stores', () => Promise.resolve()],
    ['refuses', () => Promise.reject(new Error('no'))],
  ])('is probed until it %s the probe, and then gets events again', async (_what, answer) => {
    const queue = open({ timeoutMs: 50 });
    await suspend(queue);
    provider.answer = answer;
    await eventually(() => queue.status().state === 'idle', 10_000);

    expect(provider.calls.at(-1)).toEqual({ ids: ['hung-3'], attempt: 1 });
    provider.answer = () => Promise.resolve();
    expect(await queue.deliver(event('after'))).toEqual({ status: 'recorded' });
  });

  it('is probed again when the probe hangs, too', async () => {
    const queue = open({ timeoutMs: 50 });
    await suspend(queue);
    await eventually(() => provider.calls.length === 4, 10_000);
    await pause(100);
    expect(queue.status().state).toBe('suspended');
    provider.answer = () => Promise.resolve();
    await eventually(() => queue.status().state === 'idle', 10_000);

    expect(provider.calls).toHaveLength(5);
  });

  it('is resumed by a replay that it answers', async () => {
    const queue = open({ timeoutMs: 50 });
    await suspend(queue);
    provider.answer = () => Promise.resolve();

    expect(await queue.offerAgain([event('old')])).toEqual({ status: 'stored' });
    expect(provider.calls.at(-1)).toEqual({ ids: ['old'], attempt: 1 });
    expect(await queue.deliver(event('new'))).toEqual({ status: 'recorded' });
  });

  it('stays suspended after a replay that it does not answer', async () => {
    const queue = open({ timeoutMs: 50 });
    await suspend(queue);

    expect(await queue.offerAgain([event('old')])).toMatchObject({ status: 'timed out' });
    expect(queue.status().state).toBe('suspended');
  });
});

describe('a replay', () => {
  it('does not meet a batch that is on its way', async () => {
    const queue = open();
    const { opened, open: letGo } = gate();
    provider.answer = () => opened;
    const delivered = queue.deliver(event(1));
    await eventually(() => provider.calls.length === 1);
    const replayed = queue.offerAgain([event('old')]);
    await pause(20);
    letGo();
    await Promise.all([delivered, replayed]);

    expect(provider.mostInFlight).toBe(1);
  });
});

describe('a queue that is drained', () => {
  it('has settled everything that it accepted, stored or kept', async () => {
    const queue = open({ timeoutMs: 100, maxBatchEvents: 2 });
    let calls = 0;
    provider.answer = () => (calls++ === 1 ? Promise.reject(new Error('no')) : pause(5));
    const settled: string[] = [];
    for (let id = 0; id < 6; id++) void queue.deliver(event(id)).then(({ status }) => settled.push(status));
    await queue.drain();

    expect(settled.sort()).toEqual(['recorded', 'recorded', 'recorded', 'recorded', 'spilled', 'spilled']);
    expect(queue.status()).toEqual({ state: 'idle', waiting: 0 });
  });

  it('waits for what comes while it is drained', async () => {
    const queue = open();
    provider.answer = () => pause(10);
    let later = '';
    const first = queue.deliver(event(1)).then(() => {
      void queue.deliver(event(2)).then(({ status }) => (later = status));
    });
    await queue.drain();
    await first;
    await queue.drain();

    expect(later).toBe('recorded');
  });

  it('does not wait for a hung provider longer than for its deadline', async () => {
    const queue = open({ timeoutMs: 50 });
    provider.answer = never;
    void queue.deliver(event(1));
    await queue.drain();

    expect(overflow.ids).toEqual(['1']);
  });

  it('resolves at once when there is nothing', async () => {
    await expect(open().drain()).resolves.toBeUndefined();
  });
});

describe('a queue that is closed', () => {
  it('stops probing', async () => {
    const queue = open({ timeoutMs: 50 });
    await suspend(queue);
    await queue.close();
    await pause(1_300);

    expect(provider.calls).toHaveLength(3);
  });

  it('still brings a later event to the overflow when its provider hangs', async () => {
    const queue = open({ timeoutMs: 50 });
    await queue.close();
    provider.answer = never;

    expect(await queue.deliver(event(1))).toMatchObject({ status: 'spilled' });
    expect(overflow.ids).toEqual(['1']);
  });
});

describe("a provider is called outside of any request's context", () => {
  const other = new AsyncLocalStorage<string>();

  it.each([
    ['for the first event', async () => Promise.resolve()],
    [
      'for events behind another batch',
      async (queue: DeliveryQueue) => {
        const { opened, open: letGo } = gate();
        provider.answer = () => opened;
        void queue.deliver(event('first'));
        await eventually(() => provider.calls.length === 1);
        setTimeout(letGo, 20);
      },
    ],
    [
      'after a suspension',
      async (queue: DeliveryQueue) => {
        await suspend(queue);
        provider.answer = () => Promise.resolve();
        await queue.offerAgain([event('old')]);
      },
    ],
  ] as const)('%s', async (_when, before) => {
    // prettier-ignore
    const queue = open({ timeoutMs: 100 });
    await before(queue);
    const seen: unknown[] = [];
    const earlier = provider.answer;
    provider.answer = async (batch, scope) => {
      seen.push(AuditContext.current(), other.getStore());
      await pause(1);
      seen.push(AuditContext.current(), other.getStore());
      await earlier(batch, scope);
    };
    await other.run('request', () =>
      AuditContext.run({ requestId: 'req-1', tenantId: 'acme' }, () => queue.deliver(event(1))),
    );

    expect(seen).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('and the caller goes on in its own', async () => {
    const queue = open();
    const seen = await AuditContext.run({ requestId: 'req-1' }, async () => {
      await queue.deliver(event(1));
      return AuditContext.current()?.requestId;
    });

    expect(seen).toBe('req-1');
  });

  it('also for probes', async () => {
    const queue = open({ timeoutMs: 50 });
    await AuditContext.run({ requestId: 'req-1' }, () => suspend(queue));
    let probedIn: unknown = 'nothing yet';
    provider.answer = () => {
      probedIn = AuditContext.current();
      return Promise.resolve();
    };
    await eventually(() => probedIn !== 'nothing yet', 10_000);

    expect(probedIn).toBeUndefined();
  });
});
