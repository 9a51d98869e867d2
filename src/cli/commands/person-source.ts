import type { Archives } from '../../monitoring/keep/archive/archives.js';
import type { ReportSource } from '../../monitoring/keep/lifecycle/erasure/subject-report.js';
import { AUDITOR, ERASURE } from '../../monitoring/store/ledger-roles.js';
import type { CheckpointTrust } from '../../monitoring/proof/log/notes/checkpoint.js';
import type { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import { useSession } from '../../monitoring/store/sessions/use-session.js';
import { ERASURE_LIMITS, createPoolLimits } from '../../monitoring/store/sessions/session-limits.js';
import { buildTrust } from '../../monitoring/proof/verify/judge-checkpoint.js';
import { followStoredKeys } from '../../monitoring/proof/verify/known-keys.js';
import { readStoredKeys } from '../../monitoring/proof/verify/read-heads.js';
import { hasCode } from '../../audit/nest-free.js';

const STATEMENT_TIMEOUT_MS = 60_000;
const NEWEST = 'SELECT size, note FROM audit_checkpoint ORDER BY size DESC LIMIT 1';

/** The stores from which a command reads a person's events: the ledger and its archives. The stores of other providers are not included. */
export interface PersonSource extends ReportSource {
  readonly session: LedgerSession;
  readonly archives: Archives;
}

/** Runs `work` with the source, and closes it afterwards. Rejects with an error of the PostgreSQL client. */
export async function usePersonSource<Result>(
  url: string,
  archives: Archives,
  work: (source: PersonSource) => Promise<Result>,
): Promise<Result> {
  return useSession(url, AUDITOR, createPoolLimits(STATEMENT_TIMEOUT_MS), async (reader) => {
    const readRows = (text: string, values: readonly unknown[]) => reader.rows(text, values);
    return useSession(url, ERASURE, ERASURE_LIMITS, (session) =>
      work({
        session,
        eventRows: readRows,
        newestCheckpoint: async () => {
          const [row] = await readRows(NEWEST, []);
          return row && { size: Number(row.size), note: String(row.note) };
        },
        stores: new Map(),
        archives,
        trust: () => resolveArchiveTrust(archives, reader),
      }),
    );
  });
}

async function resolveArchiveTrust({ signer }: Archives, reader: LedgerSession): Promise<CheckpointTrust | undefined> {
  let input: CheckpointTrust;
  try {
    input = signer.trust;
  } catch (error) {
    if (!hasCode(error, 'AUDIT_SIGNING_KEY_MISSING')) throw error;
    const named = await readStoredKeys(reader);
    if (named.length === 0) return undefined;
    input = buildTrust(named);
  }
  return (await followStoredKeys(reader, input)).trust;
}
