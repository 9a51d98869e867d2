import { uuidv7 } from 'uuidv7';
import type { AuditSubject } from '../../../../audit/index.js';
import type { LedgerQueries } from '../../store/ledger-session.js';
import type { LedgerRow } from '../../store/ledger-row.js';
import {
  NOTHING_FOUND,
  type Erasure,
  type ErasureCounts,
  type ErasureOptions,
  type ErasureRequester,
  type ErasureState,
} from './erasure.js';
import { NOTHING_REMAINS, type ErasureRemains } from './remains.js';

/** An erasure as it is stored, with everything that is needed to resume it. */
export interface ErasureRecord extends Erasure {
  /** Gone once it is done. */
  readonly identifiers: readonly string[];
  /** The smallest id that it does not cover any more. */
  readonly until: string | undefined;
  /** The first transaction that it does not wait for, as PostgreSQL writes it. */
  readonly horizon: string | undefined;
  /** The transactions that it waits for, by their virtual ids; prepared ones by their numbers. */
  readonly transactions: readonly string[];
  /** The last event that was looked at in this state. */
  readonly position: string | undefined;
  readonly checkpointBefore: string | undefined;
  /** Whether it repeats one that a restore undid: it erases what `audit_erasure_list` lists. */
  readonly isReplay: boolean;
}

/** What may change of a record; `null` takes a value away. */
export interface ErasureChange {
  readonly state?: ErasureState;
  readonly started_at?: Date;
  readonly finished_at?: Date;
  readonly until?: string;
  readonly horizon?: string;
  readonly transactions?: readonly string[];
  readonly position?: string | null;
  readonly counts?: ErasureCounts;
  readonly remains?: ErasureRemains;
  readonly checkpoint_before?: string | null;
  readonly event_id?: string;
  readonly certificate?: string;
  readonly identifiers?: null;
  readonly problem?: string | null;
}

const time = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS ${column}`;

const COLUMNS = `
  id, subject, identifiers, requested_by, reason, dry_run, state, ${time('requested_at')}, ${time('started_at')},
  ${time('finished_at')}, until, horizon::text AS horizon, transactions, position, counts, remains, checkpoint_before, event_id, certificate, problem,
  is_replay`;

const PLAN = `
  INSERT INTO audit_erasure (id, subject, identifiers, requested_by, reason, dry_run, starts_at)
  VALUES ($1, $2, $3, $4, $5, $6, coalesce($7, clock_timestamp())) RETURNING ${COLUMNS}`;

const DUE = `
  SELECT ${COLUMNS} FROM audit_erasure WHERE state <> 'done' AND starts_at <= clock_timestamp() ORDER BY id`;

/** Puts an erasure on record: from then on it is carried out, whatever happens. */
export async function planErasure(
  keeper: LedgerQueries,
  { id, identifiers = [] }: AuditSubject,
  { by, reason, dryRun = false, startsAt }: ErasureOptions,
): Promise<ErasureRecord> {
  const requestedBy = JSON.stringify({ type: by.type, id: by.id });
  const values = [uuidv7(), id, identifiers, requestedBy, reason, dryRun, startsAt ?? null];
  const [row] = await keeper.rows(PLAN, values);
  return recordOfRow(row ?? {});
}

/** Under the id that it had. What the database still knows of it is done again. */
const PLAN_REPLAY = `
  INSERT INTO audit_erasure (id, subject, requested_by, reason, dry_run, is_replay) VALUES ($1, $2, $3, $4, false, true)
  ON CONFLICT (id) DO UPDATE SET is_replay = true, state = 'planned', started_at = NULL, finished_at = NULL, until = NULL,
    horizon = NULL, transactions = '[]', position = NULL, counts = '{}', remains = '{}', event_id = NULL, certificate = NULL, problem = NULL,
    acts = '{}'
  RETURNING ${COLUMNS}`;

const LIST = `
  INSERT INTO audit_erasure_list (erasure_id, event_id) SELECT $1, unnest($2::uuid[]) ON CONFLICT DO NOTHING`;

/** Puts an erasure on record again that a restore undid; in the caller's transaction. */
export async function planReplay(
  keeper: LedgerQueries,
  undone: { readonly id: string; readonly subject: string; readonly eventIds: readonly string[] },
  { by, reason }: Pick<ErasureOptions, 'by' | 'reason'>,
): Promise<ErasureRecord> {
  const requestedBy = JSON.stringify({ type: by.type, id: by.id });
  const [row] = await keeper.rows(PLAN_REPLAY, [undone.id, undone.subject, requestedBy, reason]);
  await keeper.rows(LIST, [undone.id, undone.eventIds]);
  return recordOfRow(row ?? {});
}

/** The events that a replay has to erase. */
export async function listedEvents(keeper: LedgerQueries, id: string): Promise<readonly string[]> {
  const rows = await keeper.rows('SELECT event_id FROM audit_erasure_list WHERE erasure_id = $1', [id]);
  return rows.map((row) => String(row.event_id));
}

/** The erasures that are to be gone on with now, oldest first. */
export async function dueErasures(keeper: LedgerQueries): Promise<readonly ErasureRecord[]> {
  return (await keeper.rows(DUE)).map(recordOfRow);
}

export async function findErasure(keeper: LedgerQueries, id: string): Promise<ErasureRecord | undefined> {
  const [row] = await keeper.rows(`SELECT ${COLUMNS} FROM audit_erasure WHERE id = $1::uuid`, [id]);
  return row && recordOfRow(row);
}

/** The erasures of a person that were carried out, oldest first. */
export async function erasuresOf(keeper: LedgerQueries, subjectId: string): Promise<readonly ErasureRecord[]> {
  const where = `subject = $1 AND state = 'done' AND NOT dry_run ORDER BY id`;
  return (await keeper.rows(`SELECT ${COLUMNS} FROM audit_erasure WHERE ${where}`, [subjectId])).map(recordOfRow);
}

/** Lets a planned erasure begin now. */
export async function releaseErasure(keeper: LedgerQueries, id: string): Promise<void> {
  const release = `UPDATE audit_erasure SET starts_at = clock_timestamp() WHERE id = $1 AND starts_at > clock_timestamp()`;
  await keeper.rows(release, [id]);
}

/** Takes a planned erasure back that did not begin. Resolves with whether it was taken back. */
export async function withdrawErasure(keeper: LedgerQueries, id: string): Promise<boolean> {
  const withdraw = `DELETE FROM audit_erasure WHERE id = $1 AND state = 'planned' AND until IS NULL RETURNING id`;
  return (await keeper.rows(withdraw, [id])).length > 0;
}

/** Writes down how far an erasure is. */
export async function changeErasure(keeper: LedgerQueries, id: string, change: ErasureChange): Promise<ErasureRecord> {
  const columns = Object.keys(change);
  const values = Object.values(change).map((value: unknown) =>
    typeof value === 'object' && value !== null && !(value instanceof Date) ? JSON.stringify(value) : value,
  );
  const set = columns.map((column, nth) => `${column} = $${nth + 2}`).join(', ');
  const [row] = await keeper.rows(`UPDATE audit_erasure SET ${set} WHERE id = $1 RETURNING ${COLUMNS}`, [
    id,
    ...values,
  ]);
  return recordOfRow(row ?? {});
}

/** What is shown of a record. */
export function erasureOf(record: ErasureRecord): Erasure {
  const shown = Object.entries(record).filter(([name]) => !KEPT_BACK.has(name));
  return Object.fromEntries(shown) as unknown as Erasure; // a record is an erasure, and these
}

const KEPT_BACK = new Set([
  'identifiers',
  'until',
  'horizon',
  'transactions',
  'position',
  'checkpointBefore',
  'isReplay',
]);

/** The types of the columns. */
function recordOfRow(row: LedgerRow): ErasureRecord {
  const text = (column: string): string | undefined => (typeof row[column] === 'string' ? row[column] : undefined);
  const optional = {
    startedAt: text('started_at'),
    finishedAt: text('finished_at'),
    problem: text('problem'),
    eventId: text('event_id'),
    certificate: text('certificate'),
  };
  return {
    id: String(row.id),
    subjectId: String(row.subject),
    requestedBy: row.requested_by as ErasureRequester,
    reason: String(row.reason),
    dryRun: row.dry_run === true,
    state: row.state as ErasureState,
    requestedAt: String(row.requested_at),
    counts: { ...NOTHING_FOUND, ...(row.counts as Partial<ErasureCounts>) },
    remains: { ...NOTHING_REMAINS, ...(row.remains as Partial<ErasureRemains>) },
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    identifiers: (row.identifiers as readonly string[] | null) ?? [],
    until: text('until'),
    horizon: text('horizon'),
    transactions: row.transactions as readonly string[],
    position: text('position'),
    checkpointBefore: text('checkpoint_before'),
    isReplay: row.is_replay === true,
  };
}
