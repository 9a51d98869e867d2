import { buildOwnEvent, type AuditEvent, type AuditInput, type FactRules } from '../../audit/nest-free.js';
import { getOwnEventRules } from '../read/access/own-events.js';
import { toInboxLines } from './inbox-row.js';
import { addLines } from './known-writers.js';
import { wakeLeader } from '../store/await-sealed.js';
import type { LedgerQueries } from '../store/sessions/ledger-session.js';
import { useSession } from '../store/sessions/use-session.js';
import { WRITER } from '../store/ledger-roles.js';

/**
 * Adds one of the ledger's own events to the inbox, in the session's transaction, and resolves with the event. The ledger's own events are redacted and
 * limited like events of the application. Rejects with the error of the PostgreSQL client.
 *
 * @param name an event type of the catalogue, or a custom type
 */
export async function appendOwnEvent(session: LedgerQueries, name: string, input: AuditInput): Promise<AuditEvent> {
  const event = buildOwnEvent(name, input);
  await appendEvent(session, event);
  return event;
}

/**
 * Adds an existing event, such as an event with a signed act.
 *
 * @param rulesFor returns the fact rules of a type @defaultValue the rules that apply without an application
 */
export async function appendEvent(
  session: LedgerQueries,
  event: AuditEvent,
  rulesFor?: (type: string) => FactRules,
): Promise<void> {
  await appendEvents(session, [event], rulesFor);
}

/**
 * Adds several events, in the order of the array.
 *
 * @throws `AUDIT_WRITER_UNKNOWN` if the ledger does not accept what this session records
 */
export async function appendEvents(
  session: LedgerQueries,
  events: readonly AuditEvent[],
  rulesFor: (type: string) => FactRules = getOwnEventRules,
): Promise<void> {
  if (events.length === 0) return;
  await addLines(session, toInboxLines(events, rulesFor));
  await wakeLeader(session); // these events are rare
}

/**
 * Adds one of the ledger's own events on a separate connection. Resolves with the event when it is stored.
 *
 * @param connectionUrl the database URL of a login that may add events
 * @throws `AUDIT_LEDGER_UNAVAILABLE`
 */
export async function storeOwnEvent(connectionUrl: string, name: string, input: AuditInput): Promise<AuditEvent> {
  return useSession(connectionUrl, WRITER, {}, (session) => appendOwnEvent(session, name, input));
}
