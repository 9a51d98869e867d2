import type { LedgerSession } from '../../store/sessions/ledger-session.js';

/** The states `planned` → `archived` → `announced` → `retired`: each is durable, and a run resumes from it. */
type RetirementState = 'planned' | 'archived' | 'announced' | 'retired';

/** A set of events that leaves the ledger together: a whole month, or some rows of one. */
export interface Retirement {
  readonly id: string;
  readonly kind: 'month' | 'rows';
  readonly partition: string;
  readonly policy: string;
  readonly cutoff: Date;
  readonly events: number;
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly indexesDigest: string;
  readonly archive: string;
  readonly state: RetirementState;
  /** The entry of the event that announces it; present from `archived` on. */
  readonly entry?: Uint8Array;
}

const COLUMNS = `id, kind, partition, policy, extract(epoch FROM cutoff) * 1000 AS cutoff, events, first_index, last_index,
  indexes_digest, archive, state, entry`;

/** The retirements that are not finished, oldest first. */
export async function openRetirements(session: LedgerSession): Promise<readonly Retirement[]> {
  const rows = await session.rows(
    `SELECT ${COLUMNS} FROM audit_retirement WHERE state <> 'retired' ORDER BY planned_at, id`,
  );
  return rows.map(retirementOf);
}

/** One retirement, by its id. */
export async function readRetirement(session: LedgerSession, id: string): Promise<Retirement> {
  const [row = {}] = await session.rows(`SELECT ${COLUMNS} FROM audit_retirement WHERE id = $1`, [id]);
  return retirementOf(row);
}

/** The retirement of a row. */
function retirementOf(row: Readonly<Record<string, unknown>>): Retirement {
  return {
    id: String(row.id),
    kind: row.kind as Retirement['kind'],
    partition: String(row.partition),
    policy: String(row.policy),
    cutoff: new Date(Number(row.cutoff)),
    events: Number(row.events),
    firstIndex: Number(row.first_index),
    lastIndex: Number(row.last_index),
    indexesDigest: String(row.indexes_digest),
    archive: String(row.archive),
    state: row.state as RetirementState,
    ...(Buffer.isBuffer(row.entry) ? { entry: row.entry } : {}),
  };
}
