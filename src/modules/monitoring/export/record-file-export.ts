import { uuidv7 } from 'uuidv7';
import { Catalogue, errorMessage, type AuditEvent, type AuditOutcome } from '../../../audit/index.js';
import { LEDGER_READS, LEDGER_READS_CATEGORY } from '../access/ledger-reads.js';
import { storeOwnEvent } from '../store/store-own-event.js';
import { describeExport, EXPORT_RESOURCE } from './export-record.js';

/** Whose export it is, and which. */
export interface RecordedExport {
  readonly exportId: string;
  readonly actorId: string;
  readonly request: Parameters<typeof describeExport>[1];
}

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
  await storeOwnEvent(connectionUrl, event);
  return event;
}
