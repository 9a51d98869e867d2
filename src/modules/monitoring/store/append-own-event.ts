import { buildOwnEvent, type AuditEvent, type AuditInput, type FactRules } from '../../../audit/plain.js';
import { ownEventRules } from '../access/own-events.js';
import { monthsOf } from './id-time.js';
import { insertBatch } from './insert-batch.js';
import { sealEvents } from './seal-row.js';
import { LedgerSession, type LedgerQueries } from './sessions/ledger-session.js';
import { WRITER } from './ledger-roles.js';

/**
 * Adds one of the ledger's own events in the session's transaction, and resolves with the event. The ledger's own events are redacted and
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
 * Adds an existing event, such as an event with a signed act. Does nothing if the ledger has the event already.
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

/** Adds several events with one SQL query, in the order of the array. */
export async function appendEvents(
  session: LedgerQueries,
  events: readonly AuditEvent[],
  rulesFor: (type: string) => FactRules = ownEventRules,
): Promise<void> {
  if (events.length === 0) return;
  const { text, values } = insertBatch(sealEvents(events, rulesFor));
  const months = monthsOf([events.at(0), events.at(-1)].flatMap((event) => event?.id ?? []));
  for (const month of months)
    await session.rows('SELECT audit_event_make_partition($1::timestamptz)', [month.toISOString()]);
  await session.rows(text, values);
}

/**
 * Adds one of the ledger's own events on a separate connection. Resolves with the event when it is stored.
 *
 * @param connectionUrl the database URL of a login that may add events
 * @throws LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`)
 */
export async function storeOwnEvent(connectionUrl: string, name: string, input: AuditInput): Promise<AuditEvent> {
  return LedgerSession.use(connectionUrl, WRITER, {}, (session) => appendOwnEvent(session, name, input));
}
