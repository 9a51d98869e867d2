import 'reflect-metadata';
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { Body, Controller, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuditAggregator, AuditContext, AuditedTransaction, auditedPg, AuditModule } from 'nestjs-audit-ledger';
import { MonitoringModule } from 'nestjs-audit-ledger/monitoring';
import { RowChangesModule } from 'nestjs-audit-ledger/row-changes';
import pg from 'pg';
// @ts-ignore Each application has its own.
import { makeClient } from './client.js';

const connectionString = process.env.DATABASE_URL ?? '';
const [task, file = ''] = process.argv.slice(2);
if (task === 'sql') {
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query(await readFile(file, 'utf8'));
  await client.end();
  process.exit();
}

const { Pool } = auditedPg(pg, { keyFile: '.data/context.key' });
const client = makeClient(new Pool({ connectionString, max: 2 }));

@Controller('orders')
class OrdersController {
  constructor(private readonly audit: AuditAggregator) {}

  @Post()
  @AuditedTransaction('order_creation', { resource: ({ args: [order] }) => ({ type: 'order', id: order?.id }) })
  async create(@Body() { id, total }: { id: string; total: number }) {
    await client.insert(id, total);
    await this.audit.record(
      'payment_authorized',
      { resource: { type: 'order', id } },
      {
        transaction: AuditContext.transaction<object>(),
      },
    );
    if (total < 0) throw new Error('refused');
    return { id };
  }
}

@Module({
  imports: [
    AuditModule.forRoot({ transactions: client.transactions }),
    MonitoringModule.forRootAsync({
      useFactory: () => ({
        connectionUrl: connectionString,
        schema: 'audit',
        authorize: () => ({ scope: 'all' as const }),
      }),
    }),
    RowChangesModule.forRoot({ tables: { 'public.purchase_order': {} } }),
  ],
  controllers: [OrdersController],
})
class AppModule {}

interface Seen {
  readonly type: string;
  readonly actor: { readonly id?: string };
  readonly index?: number;
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
assert.deepEqual([await post({ id: 'o-1', total: 7 }), await post({ id: 'o-2', total: -1 })], [201, 500]);
const giveUpAt = Date.now() + 20_000;
for (;;) {
  const { items } = (await (await fetch(`${url}/audit/events?limit=50`)).json()) as { readonly items: readonly Seen[] };
  const found = items
    .filter(({ type }) => /^(order|payment|row)_/.test(type))
    .map(({ type, actor }) => `${type} by ${actor.id ?? 'nobody'}`)
    .sort();
  const expected = ['order_created', 'order_creation_failed', 'payment_authorized', 'row_inserted'].map(
    (type) => `${type} by u-7`,
  );
  if (found.join() === expected.join()) break;
  assert.ok(Date.now() < giveUpAt, `seen: ${found.join(', ')}`);
  await pause(100);
}
await app.close();
await client.end();
