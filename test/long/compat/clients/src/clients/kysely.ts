import { AuditContext, AuditModule } from 'nestjs-audit-ledger';
import { Kysely, PostgresDialect } from 'kysely';
import { Pool, url } from '../pool.js';

interface Tables {
  purchase_order: { id: string; total: number };
}
const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: new Pool({ connectionString: url }) }) });

export const modules = [AuditModule.forRoot({ transactions: (work) => db.transaction().execute(work) })];

// In a method with @AuditedTransaction():
export async function insertOrder(id: string, total: number) {
  await AuditContext.transaction<typeof db>().insertInto('purchase_order').values({ id, total }).execute();
}
