import type { LedgerSession } from '../store/ledger-session.js';
import { COPIED_COLUMNS, isTypeOf } from '../store/stored-rows/copied-events.js';
import { keyOfId } from '../store/stored-rows/id-keys.js';

/** How a snapshot's server stores the events. */
export interface StoredLayout {
  /** Whether binary copies of rows have the form that is read here: not where somebody gave a column another type. */
  readonly isReadable: boolean;
  /**
   * The ids, as bytes in texts, at which another partition begins, ascending: all ids from one to below the next one are looked for in one and
   * the same table. Absent where that is not so.
   */
  readonly bounds?: readonly string[];
}

const NO_ROW = 'SELECT * FROM audit_event LIMIT 0';
const BOUNDS = `
  SELECT tree.level, pg_get_expr(part.relpartbound, part.oid) AS bounds
    FROM pg_partition_tree('audit_event') tree JOIN pg_class part ON part.oid = tree.relid WHERE tree.isleaf`;

const RANGE = /^FOR VALUES FROM \((MINVALUE|'[-0-9a-f]{36}')\) TO \((MAXVALUE|'[-0-9a-f]{36}')\)$/;

const known = new WeakMap<LedgerSession, Promise<StoredLayout>>();

/** Asked once a session: a snapshot keeps others from changing it. Rejects with the client's error. */
export async function layoutOf(snapshot: LedgerSession): Promise<StoredLayout> {
  const layout = known.get(snapshot) ?? readLayout(snapshot);
  known.set(snapshot, layout);
  return layout;
}

async function readLayout(snapshot: LedgerSession): Promise<StoredLayout> {
  const { fields } = await snapshot.query({ text: NO_ROW });
  const types = new Map(fields.map(({ name, dataTypeID: type }) => [name, type]));
  const isReadable = COPIED_COLUMNS.every((column) => isTypeOf(column, types.get(column) ?? 0));
  const partitions = await snapshot.rows(BOUNDS);
  const ranges = partitions.map(({ level, bounds }) => (level === 1 ? RANGE.exec(String(bounds)) : null));
  if (ranges.includes(null)) return { isReadable };
  const ends = ranges.flatMap((range) => (range ?? []).slice(1)).filter((end) => end.startsWith("'"));
  return { isReadable, bounds: [...new Set(ends.map((end) => keyOfId(end.slice(1, -1))))].toSorted() };
}
