import type { AuditEvent } from '../../src/audit/index.js';
import { ownEventRules } from '../../src/modules/monitoring/access/own-events.js';
import { insertBatch } from '../../src/modules/monitoring/store/insert-batch.js';
import { sealEvents } from '../../src/modules/monitoring/store/seal-row.js';
import { eventually } from './eventually.js';
import { runSql, withClient } from './sql.js';
import type { TestDatabase } from './test-database.js';

/** The ledger seals the events in this order. */
export async function store({ url }: Pick<TestDatabase, 'url'>, events: readonly AuditEvent[]): Promise<void> {
  await withClient(url, (client) => client.query(insertBatch(sealEvents(events, ownEventRules))));
}

export async function watched({ url }: Pick<TestDatabase, 'url'>): Promise<void> {
  await eventually(async () => {
    const [row] = await runSql(
      url,
      `SELECT EXISTS (SELECT FROM audit_unsequenced) AS waits,
              (SELECT place FROM audit_watch) = (SELECT coalesce(max(size), 0) FROM audit_checkpoint) AS is_done`,
    );
    return row?.waits === false && row.is_done === true;
  });
}
