import type { AuditEvent, AuditOutcome } from '../../../audit/plain.js';
import { LEDGER_READS } from '../access/ledger-reads.js';
import { storeOwnEvent } from '../store/store-own-event.js';
import { describeExport } from './export-record.js';

/** The export, and who made it. */
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
  const actor = { type: 'admin', id: actorId } as const;
  return storeOwnEvent(connectionUrl, LEDGER_READS.exported, {
    ...describeExport(exportId, request, outcome, end),
    actor,
  });
}
