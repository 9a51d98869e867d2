import { AuditContext, AuditModule } from 'nestjs-audit-ledger';
import { TypeOrmModule } from '@nestjs/typeorm';
import { EntityManager, EntitySchema } from 'typeorm';
import { Client, url } from '../pool.js';

const Order = new EntitySchema<{ id: string; total: number }>({
  name: 'purchase_order',
  columns: { id: { type: 'text', primary: true }, total: { type: 'int' } },
});

export const modules = [
  TypeOrmModule.forRoot({ type: 'postgres', url, extra: { Client }, entities: [Order] }),
  AuditModule.forRoot(),
];

// In a method with @AuditedTransaction(), repositories join, too.
export async function insertOrder(id: string, total: number) {
  await AuditContext.transaction<EntityManager>().insert(Order, { id, total });
}
