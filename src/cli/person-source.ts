import type { Archives } from '../modules/monitoring/archive/archives.js';
import type { ReportSource } from '../modules/monitoring/lifecycle/erasure/subject-report.js';
import { AUDITOR, ERASURE } from '../modules/monitoring/store/ledger-roles.js';
import { LedgerSession } from '../modules/monitoring/store/ledger-session.js';
import { ERASURE_LIMITS, limitsWithin } from '../modules/monitoring/store/session-limits.js';

const STATEMENT_TIMEOUT_MS = 60_000;
const NEWEST = 'SELECT size, note FROM audit_checkpoint ORDER BY size DESC LIMIT 1';

/** What a command finds a person's events in: the ledger, by two sessions, and its archives, without the application's providers. */
export interface PersonSource extends ReportSource {
  readonly keeper: LedgerSession;
  readonly archives: Archives;
}

/** Does `work` with the source, which ends with it. Rejects with the client's error. */
export async function usePersonSource<Result>(
  url: string,
  archives: Archives,
  work: (source: PersonSource) => Promise<Result>,
): Promise<Result> {
  return LedgerSession.use(url, AUDITOR, limitsWithin(STATEMENT_TIMEOUT_MS), async (reader) => {
    const rowsOf = (text: string, values: readonly unknown[]) => reader.rows(text, values);
    return LedgerSession.use(url, ERASURE, ERASURE_LIMITS, (keeper) =>
      work({
        keeper,
        eventRows: rowsOf,
        newestCheckpoint: async () => {
          const [row] = await rowsOf(NEWEST, []);
          return row && { size: Number(row.size), note: String(row.note) };
        },
        stores: new Map(),
        archives,
      }),
    );
  });
}
