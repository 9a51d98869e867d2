import { AuditContext, AuditModule } from 'nestjs-audit-ledger';
import { EntitySchema, MikroORM, type EntityManager } from '@mikro-orm/postgresql';
import { PostgresDialect } from 'kysely';
import { Pool, url } from '../pool.js';

const Order = new EntitySchema<{ id: string; total: number }>({
  name: 'purchase_order',
  properties: { id: { type: 'string', primary: true }, total: { type: 'number' } },
});
const orm = await MikroORM.init({
  clientUrl: url,
  entities: [Order],
  driverOptions: () => new PostgresDialect({ pool: new Pool({ connectionString: url }) }),
});

export const modules = [AuditModule.forRoot({ transactions: (work) => orm.em.fork().transactional(work) })];

// In a method with @AuditedTransaction():
export async function insertOrder(id: string, total: number) {
  await AuditContext.transaction<EntityManager>().insert(Order, { id, total });
}
