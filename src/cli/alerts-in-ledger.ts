import 'reflect-metadata';
import { Catalogue } from '../audit/plain.js';
import type { LedgerAccess } from '../modules/monitoring/access/ledger-access.js';
import type { StatementSigner } from '../modules/monitoring/log/notes/statement.js';
import { AuditQuery } from '../modules/monitoring/query/audit-query.service.js';
import { ArchivedEvents } from '../modules/monitoring/query/archived/archived-events.service.js';
import { ARCHIVE_QUERY } from '../modules/monitoring/query/archived/archive-query-options.js';
import type { Archives } from '../modules/monitoring/archive/archives.js';
import { LedgerReader } from '../modules/monitoring/store/ledger-reader.service.js';
import { ledgerTrust } from '../modules/monitoring/verify/known-keys.js';
import { Alerts } from '../modules/watch/alerts/alerts.service.js';
import { Suppressions } from '../modules/watch/alerts/suppressions.service.js';
import { resolveWatch } from '../modules/watch/watch-options.js';
import { changesBy, noteReadsBy, type NoteRead } from './ledger-of-operator.js';

export { readQuery } from '../modules/monitoring/query/read-query.js';
export { AlertQuery } from '../modules/watch/alerts/alert-query.dto.js';
export { SuppressionQuery } from '../modules/watch/alerts/suppression.dto.js';

/** How a command reaches the alerts of a ledger. */
export interface AlertsCall {
  readonly connectionUrl: string;
  /** The address for the login that seals. */
  readonly sealerUrl: string;
  readonly access: LedgerAccess;
  /** The person who runs the command, for the events. */
  readonly by: string;
  /** The ledger's key; absent if the command answers no alert. */
  readonly signer: StatementSigner | undefined;
  readonly archives: Archives;
}

/** The alerts of a ledger, without an application. */
export interface CommandAlerts {
  readonly alerts: Alerts;
  readonly suppressions: Suppressions;
  readonly noteRead: NoteRead;
}

/** Runs `work` with the alerts of a ledger. Its changes are recorded as those of the person who runs the command. */
export async function withAlerts<Result>(
  { connectionUrl, sealerUrl, access, by, signer, archives }: AlertsCall,
  work: (alerts: CommandAlerts) => Promise<Result>,
): Promise<Result> {
  const reader = new LedgerReader({ connectionUrl, maxReadConnections: 1 });
  try {
    const archived = new ArchivedEvents(reader, archives, { archiveQuery: ARCHIVE_QUERY });
    const ledger = new AuditQuery(reader, new Catalogue(), archived);
    const changes = changesBy(by, sealerUrl, signer);
    const trust = await ledgerTrust({ rows: async (text, values = []) => reader.rows(text, values) }, []);
    const alerts = new Alerts(ledger, changes, { trust });
    const suppressions = new Suppressions(ledger, changes, alerts, resolveWatch({}, []), { trust });
    return await work({ alerts, suppressions, noteRead: noteReadsBy(by, connectionUrl, access) });
  } finally {
    await reader.onApplicationShutdown();
  }
}
