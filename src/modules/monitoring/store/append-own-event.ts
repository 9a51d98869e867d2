import { buildOwnEvent, type AuditEvent, type AuditInput, type FactRules } from '../../../audit/plain.js';
import { ownEventRules } from '../access/own-events.js';
import { timeOfId } from './id-time.js';
import { insertBatch } from './insert-batch.js';
import { sealEvents } from './seal-row.js';

/** Runs statements as a role that may add events. */
export interface AppendingSession {
  /** The rows of one statement. Rejects with the client's error. */
  rows(text: string, values?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

/**
 * Adds an event of the ledger's own, as part of the session's transaction, and resolves with it. Events that do not come through the
 * application are all added here: the name is the catalogue's or a custom one, and the event is redacted and bounded like any other.
 * Rejects with the client's error.
 */
export async function appendOwnEvent(session: AppendingSession, name: string, input: AuditInput): Promise<AuditEvent> {
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
  session: AppendingSession,
  event: AuditEvent,
  rulesFor?: (type: string) => FactRules,
): Promise<void> {
  await appendEvents(session, [event], rulesFor);
}

/** Adds many events, in their order, in one statement. */
export async function appendEvents(
  session: AppendingSession,
  events: readonly AuditEvent[],
  rulesFor: (type: string) => FactRules = ownEventRules,
): Promise<void> {
  if (events.length === 0) return;
  const { text, values } = insertBatch(sealEvents(events, rulesFor));
  const months = new Set([events.at(0), events.at(-1)].flatMap((event) => (event ? monthOf(event) : [])));
  for (const month of months) await session.rows('SELECT audit_event_make_partition($1)', [month]);
  await session.rows(text, values);
}

function monthOf({ id }: AuditEvent): string {
  return `${timeOfId(id).toISOString().slice(0, 'yyyy-mm'.length)}-01T00:00:00Z`;
}
