import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  credentials,
  loadPackageDefinition,
  Metadata,
  status,
  type Client,
  type GrpcObject,
  type ServiceClientConstructor,
  type ServiceError,
} from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import { Controller, Injectable, Module, UseGuards, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  GrpcMethod,
  GrpcStreamCall,
  GrpcStreamMethod,
  RpcException,
  Transport,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { map, toArray, type Observable } from 'rxjs';
import { Audited, AuditModule } from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { freePort } from '../support/free-port.js';
import { closeAfterTests } from '../support/close-after-tests.js';

const REQUEST_ID = '0198c0de-0000-7000-8000-000000000001';

const text = { rule: 'required', type: 'string', id: 1 } as const;
const rpc = { requestType: 'Order', responseType: 'Order', comment: '' };
const packageDefinition = fromJSON({
  nested: {
    orders: {
      nested: {
        Order: { fields: { name: text } },
        Orders: {
          methods: {
            Create: rpc,
            Import: { ...rpc, requestStream: true },
            Watch: { ...rpc, requestStream: true },
            Price: { ...rpc, requestStream: true },
            Follow: { ...rpc, requestStream: true, responseStream: true },
          },
        },
      },
    },
  },
});

interface Order {
  readonly name: string;
}

/** Refuses the order of a name that ends in "?", with the status that the name begins with. */
function refuse(name: string, by: string): void {
  const [code = '', end] = name.split(/(?=\?)/);
  if (end === `?${by}`) throw new RpcException({ code: status[code as keyof typeof status], message: `no ${code}` });
}

@Injectable()
class OrderGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    refuse(context.switchToRpc().getData<Partial<Order>>().name ?? '', 'guard');
    Object.assign(context.getArgByIndex<object | undefined>(1) ?? {}, { user: { id: 'ada' } });
    return true;
  }
}

@Controller()
@UseGuards(OrderGuard)
@Audited('order_handling', { includeRequestBody: true })
class OrdersController {
  @GrpcMethod('Orders', 'Create')
  create({ name }: Order): Order {
    refuse(name, 'handler');
    return { name };
  }

  @GrpcStreamMethod('Orders', 'Import')
  import(orders: Observable<Order>): Observable<Order> {
    return orders.pipe(
      toArray(),
      map((all) => ({ name: `${all.length}` })),
    );
  }

  @GrpcStreamCall('Orders', 'Watch')
  watch(call: NodeJS.ReadableStream, answer: (error: null, order: Order) => void): void {
    call.resume().once('end', () => answer(null, { name: 'watched' }));
  }

  @GrpcStreamCall('Orders', 'Price')
  price(_call: unknown, answer: (error: null, order: Order) => void): void {
    answer(null, { name: 'priced' });
  }

  @GrpcStreamCall('Orders', 'Follow')
  follow(call: { write(order: Order): boolean; end(): void }): void {
    for (const name of ['baked', 'sold']) call.write({ name });
    call.end();
  }
}

@Module({ imports: [AuditModule.forRoot()], controllers: [OrdersController], providers: [InMemoryAuditProvider] })
class OrdersModule {}

type Loaded = (error: ServiceError | null, order?: Order) => void;
interface OrdersClient extends Client {
  create(order: Order, metadata: Metadata, answered: Loaded): unknown;
  import(metadata: Metadata, answered: Loaded): NodeJS.WritableStream & { write(order: Order): unknown };
  price: OrdersClient['import'];
  follow(metadata: Metadata): NodeJS.ReadWriteStream;
  watch(metadata: Metadata, answered: Loaded): NodeJS.WritableStream & { write(order: Order): unknown };
}

async function bootOrders() {
  const url = `127.0.0.1:${await freePort()}`;
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(OrdersModule, {
    transport: Transport.GRPC,
    options: { url, package: 'orders', packageDefinition },
    logger: false,
  });
  await app.listen();
  await closeAfterTests({ close: () => app.close() });
  const { Orders } = loadPackageDefinition(packageDefinition).orders as GrpcObject; // the package above
  const client = new (Orders as ServiceClientConstructor)(url, credentials.createInsecure(), {
    'grpc.primary_user_agent': 'till/1.0',
  }) as unknown as OrdersClient; // with its methods
  await closeAfterTests({ close: () => client.close() });
  const metadata = new Metadata();
  metadata.set('x-request-id', REQUEST_ID);
  return {
    memory: app.get(InMemoryAuditProvider),
    create: (name: string) =>
      new Promise<unknown>((resolve) => client.create({ name }, metadata, (error, order) => resolve(error ?? order))),
    send: (method: 'import' | 'watch' | 'price', names: readonly string[]) =>
      new Promise<unknown>((resolve) => {
        const call = client[method](metadata, (error, order) => resolve(error ?? order));
        for (const name of names) call.write({ name });
        call.end();
      }),
    follow: async () => {
      const names: string[] = [];
      for await (const { name } of client.follow(metadata) as unknown as AsyncIterable<Order>) names.push(name);
      return names;
    },
  };
}

const { memory, create, send, follow } = await bootOrders();
beforeEach(() => memory.clear());

describe('a gRPC call', () => {
  it('is recorded with its full method and where it came from', async () => {
    expect(await create('bread')).toEqual({ name: 'bread' });

    const [event] = memory.events;
    expect(event).toMatchObject({ type: 'order_handling', actor: { id: 'ada' } });
    expect(event?.metadata).toEqual({ requestBody: { name: 'bread' } });
    expect(event?.request).toEqual({
      id: REQUEST_ID,
      ip: '127.0.0.1',
      userAgent: expect.stringContaining('till/1.0') as unknown,
      route: '/orders.Orders/Create',
      durationMs: expect.any(Number) as unknown,
    });
  });

  it.each([
    ['PERMISSION_DENIED', 'handler', 'denied', 'forbidden', 'warning'],
    ['PERMISSION_DENIED', 'guard', 'denied', 'forbidden', 'warning'],
    ['UNAUTHENTICATED', 'guard', 'denied', 'unauthenticated', 'warning'],
    ['RESOURCE_EXHAUSTED', 'handler', 'denied', 'rate_limited', 'warning'],
    ['INVALID_ARGUMENT', 'handler', 'failure', undefined, 'warning'],
    ['INTERNAL', 'handler', 'failure', 'unexpected_error', 'error'],
    ['UNAVAILABLE', 'guard', 'failure', 'guard_error', 'error'],
  ] as const)('that ends with %s of a %s is recorded as %s', async (code, by, outcome, reason, severity) => {
    expect(await create(`${code}?${by}`)).toMatchObject({ code: status[code] });

    const [event] = memory.events;
    expect(event).toMatchObject({ outcome, severity, error: { name: 'Error', code, message: `no ${code}` } });
    expect(event?.reason).toBe(reason);
  });

  it.each([
    ['import', '/orders.Orders/Import', '2'],
    ['watch', '/orders.Orders/Watch', 'watched'],
  ] as const)('with a stream of messages is recorded as well: %s', async (method, route, name) => {
    expect(await send(method, ['bread', 'salt'])).toEqual({ name });

    expect(memory.events).toMatchObject([{ type: 'order_handling', request: { id: REQUEST_ID, route } }]);
    expect(memory.events[0]?.metadata).toEqual({});
  });
});

describe('an answer that the handler of a stream call sends itself waits until the event is stored', () => {
  const record = memory.record.bind(memory);
  beforeAll(() => {
    memory.record = (batch) => pause(50).then(() => record(batch));
  });

  it('by its callback', async () => {
    expect(await send('price', [])).toEqual({ name: 'priced' });
    expect(memory.events).toMatchObject([{ type: 'order_handling' }]);
  });

  it('by its stream', async () => {
    expect(await follow()).toEqual(['baked', 'sold']);
    expect(memory.events).toMatchObject([{ type: 'order_handling' }]);
  });
});
