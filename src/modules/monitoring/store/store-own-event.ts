import pg from 'pg';
import type { AuditEvent } from '../../../audit/index.js';
import { EXACT_JSON } from './exact-json.js';
import { insertEvents } from './insert-events.js';
import { addressWith, AS_WRITER } from './ledger-address.js';
import { requireRole } from './own-session.js';
import { sealEvents } from './seal-row.js';
import { ownEventRules } from '../access/own-events.js';

const MAKE_PARTITION = 'SELECT audit_event_make_partition(now())';

/**
 * Adds an event of the ledger's own that a command makes, not the application; it is stored when this resolves. Rejects with the
 * client's error.
 *
 * @param connectionUrl of a role that may add events
 */
export async function storeOwnEvent(connectionUrl: string, event: AuditEvent): Promise<void> {
  const client = new pg.Client({ types: EXACT_JSON, connectionString: addressWith(connectionUrl, AS_WRITER) });
  client.on('error', ignore); // the statement under way rejects with it
  try {
    await client.connect();
    await requireRole(client, AS_WRITER.role);
    await client.query(MAKE_PARTITION);
    await client.query(insertEvents(sealEvents([event], ownEventRules)));
  } finally {
    await client.end().catch(ignore);
  }
}

function ignore(): void {
  // What is lost with the connection was never committed, or is stored.
}
