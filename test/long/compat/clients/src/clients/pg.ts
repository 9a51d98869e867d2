import { AuditContext, AuditModule } from 'nestjs-audit-ledger';
import type { ClientBase } from 'pg';
import { Pool, url } from '../pool.js';

const pool = new Pool({ connectionString: url });

async function transact<Result>(work: (client: ClientBase) => Promise<Result>): Promise<Result> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

export const modules = [AuditModule.forRoot({ transactions: transact })];

// In a method with @AuditedTransaction():
export async function insertOrder(id: string, total: number) {
  await AuditContext.transaction<ClientBase>().query('INSERT INTO purchase_order VALUES ($1, $2)', [id, total]);
}
