import { RECONCILER } from '../../../monitoring/store/ledger-roles.js';
import { classifyLedgerError, sqlStateOf } from '../../../monitoring/store/sessions/classify-ledger-error.js';
import { LedgerSession } from '../../../monitoring/store/sessions/ledger-session.js';
import { nameOf } from '../captured-table.js';
import { parseTableName } from '../../../monitoring/store/table-name.js';
import { checkBaseline, readBaselines, readUnkeyed, type Baseline } from './baselines.js';
import { BEGINNING, foldQuery, TRUNCATIONS } from './fold-query.js';
import { checkRetired } from './check-retired.js';
import type { Mismatch, MismatchKind, ReconciledTable, Reconciliation } from './reconciliation.js';
import { rowChangesErrors } from '../row-changes.errors.js';

const MAX_FINDINGS = 100;
const PAGE_ROWS = 5_000;

export interface ReconcileOptions {
  /** The URL of the ledger's database, with a role that may read it. */
  readonly database: string;
  /** The names of tables: `public.orders` or `orders`. @defaultValue all captured tables */
  readonly tables?: readonly string[] | undefined;
  /** Aborts the reconciliation: {@link reconcileLedger} then rejects. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds rows that were changed without an event, and events without a row. The reconciliation compares each captured table with its
 * baseline, the ledger and the outbox, in one snapshot. The ledger is trusted, because `verify` checks it. Rejects with the error of the
 * database client.
 *
 * @throws `AUDIT_RECONCILE_INVALID` for a table that is not captured
 */
export async function reconcileLedger({ database, tables, signal }: ReconcileOptions): Promise<Reconciliation> {
  const snapshot = await LedgerSession.open(database, RECONCILER, { signal });
  return reconcileTables(snapshot, tables).finally(() => snapshot.close());
}

async function reconcileTables(snapshot: LedgerSession, only?: readonly string[]): Promise<Reconciliation> {
  const [moment] = await snapshot.rows('SELECT transaction_timestamp() AS at');
  const baselines = await readBaselines(snapshot);
  const unkeyed = await readUnkeyed(snapshot);
  const known = [...baselines.map(nameOf), ...unkeyed];
  const unknown = (only ?? []).filter((wanted) => !known.some((name) => isNamed(name, wanted)));
  if (unknown.length > 0) throw rowChangesErrors.AUDIT_RECONCILE_INVALID(unknown);
  const isWanted = (name: string): boolean => only === undefined || only.some((wanted) => isNamed(name, wanted));
  const notes = unkeyed
    .filter(isWanted)
    .map(
      (name) =>
        `${name} lacks a baseline, so its rows cannot be compared with their events: it has no usable key, or row-level security hides rows, or another ledger has the baseline. Run "nestjs-audit-ledger capture check" to see why.`,
    );
  const found: Found[] = [];
  for (const baseline of baselines)
    if (isWanted(nameOf(baseline))) found.push(await reconcileTable(snapshot, baseline));
  const retired = await checkRetired(snapshot);
  const strange: readonly Mismatch[] = [
    ...retired.altered.filter(isWanted).map((table) => ({ kind: 'retired_altered', table }) as const),
    ...(only === undefined ? ((await snapshot.rows(STRANGE)) as unknown as readonly Mismatch[]) : []), // the selected columns
  ];
  const totalFindings = found.reduce((sum, { table }) => sum + total(table), strange.length);
  return {
    verdict: totalFindings === 0 ? 'complete' : 'incomplete',
    checkedAt: (moment?.at as Date).toISOString(), // the column's type
    tables: found.map(({ table }) => table),
    findings: [...found.flatMap(({ findings }) => findings), ...strange.slice(0, MAX_FINDINGS)],
    totalFindings,
    notes: [...notes, ...retired.notes, ...found.flatMap((one) => one.notes)],
  };
}

/** Finds captured changes that nobody can read, and parked changes whose table lacks a baseline. */
const STRANGE = `
  SELECT * FROM (
  SELECT 'change_unreadable' AS kind, 'audit_row_change' AS table, position::text AS key FROM audit_row_change_digests() WHERE NOT is_readable
  UNION ALL
  SELECT 'change_parked', 'audit_row_change_parked', position::text FROM audit_row_change_parked p
   WHERE NOT EXISTS (SELECT FROM audit_row_baseline b
                      WHERE b.schema_name = p.source->>'schema' AND b.table_name = p.source->>'table' AND b.rows IS NOT NULL)) strange
   ORDER BY kind, length(key), key`;

interface Found {
  readonly table: ReconciledTable;
  readonly findings: readonly Mismatch[];
  readonly notes: readonly string[];
}

function isNamed(name: string, wanted: string): boolean {
  return name === wanted || parseTableName(name)?.name === wanted;
}

function total({ counts }: ReconciledTable): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

async function reconcileTable(snapshot: LedgerSession, baseline: Baseline): Promise<Found> {
  const table = nameOf(baseline);
  const findings: Mismatch[] = [];
  const counts: Partial<Record<MismatchKind, number>> = {};
  const notes: string[] = [];
  const add = (kind: MismatchKind, row: Pick<Mismatch, 'key' | 'eventId'> = {}): void => {
    counts[kind] = (counts[kind] ?? 0) + 1;
    if (counts[kind] <= MAX_FINDINGS) findings.push({ kind, table, ...row });
  };
  let rows = 0;
  const seal = await checkBaseline(snapshot, baseline);
  if (seal === 'altered') add('baseline_altered');
  if (seal === 'unsealed') {
    notes.push(`The ledger lacks the event that seals the baseline of ${table}. It may be retired. ${againOf(table)}`);
  }
  if (!baseline.isOwn) notes.push(`The baseline of ${table} was taken on another server. ${againOf(table)}`);
  if (baseline.lost.length > 0)
    notes.push(`${table} lost columns after its baseline: ${baseline.lost.join(', ')}. ${againOf(table)}`);
  if (baseline.relabelled.length > 0)
    notes.push(
      `Enum labels of ${table} were renamed after its baseline: ${baseline.relabelled.join(', ')}. ${againOf(table)}`,
    );
  if (baseline.inexact.length > 0) notes.push(`${table}: ${NOT_SEEN} ${baseline.inexact.join(', ')}.`);
  const [parked] = await snapshot.rows(PARKED, [baseline.schema, baseline.name]);
  for (let nth = 0; nth < Number(parked?.changes); nth++) add('change_parked');
  if (baseline.digests === undefined) {
    add('capture_gone');
  } else if (!baseline.isReadable) {
    add('table_unreadable');
  } else {
    const onRow = ({ kind, key, eventId }: FoldedRow): void => {
      if (kind === 'rows') rows = Number(key);
      else add(kindFor(kind, baseline), { ...(key !== null && { key }), ...(eventId !== null && { eventId }) });
    };
    try {
      await snapshot.inSavepoint(() => fold(snapshot, baseline, onRow));
    } catch (error) {
      if (snapshot.isLost || !OF_TABLE.test(sqlStateOf(error) ?? '')) throw error;
      add('table_unreadable');
      notes.push(`The rows of ${table} cannot be read: ${classifyLedgerError(error).seen}.`);
    }
  }
  return { table: { table, rows, baselineAt: baseline.takenAt.toISOString(), counts }, findings, notes };
}

const NOT_SEEN =
  'changes that keep the JSON of a value, such as white space or a repeated name in "json", or the name of a "reg…" value, are not seen in';

function againOf(table: string): string {
  return `To accept its current rows, run "nestjs-audit-ledger capture baseline --data-source … --table ${table}".`;
}

function kindFor(kind: string, { lost, relabelled }: Baseline): MismatchKind {
  if (kind === 'row_changed' && lost.length > 0) return 'row_incomparable';
  if (kind === 'row_changed' && relabelled.length > 0) return 'row_relabelled';
  return kind as MismatchKind; // foldQuery selects these kinds
}

const PARKED = `
  SELECT coalesce(sum(least(greatest(changes, 1), 500)), 0)::int AS changes FROM audit_row_change_parked
   WHERE source->>'schema' = $1 AND source->>'table' = $2`;

/** With the kind `rows`, the key is the count of live rows. */
interface FoldedRow {
  readonly kind: string;
  readonly key: string | null;
  readonly eventId: string | null;
}

/** SQLSTATEs that concern a table, and not the server. */
const OF_TABLE = /^(0A|22|42|54|P0)/;

async function fold(snapshot: LedgerSession, baseline: Baseline, onRow: (row: FoldedRow) => void): Promise<void> {
  const { id, schema, name, isOwn, snapshot: seen } = baseline;
  const values = [id, schema, name, isOwn, seen];
  const truncated = await snapshot.rows(TRUNCATIONS, values);
  const positions = [false, true].flatMap((isPart) => {
    const row = truncated.find(({ is_part }) => is_part === isPart);
    return row ? [row.stage, row.id, row.position] : BEGINNING;
  });
  await snapshot.query({
    text: `DECLARE audit_mismatches NO SCROLL CURSOR FOR ${foldQuery(baseline)}`,
    values: [...values, ...positions],
  });
  for (;;) {
    const page = await snapshot.rows(`FETCH ${PAGE_ROWS} FROM audit_mismatches`);
    for (const row of page as unknown as readonly FoldedRow[]) onRow(row); // the selected columns
    if (page.length < PAGE_ROWS) break;
  }
  await snapshot.rows('CLOSE audit_mismatches');
}
