import type { EntityManager } from 'typeorm';

/** Lets one transaction at a time change the rows of a table, so that each sees what it replaces. Readers continue. */
export async function lockRowsOf(manager: EntityManager, table: string): Promise<void> {
  await manager.query(`LOCK TABLE ${table} IN SHARE ROW EXCLUSIVE MODE`);
}
