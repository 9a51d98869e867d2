import { beforeEach, describe, expect, it } from '@jest/globals';
import { Body, ConflictException, Controller, Get, Inject, Injectable, Module, Param, Post } from '@nestjs/common';
import { AuditAggregator, Audited, AuditModule, NotAudited } from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { keptApp, onEach } from '../support/kept.js';
import { ADAPTERS, listen } from '../support/http-app.js';

const memory = new InMemoryAuditProvider();

interface Price {
  readonly cents: number;
  readonly password?: string;
  readonly shoeSize?: number;
}

@Injectable()
class Prices {
  @Audited('tag_storage')
  async store(price: Price): Promise<Price> {
    return Promise.resolve(price);
  }
}

function Wrapped(_target: object, _key: string | symbol, descriptor: PropertyDescriptor): void {
  const method = descriptor.value as (...args: unknown[]) => unknown; // it decorates methods alone
  descriptor.value = function (...args: unknown[]): unknown {
    return method.apply(this, args);
  };
}

@Controller('prices')
class PricesController {
  constructor(
    @Inject(Prices) private readonly prices: Prices,
    @Inject(AuditAggregator) private readonly audit: AuditAggregator,
  ) {}

  @Audited<Price, [string, Price]>('tag_change', {
    resource: ({ args: [id] }) => ({ type: 'price', id }),
    related: ({ args: [id] }) => [{ type: 'list', id }],
    changes: ({ args: [, price], result }) => ({ before: { cents: price.cents - 1 }, after: result }),
    when: ({ args: [, price], error }) => error !== undefined || price.cents !== 0,
    severity: 'critical',
    includeRequestBody: true,
    sensitiveFields: ['shoe_size'],
  })
  @Post(':id')
  change(@Param('id') id: string, @Body() price: Price): Price {
    if (id === 'conflict') throw new ConflictException();
    return price;
  }

  @Post('stored/by-service')
  @Wrapped
  @Audited('tag_change')
  @Wrapped
  async stored(@Body() price: Price): Promise<Price> {
    return this.prices.store(price);
  }

  @Post('of/callbacks-that-throw')
  @Audited('tag_change', {
    when: ({ result }) => (result as unknown as { no: { no: boolean } }).no.no, // it throws: the result lacks it
    details: ({ args }) => ({ args }),
    changes: ({ error }) => (error as { no: { no: object } }).no.no, // it throws: there is no error
  })
  throwing(@Body() price: Price): Price {
    return price;
  }

  @Post('of/callbacks-that-promise')
  @Audited('tag_change', {
    attempt: true,
    resource: async () => Promise.resolve({ type: 'price', id: 7 }),
    tenantId: async () => Promise.resolve('acme'),
    details: async ({ result }) => Promise.resolve(result),
    changes: async () => Promise.reject(new Error('gone')),
  })
  promising(@Body() price: Price): Price {
    return price;
  }

  @Post('of/a-promised-decision')
  @Audited<Price, [Price]>('tag_change', {
    when: async ({ args: [{ cents }] }) =>
      cents < 0 ? Promise.reject(new Error('not known')) : Promise.resolve(cents > 0),
  })
  deciding(@Body() price: Price): Price {
    return price;
  }

  @Post('of/useless-callbacks')
  @Audited('tag_change', {
    resource: () => new Map([['type', 'price']]) as unknown as { readonly type: string },
    tenantId: () => ({ name: 'acme' }),
  })
  useless(@Body() price: Price): Price {
    return price;
  }

  @Post('recorded/by-hand')
  async byHand(@Body() price: Price): Promise<void> {
    await this.audit.record('tag_noted', { details: { ...price } }, { sensitiveFields: ['cents'] });
    await this.audit.record('tag_noted', { details: { ...price } });
  }
}

@Controller('base')
@Audited('base_call')
class BaseController {
  @Get('own')
  @Audited('own_call')
  own(): string {
    return 'own';
  }

  @Get('probe')
  @Wrapped
  @NotAudited('a probe')
  @Wrapped
  probe(): string {
    return 'probe';
  }

  @Get('plain')
  plain(): string {
    return 'plain';
  }
}

@Controller('inheriting')
class InheritingController extends BaseController {
  @Get('overridden')
  @Audited('overriding_call')
  override own(): string {
    return super.own();
  }
}

@Controller('silent')
@NotAudited('a mirror of another')
class SilentController extends BaseController {}

@Module({
  imports: [AuditModule.forRoot()],
  controllers: [PricesController, BaseController, InheritingController, SilentController],
  providers: [Prices, { provide: InMemoryAuditProvider, useValue: memory }],
})
class PricesModule {}

describe.each(await onEach(ADAPTERS, (adapter) => keptApp(listen(PricesModule, adapter))))(
  '@Audited, on $adapter',
  (listening) => {
    beforeEach(() => memory.clear());

    const post = (path: string, body: Price) =>
      fetch(`${listening.url}/prices/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const types = () => memory.events.map(({ type }) => type);

    it('sees arguments and result, and keeps a redacted body where it is asked to', async () => {
      expect((await post('7', { cents: 5, password: 'hunter2', shoeSize: 38 })).status).toBe(201);

      const price = { cents: 5, password: '[REDACTED]', shoeSize: '[REDACTED]' };
      expect(memory.events).toMatchObject([
        {
          type: 'tag_change',
          severity: 'critical',
          resource: { type: 'price', id: '7' },
          related: [{ type: 'list', id: '7' }],
          changes: { before: { cents: 4 }, after: price },
          metadata: { requestBody: price },
        },
      ]);
    });

    it('records nothing when it is told so, and sees the error in the same way', async () => {
      await post('7', { cents: 0 });
      expect(types()).toEqual([]);
      await post('conflict', { cents: 0 });
      expect(types()).toEqual(['tag_change_failed']);
    });

    it('waits for a promise of whether to record, and records where it is rejected', async () => {
      for (const cents of [0, 1, -1]) await post('of/a-promised-decision', { cents });
      expect(types()).toEqual(['tag_change', 'tag_change']);
    });

    it('on a handler among decorators that replace it, and on a service below it, is one event each', async () => {
      await post('stored/by-service', { cents: 5 });

      expect(types()).toEqual(['tag_storage', 'tag_change']);
      expect(memory.events[0]).toMatchObject({
        request: { id: memory.events[1]?.request?.id, route: '/prices/stored/by-service' },
      });
    });

    it('loses nothing but their own field to callbacks that throw', async () => {
      await post('of/callbacks-that-throw', { cents: 5 });

      expect(memory.events).toMatchObject([{ type: 'tag_change', details: { args: [{ cents: 5 }] } }]);
      expect(memory.events[0]).not.toHaveProperty('changes');
    });

    it('waits for what its callbacks promise, also before the handler', async () => {
      await post('of/callbacks-that-promise', { cents: 5 });

      const said = { tenantId: 'acme', resource: { type: 'price', id: '7' } };
      expect(memory.events).toMatchObject([
        { outcome: 'attempted', ...said },
        { outcome: 'success', ...said, details: { cents: 5 } },
      ]);
      expect(memory.events[1]).not.toHaveProperty('changes');
    });

    it('keeps and marks what callbacks return and no event can hold', async () => {
      await post('of/useless-callbacks', { cents: 5 });

      const metadata = { resource: { type: 'price' }, tenantId: { name: 'acme' } };
      expect(memory.events[0]?.metadata).toEqual({ ...metadata, unfitFields: ['tenantId', 'resource'] });
    });

    it('on a class and on its methods is inherited by subclasses; an overriding method needs its own', async () => {
      const seen: unknown[] = [];
      for (const path of [
        'base/own',
        'base/plain',
        'base/probe',
        'inheriting/overridden',
        'inheriting/plain',
        'silent/own',
        'silent/plain',
      ]) {
        memory.clear();
        expect((await fetch(`${listening.url}/${path}`)).status).toBe(200);
        seen.push([path, ...types()]);
      }

      expect(seen).toEqual([
        ['base/own', 'own_call'],
        ['base/plain', 'base_call'],
        ['base/probe'],
        ['inheriting/overridden', 'overriding_call'],
        ['inheriting/plain', 'base_call'],
        ['silent/own', 'own_call'],
        ['silent/plain'],
      ]);
    });
  },
);
