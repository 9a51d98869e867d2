import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import type { AuditEvent, FactRules } from '../../src/audit/nest-free.js';
import { insertRows, toInboxLines, packInboxRows } from '../../src/monitoring/inbox/inbox-row.js';
import { classify } from '../../src/monitoring/inbox/find-personal.js';
import { insertSealed } from '../../src/monitoring/store/insert-batch.js';
import { sealLine } from '../../src/monitoring/store/seal-row.js';
import { createWriter } from './writers.js';

/** Gives the events to the sealer, like a batch of the application. */
export async function storeEvents(
  client: Pick<pg.ClientBase, 'query'>,
  events: readonly AuditEvent[],
  rulesFor: (type: string) => FactRules,
): Promise<void> {
  if (events.length === 0) return;
  const { text, values } = insertRows(packInboxRows(toInboxLines(events, rulesFor), createWriter()));
  await client.query(text, values);
}

/** Inserts sealed events as their sealer does, but without leaves. Only the sealer and a superuser may. */
export async function insertSealedEvents(
  client: Pick<pg.ClientBase, 'query'>,
  events: readonly AuditEvent[],
  rules: FactRules,
): Promise<void> {
  const rows = events.map((event) => sealLine(classify(event, rules), randomBytes(16)));
  await client.query(insertSealed(rows));
}

/** A FROM item: each event of the ledger and its inbox once, with some columns, whether it is sealed already or not. */
export const STORED_EVENTS = `(
  SELECT id, type, details::jsonb, request_id FROM audit_event
  UNION SELECT (event->>'id')::uuid, event->>'type', event->'details', event#>>'{request,id}'
    FROM audit_inbox, string_to_table(body, E'\\n') AS line, LATERAL (SELECT line::jsonb->'event') AS parsed (event)
) AS stored`;
