import { AuditContext, AuditModule } from 'nestjs-audit-ledger';
import { drizzle } from 'drizzle-orm/node-postgres';
import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import { Pool, url } from '../pool.js';

const orders = pgTable('purchase_order', { id: text().primaryKey(), total: integer().notNull() });
const db = drizzle(new Pool({ connectionString: url }));

export const modules = [AuditModule.forRoot({ transactions: (work) => db.transaction(work) })];

// In a method with @AuditedTransaction():
export async function insertOrder(id: string, total: number) {
  await AuditContext.transaction<typeof db>().insert(orders).values({ id, total });
}
