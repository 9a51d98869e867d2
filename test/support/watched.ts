import type { AuditEvent } from '../../src/audit/index.js';
import { getOwnEventRules } from '../../src/monitoring/read/access/own-events.js';
import { storeEvents } from './stored-events.js';
import { eventually } from './eventually.js';
import { settled } from './settled.js';
import { withClient } from './sql.js';
import type { TestDatabase } from './test-database.js';

/** The ledger seals the events in this order. */
export async function store({ url }: Pick<TestDatabase, 'url'>, events: readonly AuditEvent[]): Promise<void> {
  await withClient(url, (client) => storeEvents(client, events, getOwnEventRules));
}

/** Waits until the rules have read all events, also those that they recorded themselves. */
export async function watched(database: Pick<TestDatabase, 'sql'>): Promise<void> {
  await eventually(async () => {
    const size = await settled(database);
    const [row] = await database.sql(
      `SELECT position FROM audit_consumer WHERE name = 'alerts' AND sending_to IS NULL`,
    );
    return Number(row?.position) === size && size === (await settled(database));
  });
}
