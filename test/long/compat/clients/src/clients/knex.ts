import { AuditContext, AuditModule } from 'nestjs-audit-ledger';
import knex, { type Knex } from 'knex';
import pg from 'pg';
import { Client, url } from '../pool.js';

const db = knex({ client: 'pg', connection: url });
db.client.driver = { ...pg, Client };

export const modules = [AuditModule.forRoot({ transactions: (work) => db.transaction(work) })];

// In a method with @AuditedTransaction():
export async function insertOrder(id: string, total: number) {
  await AuditContext.transaction<Knex.Transaction>()('purchase_order').insert({ id, total });
}
