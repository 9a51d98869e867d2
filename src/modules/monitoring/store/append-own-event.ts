import { buildOwnEvent, type AuditEvent, type AuditInput, type FactRules } from '../../../audit/plain.js';
import { ownEventRules } from '../access/own-events.js';
import { monthsOf } from './id-time.js';
import { insertBatch } from './insert-batch.js';
import { sealEvents } from './seal-row.js';
import { LedgerSession, type LedgerQueries } from './sessions/ledger-session.js';
import { WRITER } from './ledger-roles.js';

/**
 * Adds an event of the ledger's own, as part of the session's transaction, and resolves with it. Events that do not come through the
 * application are all added here: the name is the catalogue's or a custom one, and the event is redacted and bounded like any other.
 * Rejects with the client's error.
 */
export async function appendOwnEvent(session: LedgerQueries, name: string, input: AuditInput): Promise<AuditEvent> {
  const event = buildOwnEvent(name, input);
  await appendEvent(session, event);
  return event;
}

/**
 * Adds an existing event, such as one with a signed act. An event that was added before is left unchanged.
 *
 * @param rulesFor what is a fact of the events of a type. @defaultValue as without an application
 */
export async function appendEvent(
  session: LedgerQueries,
  event: AuditEvent,
  rulesFor?: (type: string) => FactRules,
): Promise<void> {
  await appendEvents(session, [event], rulesFor);
}

/** Adds many events, in their order, in one statement. */
export async function appendEvents(
  session: LedgerQueries,
  events: readonly AuditEvent[],
  rulesFor: (type: string) => FactRules = ownEventRules,
): Promise<void> {
  if (events.length === 0) return;
  const { text, values } = insertBatch(sealEvents(events, rulesFor));
  const months = monthsOf([events.at(0), events.at(-1)].flatMap((event) => event?.id ?? []));
  for (const month of months) await session.rows('SELECT audit_event_make_partition($1)', [month.toISOString()]);
  await session.rows(text, values);
}

/**
 * Adds an event of the ledger's own on a separate connection; resolves with it once it is stored.
 *
 * @param connectionUrl of a role that may add events
 * @throws LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`)
 */
export async function storeOwnEvent(connectionUrl: string, name: string, input: AuditInput): Promise<AuditEvent> {
  return LedgerSession.use(connectionUrl, WRITER, {}, (session) => appendOwnEvent(session, name, input));
}
