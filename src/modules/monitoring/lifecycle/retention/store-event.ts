import type { AuditEvent } from '../../../../audit/index.js';
import { ownEventRules } from '../../access/own-events.js';
import { LEADER } from '../../store/ledger-roles.js';
import { LEADER_LIMITS } from '../../store/session-limits.js';
import { LedgerSession } from '../../store/ledger-session.js';
import { timeOfId } from '../../store/id-time.js';
import { insertEvents } from '../../store/insert-events.js';
import { sealEvents } from '../../store/seal-row.js';

/**
 * Stores an event of the ledger's own, past the aggregator, once: stored before, it is left alone. Durable when it
 * resolves. Rejects with the client's error.
 */
export async function storeEvent(connectionUrl: string, event: AuditEvent): Promise<void> {
  const { text, values } = insertEvents(sealEvents([event], ownEventRules));
  const session = await LedgerSession.open(connectionUrl, LEADER, LEADER_LIMITS);
  try {
    await session.rows('SELECT audit_event_make_partition($1)', [timeOfId(event.id).toISOString()]);
    await session.rows(text, values);
  } finally {
    await session.close();
  }
}
