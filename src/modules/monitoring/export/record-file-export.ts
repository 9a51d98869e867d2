import pg from 'pg';
import { uuidv7 } from 'uuidv7';
import { Catalogue, errorMessage, type AuditEvent, type AuditOutcome } from '../../../audit/index.js';
import { LEDGER_READS, LEDGER_READS_CATEGORY, ownEventRules } from '../access/index.js';
import { EXACT_JSON } from '../ledger/exact-json.js';
import { requireRole } from '../ledger/own-session.js';
import { insertEvents } from '../ledger/insert-events.js';
import { addressWith, AS_WRITER } from '../ledger/ledger-address.js';
import { sealEvents } from '../ledger/seal-row.js';
import { describeExport, EXPORT_RESOURCE } from './export-record.js';

/** Whose export it is, and which. */
export interface RecordedExport {
  readonly exportId: string;
  readonly actorId: string;
  readonly request: Parameters<typeof describeExport>[1];
}

const MAKE_PARTITION = 'SELECT audit_event_make_partition(now())';

/**
 * Adds the event of an export that no application makes; resolves with it once it is stored. Rejects with the client's error.
 *
 * @param connectionUrl of a role that may add events
 */
export async function recordFileExport(
  connectionUrl: string,
  { exportId, actorId, request }: RecordedExport,
  outcome: AuditOutcome,
  end: Parameters<typeof describeExport>[3] = {},
): Promise<AuditEvent> {
  const { type, action } = new Catalogue().resolve(LEDGER_READS.exported, outcome);
  const { details, tenantId } = describeExport(exportId, request, outcome, end);
  const event: AuditEvent = {
    id: uuidv7(),
    schemaVersion: 2,
    occurredAt: new Date().toISOString(),
    type,
    action,
    outcome,
    category: LEDGER_READS_CATEGORY,
    severity: outcome === 'success' || outcome === 'attempted' ? 'info' : 'warning',
    actor: { type: 'admin', id: actorId },
    ...(tenantId === undefined ? {} : { tenantId }),
    resource: { type: EXPORT_RESOURCE, id: exportId },
    ...(end.error === undefined ? {} : { error: { name: 'Error', message: errorMessage(end.error) } }),
    details: details as AuditEvent['details'], // plain JSON: what the command was given, and numbers
    metadata: {},
  };
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
  return event;
}

function ignore(): void {
  // What is lost with the connection was never committed, or is stored.
}
