import type { INestApplicationContext } from '@nestjs/common';
import type { AuditEvent } from '../../src/audit/index.js';
import { LedgerProvider } from '../../src/monitoring/ledger.provider.js';
import { eventually } from './eventually.js';
import type { TestDatabase } from './test-database.js';

const STATE = `
  SELECT size::int, size = signed AND NOT EXISTS (SELECT position FROM audit_inbox) AS settled FROM audit_head`;

interface Queried {
  sql(text: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

/** Waits until everything that is stored is sealed, and a checkpoint covers it. Resolves with the size of the log. */
export async function settled(database: Queried): Promise<number> {
  return eventually(() => sizeIfSettled(database));
}

/** Waits until every captured change is in the ledger, too. */
export async function drained(database: Pick<TestDatabase, 'sql' | 'superuserSql'>): Promise<void> {
  await eventually(async () => (await database.superuserSql('SELECT FROM audit_row_change LIMIT 1')).length === 0);
  await settled(database);
}

/** For a test that runs the sequencer itself. */
export async function sizeIfSettled(database: Queried): Promise<number | false> {
  const [row] = await database.sql(STATE);
  return row?.settled === true && Number(row.size);
}

/** Records the events, and waits until a checkpoint covers them. */
export async function recordSealed(
  app: Pick<INestApplicationContext, 'get'>,
  database: Queried,
  events: readonly AuditEvent[],
): Promise<void> {
  await app.get(LedgerProvider).record(events);
  await settled(database);
}
