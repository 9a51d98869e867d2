import type { AuditEvent } from '../../../audit/index.js';
import { insertEvents } from './insert-events.js';
import { WRITER } from './ledger-roles.js';
import { LedgerSession } from './ledger-session.js';
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
  const session = await LedgerSession.open(connectionUrl, WRITER);
  try {
    await session.rows(MAKE_PARTITION);
    await session.query(insertEvents(sealEvents([event], ownEventRules)));
  } finally {
    await session.close();
  }
}
