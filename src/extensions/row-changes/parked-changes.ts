import { parseJson } from '../../audit/nest-free.js';
import { formatTableName } from './captured-table.js';
import type { CapturedChunk, CapturedLine } from './captured-chunk.js';
import { formatRowId } from './row-change-event.js';
import type { LedgerQueries, LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';

const ALL_ROWS = '*';

/** Triggers write at most 8 MB, unless a single row is larger. Parsed, a chunk takes many times its size. Larger chunks stay parked. */
export const MAX_READ_BYTES = 16_000_000;

export type OutboxRow = Readonly<Record<string, unknown>>;

export interface ParkedPart {
  readonly row: OutboxRow;
  /** `undefined` for a chunk that cannot be read. */
  readonly chunk: CapturedChunk | undefined;
  readonly error: string;
}

const READ_NAMES = `
  SELECT source->>'schema' AS schema, source->>'table' AS name, array_agg(DISTINCT key) AS keys
    FROM audit_row_change_parked, unnest(row_keys) AS key GROUP BY 1, 2`;

const PARK = `
  INSERT INTO audit_row_change_parked (position, transaction, begun_at, changed_at, operation, source, origin, statement_rows, changes, lines, error, row_keys)
  SELECT $1, $2::text::xid8, $3, $4, $5, audit_row_json($6::text), audit_row_json($7::text), $8, $9, $10, $11, $12`;

/** Prevents the drain from storing a later change of a row before the parked change of this row. */
const LOCK = 'LOCK TABLE audit_row_change_parked IN ACCESS EXCLUSIVE MODE';
const UNPARK_ROWS = `
  WITH back AS (DELETE FROM audit_row_change_parked WHERE octet_length(lines) <= ${MAX_READ_BYTES} RETURNING *), returned AS (
    INSERT INTO audit_row_change (position, transaction, begun_at, changed_at, operation, source, origin, statement_rows, changes, lines)
      OVERRIDING SYSTEM VALUE
    SELECT position, transaction, begun_at, changed_at, operation, source, origin, statement_rows, changes, lines FROM back ORDER BY position)
  SELECT coalesce(sum(least(greatest(changes, 1), 500)), 0)::int AS changes FROM back`;

/** The keys of all rows that have parked changes. Later changes of such a row are parked, too, so that the row's changes stay in order. */
export class ParkedRows {
  private readonly keys = new Map<string, Set<string>>();

  static async read(session: LedgerQueries): Promise<ParkedRows> {
    const parked = new ParkedRows();
    for (const { schema, name, keys } of await session.rows(READ_NAMES)) {
      parked.addKeys(formatTableName({ schema: String(schema), name: String(name) }), keys as readonly string[]); // the column's type
    }
    return parked;
  }

  get isEmpty(): boolean {
    return this.keys.size === 0;
  }

  add(chunk: CapturedChunk): void {
    this.addKeys(getTableKey(chunk), listChunkKeys(chunk));
  }

  /** Returns whether a TRUNCATE must wait for parked changes of its table. */
  hasTable({ operation, source }: CapturedChunk): boolean {
    return operation === 'TRUNCATE' && this.keys.has(getTableKey({ source }));
  }

  hasRow({ source }: CapturedChunk, line: CapturedLine): boolean {
    const keys = this.keys.get(getTableKey({ source }));
    return keys !== undefined && (keys.has(ALL_ROWS) || listLineKeys({ source }, line).some((key) => keys.has(key)));
  }

  private addKeys(table: string, keys: readonly string[]): void {
    if (keys.length === 0) return;
    const known = this.keys.get(table) ?? new Set();
    for (const key of keys) known.add(key);
    this.keys.set(table, known);
  }
}

/** Parks changes that the ledger cannot store. Rejects with the error of the PostgreSQL client. */
export async function parkChanges(session: LedgerQueries, parts: readonly ParkedPart[]): Promise<void> {
  const byRow = new Map<OutboxRow, readonly ParkedPart[]>();
  for (const part of parts) byRow.set(part.row, [...(byRow.get(part.row) ?? []), part]);
  for (const [row, own] of byRow) {
    const { position, transaction, begun_at, changed_at, operation, source, origin, statement_rows } = row;
    const common = [position, transaction, begun_at, changed_at, operation, source, origin, statement_rows];
    const chunks = own.map(({ chunk }) => chunk);
    const isComplete = chunks.includes(undefined) || operation === 'TRUNCATE';
    const lines = chunks.flatMap((chunk) => chunk?.lines ?? []);
    const keys = new Set(chunks.flatMap((chunk) => (chunk ? listChunkKeys(chunk) : [])));
    const changes = isComplete ? [row.changes, row.lines] : [lines.length, formatLines(lines)];
    await session.rows(PARK, [...common, ...changes, own[0]?.error, [...keys]]);
  }
}

/**
 * Moves all parked changes back to the outbox for a retry. Resolves with the number of moved changes. Rejects with the error of the
 * database client.
 */
export async function retryParked(session: LedgerSession): Promise<number> {
  return session.inTransaction(async () => {
    await session.rows(LOCK);
    const [row] = await session.rows(UNPARK_ROWS);
    return Number(row?.changes);
  });
}

export function formatRowTable({ source }: OutboxRow): string {
  try {
    const { schema, table } = parseJson(String(source)) as { readonly schema?: unknown; readonly table?: unknown }; // checked below
    return typeof schema === 'string' && typeof table === 'string'
      ? formatTableName({ schema, name: table })
      : 'an unknown table';
  } catch {
    return 'an unknown table';
  }
}

function getTableKey({ source }: Pick<CapturedChunk, 'source'>): string {
  return formatTableName({ schema: source.schema, name: source.table });
}

function listChunkKeys({ operation, source, lines }: CapturedChunk): readonly string[] {
  return operation === 'TRUNCATE' ? [ALL_ROWS] : lines.flatMap((line) => listLineKeys({ source }, line));
}

function listLineKeys({ source }: Pick<CapturedChunk, 'source'>, { before, after }: CapturedLine): readonly string[] {
  return [before, after].flatMap((image) => (image && formatRowId(source, image)) ?? []);
}

function formatLines(lines: readonly CapturedLine[]): string {
  return `[${lines.map(({ text }) => text).join(',\n')}]`;
}
