import 'reflect-metadata';
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { Body, Controller, Module, Post, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuditAggregator, AuditedTransaction } from 'nestjs-audit-ledger';
import { MonitoringModule } from 'nestjs-audit-ledger/monitoring';
import { RowChangesModule } from 'nestjs-audit-ledger/row-changes';
import pg from 'pg';

const connectionString = process.env.DATABASE_URL ?? '';
const [task = '', file = ''] = process.argv.slice(2);
if (task === 'sql') {
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query(await readFile(file, 'utf8'));
  await client.end();
  process.exit();
}

interface Client {
  readonly modules: NonNullable<ModuleMetadata['imports']>;
  readonly insertOrder: (id: string, total: number) => Promise<void>;
  /** In place of {@link OrdersController}. */
  readonly OrdersController?: new (...parts: never[]) => object;
}
const client = (await import(`./clients/${task}.js`)) as Client;

@Controller('orders')
class OrdersController {
  constructor(private readonly audit: AuditAggregator) {}

  @Post()
  @AuditedTransaction('order_creation', { resource: ({ args: [order] }) => ({ type: 'order', id: order?.id }) })
  async create(@Body() { id, total }: { id: string; total: number }) {
    await client.insertOrder(id, total);
    await this.audit.record('payment_authorized', { resource: { type: 'order', id } });
    if (total < 0) throw new Error('refused');
    return { id };
  }
}

@Module({
  imports: [
    ...client.modules,
    MonitoringModule.forRootAsync({
      useFactory: () => ({
        connectionUrl: connectionString,
        schema: 'audit',
        authorize: () => ({ scope: 'all' as const }),
      }),
    }),
    RowChangesModule.forRoot({ tables: { 'public.purchase_order': {} } }),
  ],
  controllers: [client.OrdersController ?? OrdersController],
})
class AppModule {}

interface Seen {
  readonly type: string;
  readonly actor: { readonly id?: string };
  readonly resource?: { readonly id?: string };
}

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
app.use((request: { user?: object }, _response: unknown, next: () => void) => {
  request.user = { id: 'u-7' };
  next();
});
await app.listen(0, '127.0.0.1');
const url = await app.getUrl();
const post = async (body: object): Promise<number> => {
  const headers = { 'content-type': 'application/json' };
  return (await fetch(`${url}/orders`, { method: 'POST', headers, body: JSON.stringify(body) })).status;
};
assert.deepEqual([await post({ id: `${task}-1`, total: 7 }), await post({ id: `${task}-2`, total: -1 })], [201, 500]);
const giveUpAt = Date.now() + 20_000;
for (;;) {
  const { items } = (await (await fetch(`${url}/audit/events?limit=50`)).json()) as { readonly items: readonly Seen[] };
  const found = items
    .filter(({ resource }) => resource?.id?.startsWith(`${task}-`))
    .map(({ type, actor }) => `${type} by ${actor.id ?? 'nobody'}`)
    .sort();
  const expected = ['order_created', 'order_creation_failed', 'payment_authorized', 'row_inserted'].map(
    (type) => `${type} by u-7`,
  );
  if (found.join() === expected.join()) break;
  assert.ok(Date.now() < giveUpAt, `seen: ${found.join(', ')}`);
  await pause(100);
}
process.exit(); // with the client's connections
