import 'reflect-metadata';
import { Catalogue } from '../audit/plain.js';
import { describeRead } from '../modules/monitoring/access/describe-read.js';
import type { LedgerAccess } from '../modules/monitoring/access/ledger-access.js';
import { LEDGER_READS } from '../modules/monitoring/access/ledger-reads.js';
import { AuditQuery } from '../modules/monitoring/query/audit-query.service.js';
import { ArchivedEvents } from '../modules/monitoring/query/archived/archived-events.service.js';
import { ARCHIVE_QUERY } from '../modules/monitoring/query/archived/archive-query-options.js';
import type { Archives } from '../modules/monitoring/archive/archives.js';
import { appendOwnEvent } from '../modules/monitoring/store/append-own-event.js';
import { beginChange, type ChangeRecorder } from '../modules/monitoring/store/change-recorder.js';
import { KEEPER } from '../modules/monitoring/store/ledger-roles.js';
import { LedgerReader } from '../modules/monitoring/store/ledger-reader.service.js';
import { LedgerSession } from '../modules/monitoring/store/ledger-session.js';
import { limitsWithin } from '../modules/monitoring/store/session-limits.js';
import { storeOwnEvent } from '../modules/monitoring/store/store-own-event.js';
import { Alerts } from '../modules/monitoring/watch/alerts/alerts.service.js';
import { Suppressions } from '../modules/monitoring/watch/alerts/suppressions.service.js';
import { resolveWatch } from '../modules/monitoring/watch/watch-options.js';

const TIMEOUT_MS = 20_000;

/** How a command reaches the alerts of a ledger. */
export interface AlertsCall {
  readonly connectionUrl: string;
  /** Of the login that seals. */
  readonly sealerUrl: string;
  readonly access: LedgerAccess;
  /** Who does it, for the events. */
  readonly by: string;
  readonly archives: Archives;
}

/** The alerts of a ledger, without an application. */
export interface CommandAlerts {
  readonly alerts: Alerts;
  readonly suppressions: Suppressions;
  /** Records that something was read. */
  readonly noteRead: (filters: Readonly<Record<string, unknown>>, shown: number) => Promise<void>;
}

/** Does `work` with the alerts of a ledger. What it changes is by the person who runs the command. */
export async function withAlerts<Result>(
  { connectionUrl, sealerUrl, access, by, archives }: AlertsCall,
  work: (alerts: CommandAlerts) => Promise<Result>,
): Promise<Result> {
  const reader = new LedgerReader({ connectionUrl, maxReadConnections: 1 });
  try {
    const archived = new ArchivedEvents(reader, archives, { archiveQuery: ARCHIVE_QUERY });
    const ledger = new AuditQuery(reader, new Catalogue(), archived);
    const changes = changesBy(by, sealerUrl);
    const alerts = new Alerts(ledger, changes);
    const suppressions = new Suppressions(ledger, changes, alerts, { watch: resolveWatch({}, []) });
    return await work({
      alerts,
      suppressions,
      noteRead: async (filters, shown) => {
        const read = { ...describeRead({ access, filters, shown }), actor: { type: 'admin', id: by } as const };
        await storeOwnEvent(connectionUrl, LEDGER_READS.viewed, read);
      },
    });
  } finally {
    await reader.onApplicationShutdown();
  }
}

function changesBy(id: string, sealerUrl: string): ChangeRecorder {
  return {
    within: (key, settings, work) =>
      LedgerSession.use(sealerUrl, KEEPER, limitsWithin(TIMEOUT_MS), (session) =>
        session.inTransaction(async () => {
          await beginChange(session, key, settings);
          return work(session, (action, input) =>
            appendOwnEvent(session, action, { ...input, actor: { type: 'admin', id } }),
          );
        }),
      ),
  };
}
