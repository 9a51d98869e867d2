import { AuditAggregator, Audited, AuditModule } from 'nestjs-audit-ledger';
import { Transactional, TransactionHost, ClsPluginTransactional } from '@nestjs-cls/transactional';
import { TransactionalAdapterDrizzleOrm } from '@nestjs-cls/transactional-adapter-drizzle-orm';
import { Body, Controller, Module, Post } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { ClsModule } from 'nestjs-cls';
import { Pool, url } from '../pool.js';

type Host = TransactionHost<TransactionalAdapterDrizzleOrm<NodePgDatabase>>;

@Module({
  providers: [{ provide: 'DRIZZLE', useValue: drizzle(new Pool({ connectionString: url })) }],
  exports: ['DRIZZLE'],
})
class DrizzleModule {}

const adapter = new TransactionalAdapterDrizzleOrm({ drizzleInstanceToken: 'DRIZZLE' });
export const modules = [
  ClsModule.forRoot({
    middleware: { mount: true },
    plugins: [new ClsPluginTransactional({ imports: [DrizzleModule], adapter })],
  }),
  AuditModule.forRootAsync({
    inject: [TransactionHost],
    useFactory: (host: Host) => ({
      currentTransaction: () => (host.isTransactionActive() ? host.tx : undefined),
    }),
  }),
];

@Controller('orders')
export class OrdersController {
  constructor(
    private readonly audit: AuditAggregator,
    private readonly host: TransactionHost<TransactionalAdapterDrizzleOrm<NodePgDatabase>>,
  ) {}

  @Post()
  @Audited('order_creation', { resource: ({ args: [order] }) => ({ type: 'order', id: order?.id }) })
  @Transactional()
  async create(@Body() { id, total }: { id: string; total: number }) {
    await this.host.tx.execute(sql`INSERT INTO purchase_order VALUES (${id}, ${total})`);
    await this.audit.record('payment_authorized', { resource: { type: 'order', id } });
    if (total < 0) throw new Error('refused');
    return { id };
  }
}
