import type { AuditEvent, AuditInput } from '../../../audit/plain.js';
import { appendOwnEvent } from './append-own-event.js';
import { WRITER } from './ledger-roles.js';
import { LedgerSession } from './sessions/ledger-session.js';

/**
 * Adds an event of the ledger's own on a separate connection; resolves with it once it is stored. Rejects with the client's error.
 *
 * @param connectionUrl of a role that may add events
 */
export async function storeOwnEvent(connectionUrl: string, name: string, input: AuditInput): Promise<AuditEvent> {
  const session = await LedgerSession.open(connectionUrl, WRITER);
  try {
    return await appendOwnEvent(session, name, input);
  } finally {
    await session.close();
  }
}
