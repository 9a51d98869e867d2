import { Kysely, PostgresDialect, type Transaction } from 'kysely';
import { AuditContext } from 'nestjs-audit-ledger';
import type { Pool } from 'pg';

interface Tables {
  readonly purchase_order: { readonly id: string; readonly total: number };
}

export function makeClient(pool: Pool) {
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return {
    transactions: (work: (transaction: object) => Promise<unknown>) => db.transaction().execute(work),
    insert: (id: string, total: number): Promise<unknown> =>
      AuditContext.transaction<Transaction<Tables>>().insertInto('purchase_order').values({ id, total }).execute(),
    end: () => db.destroy(),
  };
}
