import { beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Inject, Injectable, Module, Post } from '@nestjs/common';
import {
  AuditAggregator,
  AuditContext,
  Audited,
  AuditModule,
  type AuditEvent,
  type AuditModuleOptions,
} from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { listen } from '../support/http-app.js';
import { keptApp } from '../support/close-after-tests.js';

@Injectable()
class Prices {
  constructor(@Inject(AuditAggregator) private readonly audit: AuditAggregator) {}

  @Audited('product_update', { attempt: true })
  async set(price: number): Promise<number> {
    if (price < 0) throw new Error('no price');
    await this.audit.record('data_viewed');
    return price;
  }
}

@Controller('imports')
class ImportsController {
  constructor(@Inject(Prices) private readonly prices: Prices) {}

  @Post()
  @Audited('product_import')
  async import(): Promise<void> {
    await AuditContext.ignore(async () => {
      await this.prices.set(1);
      await AuditContext.run({ tenantId: 'acme' }, () => this.prices.set(2));
      AuditContext.annotate({ details: { rows: 2 } });
      AuditContext.set({ metadata: { file: 'prices' } });
    }, 'nightly import of prices');
    await this.prices.set(3);
  }
}

class FussyProvider extends InMemoryAuditProvider {
  refuses: (event: AuditEvent) => boolean = () => false;

  override record(batch: readonly AuditEvent[]): Promise<void> {
    if (batch.some(this.refuses)) return Promise.reject(new Error('refused'));
    return super.record(batch);
  }
}

async function start(options: AuditModuleOptions) {
  @Module({
    imports: [AuditModule.forRoot(options)],
    controllers: [ImportsController],
    providers: [Prices, { provide: InMemoryAuditProvider, useClass: FussyProvider }],
  })
  class PricesModule {}
  const { app, url } = await listen(PricesModule, 'express');
  return { app, url, memory: app.get<FussyProvider>(InMemoryAuditProvider), audit: app.get(AuditAggregator) };
}

const LIMITS = { spillDir: false, providerTimeoutMs: 500 } as const;
const listTypes = (events: readonly AuditEvent[]): readonly string[] => events.map(({ type }) => type);
const expectError = (code: string) => expect.objectContaining({ code });

const { url, memory, audit } = await keptApp(start(LIMITS));
beforeEach(() => {
  memory.refuses = () => false;
  memory.clear();
});
const ignored = () => memory.events.map(({ type, reason, details }) => [type, reason, details.events, details.types]);

describe('AuditContext.ignore', () => {
  it('leaves out what happens in it, and records why, how many and of what types', async () => {
    expect((await fetch(`${url}/imports`, { method: 'POST' })).status).toBe(201);
    const { events } = memory;
    expect(listTypes(events)).toEqual([
      'audit_capture_ignored',
      'product_update_attempted',
      'data_viewed',
      'product_updated',
      'product_import',
    ]);
    expect(events[0]).toMatchObject({
      ...{ category: 'security', severity: 'warning', outcome: 'success', reason: 'nightly import of prices' },
      request: { method: 'POST', route: '/imports' },
      details: { events: 6, types: { product_update_attempted: 2, data_viewed: 2, product_updated: 2 } },
    });
    expect(events.at(-1)).toMatchObject({ details: { rows: 2 }, metadata: { file: 'prices' } });
    expect(events.at(-1)?.reason).toBeUndefined();
  });

  it('resolves with what its work resolves with, of a job, and outside of any; a receipt says what was left out', async () => {
    await expect(AuditContext.ignore(() => 7, 'a probe')).resolves.toBe(7);
    await AuditContext.run({ actor: { type: 'system', id: 'cron' } }, async () => {
      const receipt = await AuditContext.ignore(() => audit.record('order_created'), 'a probe');
      expect(receipt).toEqual({ eventId: expect.any(String), recorded: false, ignored: true, providers: {} });
    });
    expect(memory.events).toMatchObject([
      { type: 'audit_capture_ignored', actor: { type: 'system' }, details: { events: 0, types: {} } },
      { type: 'audit_capture_ignored', actor: { type: 'system', id: 'cron' }, details: { events: 1 } },
    ]);
  });

  it('rejects with what its work throws, and records that it failed; one within another counts for itself', async () => {
    const work = async (): Promise<void> => {
      await audit.record('order_created');
      await AuditContext.ignore(() => audit.record('order_canceled'), 'inner');
      await audit.record('order_created');
      throw new Error('broken');
    };
    await expect(AuditContext.ignore(work, 'an import')).rejects.toThrow('broken');
    expect(ignored()).toEqual([
      ['audit_capture_ignored', 'inner', 1, { order_canceled: 1 }],
      ['audit_capture_ignored_failed', 'an import', 2, { order_created: 2 }],
    ]);
    expect(memory.events[1]?.error?.message).toBe('broken');
  });

  it("never leaves out the library's own events, nor what its work does after its end, and names no more than 32 types", async () => {
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    let late: Promise<unknown> | undefined;
    await AuditContext.ignore(async () => {
      late = ended.then(() => audit.record('order_created'));
      await audit.record('audit_integrity_violation');
      for (let number = 0; number < 40; number++) await audit.record(`probe_${number}`);
    }, 'a probe');
    end();
    await late;
    expect(listTypes(memory.events)).toEqual(['audit_integrity_violation', 'audit_capture_ignored', 'order_created']);
    const { types } = memory.events[1]?.details ?? {};
    expect([Object.keys(types ?? {}).length, types]).toEqual([33, expect.objectContaining({ probe_31: 1, other: 8 })]);
  });

  it.each(['', '  ', undefined])('needs a reason: not %j', async (reason) => {
    const work = (): void => {
      throw new Error('it ran');
    };
    await expect(AuditContext.ignore(work, reason as never)).rejects.toThrow(expectError('AUDIT_OPTIONS_INVALID'));
    expect(memory.events).toEqual([]);
  });
});

describe("AuditContext.ignore with onFailure: 'closed'", () => {
  it('of the call is attempted before, in an open application', async () => {
    await AuditContext.ignore(() => 7, 'a probe', { onFailure: 'closed' });
    expect(listTypes(memory.events)).toEqual(['audit_capture_ignored_attempted', 'audit_capture_ignored']);

    memory.refuses = () => true;
    const refused = AuditContext.ignore(() => 7, 'a probe', { onFailure: 'closed' });
    await expect(refused).rejects.toThrow(expectError('AUDIT_UNAVAILABLE'));
    expect(await AuditContext.ignore(() => 7, 'a probe')).toBe(7);
    const invalid = AuditContext.ignore(() => 7, 'a probe', { onFailure: 'shut' as never });
    await expect(invalid).rejects.toThrow(expectError('AUDIT_OPTIONS_INVALID'));
  });

  it('of the newest application, which records it: it rejects when its end can be stored nowhere, and starts only after its attempt', async () => {
    const closed = await start({ ...LIMITS, onFailure: 'closed' });
    const ignore = (work: () => unknown) => AuditContext.ignore(work, 'a probe');
    await ignore(() => closed.audit.record('order_created'));
    expect(closed.memory.events).toMatchObject([
      { type: 'audit_capture_ignored_attempted', reason: 'a probe' },
      { type: 'audit_capture_ignored', reason: 'a probe', details: { events: 1 } },
    ]);
    closed.memory.refuses = ({ outcome }) => outcome === 'success';
    await expect(ignore(() => 7)).rejects.toThrow(expectError('AUDIT_OUTCOME_LOST'));
    closed.memory.refuses = () => true;
    let ran = false;
    await expect(ignore(() => (ran = true))).rejects.toThrow(expectError('AUDIT_UNAVAILABLE'));
    expect(ran).toBe(false);
    await closed.app.close();
  });
});
