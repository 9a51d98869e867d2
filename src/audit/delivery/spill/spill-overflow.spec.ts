import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';
import { eventually, tempFolder } from '../../../../test/support/index.js';
import { AuditContext } from '../../context/audit-context.js';
import type { AuditEvent, JsonObject } from '../../event/audit-event.js';
import type { AuditProvider } from '../../provider/audit-provider.js';
import { registerProvider } from '../../provider/provider-discovery.service.js';
import { DeliveryQueue } from '../delivery-queue.js';
import { SpillFolder } from './spill-folder.js';
import { SpillOverflow } from './spill-overflow.js';
import { Refusals } from './spill-replay.js';
import { filesIn, SPILL_KEYS, SPILL_LINES } from '../../../../test/support/spilled.js';
import { providerErrors } from '../../../base/errors/provider.errors.js';

type Result = (batch: readonly AuditEvent[]) => Promise<void>;

class ScriptedProvider implements AuditProvider {
  readonly stored: string[] = [];
  readonly scopes: unknown[] = [];
  calls = 0;
  result: Result = () => Promise.resolve();

  async record(batch: readonly AuditEvent[]): Promise<void> {
    this.calls++;
    this.scopes.push(AuditContext.current());
    await this.result(batch);
    this.stored.push(...batch.map(({ id }) => id));
  }
}

let parent: string;
let path: string;
let logged: { readonly level: string; readonly text: string }[];
let reported: { readonly change: string; readonly backend: string; readonly details: JsonObject }[];
const opened: { readonly overflow: SpillOverflow; readonly queues: readonly DeliveryQueue[] }[] = [];

beforeEach(async () => {
  parent = await tempFolder('spill-');
  path = join(parent, 'spill');
  logged = [];
  reported = [];
  for (const level of ['log', 'warn', 'error'] as const) {
    jest.spyOn(Logger.prototype, level).mockImplementation((text: unknown) => {
      logged.push({ level, text: String(text) });
    });
  }
});

afterEach(async () => {
  for (const { overflow, queues } of opened.splice(0)) {
    await Promise.all(queues.map((queue) => queue.close()));
    await overflow.close();
  }
  jest.restoreAllMocks();
});

function open<Backend extends string>(backends: readonly Backend[], folder: SpillFolder | null = spillFolder()) {
  const recording = (change: string, backend: string, details: JsonObject): void =>
    void reported.push({ change, backend, details });
  const loss = (): Promise<boolean> => Promise.resolve(true);
  const overflow = new SpillOverflow(folder ?? undefined, { recording, loss }, SPILL_LINES);
  const limits = {
    maxBatchEvents: 500,
    maxBatchBytes: 4e6,
    maxWaitingEvents: 10_000,
    maxWaitingBytes: 6e7,
    timeoutsToSuspend: 3,
  };
  const providers = Object.fromEntries(backends.map((backend) => [backend, new ScriptedProvider()])) as Record<
    Backend,
    ScriptedProvider
  >; // one provider for each backend, as the line above makes them
  const queues = backends.map((backend) => {
    const provider = registerProvider(providers[backend], backend, 'TestModule', {});
    return new DeliveryQueue(provider, overflow, { ...limits, timeoutMs: 2_000 });
  });
  opened.push({ overflow, queues });
  const start = (): Promise<void> => overflow.start(queues);
  return { overflow, providers, queues, start };
}

function spillFolder(): SpillFolder {
  return new SpillFolder(path, { maxBytes: 1024 * 1024, keys: SPILL_KEYS });
}

function event(): AuditEvent {
  return { id: uuidv7(), schemaVersion: 1, type: 'order_created' } as AuditEvent; // the spill reads only these fields
}

const errors = (): readonly string[] => logged.filter(({ level }) => level === 'error').map(({ text }) => text);
const refuse: Result = () => Promise.reject(new Error('no'));

describe('what a provider could not take', () => {
  it('is logged and reported once, not for each of ten thousand events of an outage, and for each backend', async () => {
    const { overflow, providers, start } = open(['memory', 'order-timeline']);
    providers.memory.result = refuse;
    await start();
    for (let round = 0; round < 5; round++) await overflow.keep('memory', [event(), event()], 'no');
    await overflow.keep('order-timeline', [event()], 'out of reach');

    expect(logged.filter(({ level }) => level === 'warn')).toHaveLength(2);
    expect(overflow.getStatus('memory').spilled).toBe(10);
    expect(reported.filter(({ change }) => change === 'degraded')).toEqual([
      { change: 'degraded', backend: 'memory', details: { backend: 'memory', error: 'no' } },
      {
        change: 'degraded',
        backend: 'order-timeline',
        details: { backend: 'order-timeline', error: 'out of reach' },
      },
    ]);
  });
});

describe('what was kept', () => {
  it('is offered again until the provider takes it, outside of any request; then it is gone, and that is reported', async () => {
    const { overflow, providers, start } = open(['memory']);
    await start();
    providers.memory.result = () => (providers.memory.calls < 3 ? refuse([]) : Promise.resolve());
    const events = [event(), event()];
    await AuditContext.run({ requestId: 'req-1' }, () => overflow.keep('memory', events, 'no'));
    await eventually(() => !overflow.getStatus('memory').spillPending);

    expect([...providers.memory.stored].sort()).toEqual(events.map(({ id }) => id));
    expect(await filesIn(path)).toEqual([]);
    expect(overflow.getStatus('memory')).toMatchObject({ spilled: 2, replayed: 2, failed: 0 });
    expect(new Set(providers.memory.scopes)).toEqual(new Set([undefined]));
    expect(reported.at(-1)).toMatchObject({ change: 'recovered', details: { spilled: 2, replayed: 2, lost: 0 } });
  });

  it('keeps the provider from being called recovered while it waits', async () => {
    const { overflow, providers, start } = open(['memory']);
    await start();
    providers.memory.result = refuse;
    await overflow.keep('memory', [event()], 'no');
    overflow.resumed('memory');
    expect(reported.map(({ change }) => change)).toEqual(['degraded']);
    providers.memory.result = () => Promise.resolve();
    await eventually(() => reported.at(-1)?.change === 'recovered');
    expect(overflow.getStatus('memory')).toMatchObject({ spillPending: false, replayed: 1 });
  });

  it('with an event that the provider judges is replayed around it: that one becomes a dead letter', async () => {
    const { overflow, providers, start } = open(['memory']);
    const events = Array.from({ length: 20 }, event);
    const bad = events[7]?.id;
    providers.memory.result = (batch) =>
      batch.some(({ id }) => id === bad)
        ? Promise.reject(providerErrors.AUDIT_EVENTS_UNSTORABLE('the test', 'too large'))
        : Promise.resolve();
    await start();
    await overflow.keep('memory', events, 'no');
    await eventually(() => !overflow.getStatus('memory').spillPending);

    expect(providers.memory.stored).toEqual(events.map(({ id }) => id).filter((id) => id !== bad));
    expect(overflow.getStatus('memory')).toMatchObject({ replayed: 19, deadLetters: 1 });
    expect(errors()).toEqual([expect.stringContaining('nestjs-audit-ledger spill list')]);
  });

  it('with an event that is refused without a reason does not keep the others back, and buries it in the end', async () => {
    const { overflow, providers, queues, start } = open(['memory']);
    const [bad, ...good] = Array.from({ length: 5 }, event);
    providers.memory.result = (batch) =>
      batch.some(({ id }) => id === bad?.id) ? Promise.reject(new Error('no')) : Promise.resolve();
    await start();
    await overflow.keep('memory', [...(bad ? [bad] : []), ...good], 'no');
    await eventually(() => providers.memory.stored.length === good.length);
    // The provider must store other events meanwhile: otherwise the provider, and not the event, may be at fault.
    const alive = setInterval(() => queues[0]?.deliver(event(), () => undefined), 50);
    await eventually(() => overflow.getStatus('memory').deadLetters === 1).finally(() => clearInterval(alive));

    await eventually(() => !overflow.getStatus('memory').spillPending);

    expect(new Set(providers.memory.stored).has(bad?.id ?? '')).toBe(false);
  });

  it('by a provider that is down for long does not become dead letters', async () => {
    const { overflow, providers, start } = open(['memory', 'suspecting']);
    providers.memory.result = refuse;
    providers.suspecting.result = refuse;
    await start();
    await overflow.keep('memory', Array.from({ length: 50 }, event), 'no');
    await overflow.keep('suspecting', Array.from({ length: 2 }, event), 'no', true); // the provider went down in the middle of a batch
    await eventually(() => providers.memory.calls > 60 && providers.suspecting.calls > 3 * 5);

    expect(overflow.getStatus('memory')).toMatchObject({ deadLetters: 0, spillPending: true });
    expect(overflow.getStatus('suspecting')).toMatchObject({ deadLetters: 0, spillPending: true });
    expect(overflow.status()?.deadLetters).toEqual({});
  });
});

describe('an event that is refused again and again', () => {
  it('is a dead letter after five times, each after the provider stored something', () => {
    const refusals = new Refusals(() => 0);
    const verdicts = [0, 1, 2, 2, 2, 7, 8].map((recorded) => refusals.note('a', recorded));

    expect(verdicts).toEqual([false, false, false, false, false, false, true]);
    expect([refusals.has('a'), refusals.has('b')]).toEqual([true, false]);
  });

  it('by a provider that is down is none, however often, for some minutes', () => {
    let seconds = 0;
    const refusals = new Refusals(() => seconds * 1_000);
    while (!refusals.note('a', 3)) seconds++;

    expect(seconds).toBe(240);
  });
});
