import { RECONCILER } from '../../../monitoring/store/ledger-roles.js';
import { classifyLedgerError, getSqlState } from '../../../monitoring/store/sessions/classify-ledger-error.js';
import { LedgerSession, type LedgerQueries } from '../../../monitoring/store/sessions/ledger-session.js';
import { formatTableName } from '../captured-table.js';
import { parseTableName } from '../../../monitoring/store/table-name.js';
import {
  checkBaseline,
  readBaselines,
  readUnkeyed,
  type Baseline,
  BEGINNING,
  foldQuery,
  TRUNCATIONS,
} from './baselines.js';
import { rowChangesErrors } from '../row-changes.errors.js';
import { parseActText, ACT_EVENTS } from '../../../monitoring/keep/acts/act-note.js';
import {
  digestTableDigests,
  readTableDigests,
  parseRowDigests,
  type TableDigests,
  type RowDigestsStatement,
} from '../../../monitoring/keep/acts/row-digests-act.js';

const MAX_FINDINGS = 100;
const PAGE_ROWS = 5_000;

interface ReconcileOptions {
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
 * @throws `AUDIT_REQUEST_INVALID` for a table that is not captured
 */
export async function reconcileLedger({ database, tables, signal }: ReconcileOptions): Promise<Reconciliation> {
  const snapshot = await LedgerSession.open(database, RECONCILER, { signal });
  return reconcileTables(snapshot, tables).finally(() => snapshot.close());
}

async function reconcileTables(snapshot: LedgerSession, only?: readonly string[]): Promise<Reconciliation> {
  const [moment] = await snapshot.rows('SELECT transaction_timestamp() AS at');
  const baselines = await readBaselines(snapshot);
  const unkeyed = await readUnkeyed(snapshot);
  const known = [...baselines.map(formatTableName), ...unkeyed];
  const unknown = (only ?? []).filter((requested) => !known.some((name) => isNamed(name, requested)));
  if (unknown.length > 0) throw rowChangesErrors.AUDIT_REQUEST_INVALID(unknown);
  const isWanted = (name: string): boolean => only === undefined || only.some((requested) => isNamed(name, requested));
  const notes = unkeyed
    .filter(isWanted)
    .map(
      (name) =>
        `${name} lacks a baseline, so its rows cannot be compared with their events: it has no usable key, or row-level security hides rows, or another ledger has the baseline. Run "nestjs-audit-ledger capture check" to see why.`,
    );
  const found: Found[] = [];
  for (const baseline of baselines)
    if (isWanted(formatTableName(baseline))) found.push(await reconcileTable(snapshot, baseline));
  const retired = await checkRetired(snapshot);
  const strange: readonly Mismatch[] = [
    ...retired.altered.filter(isWanted).map((table) => ({ kind: 'retired_altered', table }) as const),
    ...(only === undefined ? ((await snapshot.rows(SELECT_UNREADABLE)) as unknown as readonly Mismatch[]) : []), // the selected columns
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
const SELECT_UNREADABLE = `
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

function isNamed(name: string, requested: string): boolean {
  return name === requested || parseTableName(name)?.name === requested;
}

function total({ counts }: ReconciledTable): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

async function reconcileTable(snapshot: LedgerSession, baseline: Baseline): Promise<Found> {
  const table = formatTableName(baseline);
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
    notes.push(
      `The ledger lacks the event that seals the baseline of ${table}. It may be retired. ${formatBaselineAdvice(table)}`,
    );
  }
  if (!baseline.isOwn)
    notes.push(`The baseline of ${table} was taken on another server. ${formatBaselineAdvice(table)}`);
  if (baseline.lost.length > 0)
    notes.push(`${table} lost columns after its baseline: ${baseline.lost.join(', ')}. ${formatBaselineAdvice(table)}`);
  if (baseline.relabelled.length > 0)
    notes.push(
      `Enum labels of ${table} were renamed after its baseline: ${baseline.relabelled.join(', ')}. ${formatBaselineAdvice(table)}`,
    );
  if (baseline.inexact.length > 0) notes.push(`${table}: ${UNDETECTED_CHANGES} ${baseline.inexact.join(', ')}.`);
  const [parked] = await snapshot.rows(PARKED, [baseline.schema, baseline.name]);
  for (let nth = 0; nth < Number(parked?.changes); nth++) add('change_parked');
  if (baseline.digests === undefined) {
    add('capture_gone');
  } else if (!baseline.isReadable) {
    add('table_unreadable');
  } else {
    const onRow = ({ kind, key, eventId }: FoldedRow): void => {
      if (kind === 'rows') rows = Number(key);
      else
        add(resolveMismatchKind(kind, baseline), {
          ...(key !== null && { key }),
          ...(eventId !== null && { eventId }),
        });
    };
    try {
      await snapshot.inSavepoint(() => fold(snapshot, baseline, onRow));
    } catch (error) {
      if (snapshot.isLost || !TABLE_ERROR.test(getSqlState(error) ?? '')) throw error;
      add('table_unreadable');
      notes.push(`The rows of ${table} cannot be read: ${classifyLedgerError(error).cause}.`);
    }
  }
  return { table: { table, rows, baselineAt: baseline.takenAt.toISOString(), counts }, findings, notes };
}

const UNDETECTED_CHANGES =
  'changes that keep the JSON of a value, such as white space or a repeated name in "json", or the name of a "reg…" value, are not seen in';

function formatBaselineAdvice(table: string): string {
  return `To accept its current rows, run "nestjs-audit-ledger capture baseline --data-source … --table ${table}".`;
}

function resolveMismatchKind(kind: string, { lost, relabelled }: Baseline): MismatchKind {
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
const TABLE_ERROR = /^(0A|22|42|54|P0)/;

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

const MISMATCHES = {
  row_changed: 'differs from its last event: it was changed without an event',
  row_incomparable: 'differs from its last event, which has columns that the table lost: take another baseline',
  row_relabelled:
    'differs from its last event, but an enum label of its table was renamed after the baseline: take another baseline',
  row_unknown: 'has no event, and is not in the baseline: it was added without an event',
  row_returned: 'exists although its last event deleted it: it was added again without an event',
  row_missing: 'is gone without an event that deleted it',
  change_parked:
    'has changes that the ledger cannot store: see audit_row_change_parked, and run "nestjs-audit-ledger capture retry"',
  change_unreadable:
    'has a change at this position that no trigger wrote: check which logins may insert into the table',
  event_duplicated: 'was added by an event although an earlier event had added it',
  baseline_altered: 'has a baseline that does not match its sealed digest',
  retired_altered:
    'has digests in audit_row_retired that do not match the digests that the ledger sealed when it retired events',
  table_unreadable:
    'cannot be read completely: its owner changed after the capture, so it may be another table; or row-level security hides rows from the owner of its functions',
  capture_gone:
    'is not captured, or was renamed, but no event records the end of its capture: run "nestjs-audit-ledger capture generate", and the migration that it writes',
} as const;

type MismatchKind = keyof typeof MISMATCHES;

interface Mismatch {
  readonly kind: MismatchKind;
  /** The table, such as `public.orders`. */
  readonly table: string;
  /** The row's key: a value, or a list of values sorted by column name. If only a digest of the key is known, this member has the digest. */
  readonly key?: string;
  /** The id of the row's last event in the ledger. */
  readonly eventId?: string;
}

export interface ReconciledTable {
  readonly table: string;
  readonly rows: number;
  readonly baselineAt: string;
  readonly counts: Readonly<Partial<Record<MismatchKind, number>>>;
}

/** The result of comparing live rows with their events at one moment. */
export interface Reconciliation {
  readonly verdict: 'complete' | 'incomplete';
  readonly checkedAt: string;
  readonly tables: readonly ReconciledTable[];
  /** The first findings of each kind and table. */
  readonly findings: readonly Mismatch[];
  readonly totalFindings: number;
  /** Sentences about rows that could not be compared. */
  readonly notes: readonly string[];
}

export function describeMismatch({ kind, table, key, eventId }: Mismatch): string {
  const row = key === undefined ? '' : `, row ${key}`;
  return `${kind}  ${table}${row}: ${MISMATCHES[kind]}${eventId === undefined ? '' : ` (last event ${eventId})`}`;
}

const ACTS = 'SELECT note FROM audit_act WHERE type = $1 ORDER BY number';
const SELECT_RUNNING_RETIREMENT = `SELECT id FROM audit_retirement WHERE state = 'announced' AND retired_through > -1`;

/** The result of comparing the row digests of retired events with the acts that seal these digests. */
interface CheckedRetired {
  /** The tables whose digests were altered, as `schema.table`. */
  readonly altered: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Compares the row digests that retention stored with the acts that seal these digests. Checks, too, that each retirement began with the
 * digests in the previous act. The acts are trusted, because `verify` checks them. Rejects with the error of the PostgreSQL client.
 */
async function checkRetired(snapshot: LedgerQueries): Promise<CheckedRetired> {
  const stated = (await snapshot.rows(ACTS, [ACT_EVENTS.row_digests.type])).flatMap(
    ({ note }) => parseRowDigests(String(note)) ?? [],
  );
  const replaced = stated.flatMap(({ before }, nth) => {
    const last = stated[nth - 1]?.tables ?? [];
    return before === digestTableDigests(last) ? [] : toTableNames([...last, ...(stated[nth]?.tables ?? [])]);
  });
  if (await isRetirementRunning(snapshot, stated)) return { altered: uniqueNames(replaced), notes: [RETIRING] };
  const sealed = stated.at(-1)?.tables ?? [];
  const now = await readTableDigests(snapshot);
  return { altered: uniqueNames([...replaced, ...toTableNames(findDifferences(sealed, now))]), notes: [] };
}

/** Returns whether a retirement is removing events now; a retirement that no act announced does not count. */
async function isRetirementRunning(snapshot: LedgerQueries, stated: readonly RowDigestsStatement[]): Promise<boolean> {
  const rows = await snapshot.rows(SELECT_RUNNING_RETIREMENT);
  if (rows.length === 0) return false;
  const announced = (await snapshot.rows(ACTS, [ACT_EVENTS.retirement.type])).map(({ note }) =>
    parseActText(String(note)),
  );
  return rows.some(
    ({ id }) =>
      announced.some(({ retirementId }) => retirementId === id) &&
      !stated.some(({ retirementId }) => retirementId === id),
  );
}

const RETIRING = 'A retirement removes events now, and seals its row digests when it ends. Reconcile again after that.';

function findDifferences(sealed: readonly TableDigests[], now: readonly TableDigests[]): readonly TableDigests[] {
  const isIn = (list: readonly TableDigests[], one: TableDigests): boolean =>
    list.some((other) => digestTableDigests([other]) === digestTableDigests([one]));
  return [...sealed.filter((one) => !isIn(now, one)), ...now.filter((one) => !isIn(sealed, one))];
}

function toTableNames(tables: readonly TableDigests[]): readonly string[] {
  return tables.map(({ schema, table }) => formatTableName({ schema, name: table }));
}

function uniqueNames(names: readonly string[]): readonly string[] {
  return [...new Set(names)].toSorted();
}
