import { parseJson, type JsonObject } from '../../audit/plain.js';
import { parseExactly } from '../monitoring/store/row-images.js';

/** The table of a change, as it was when its function was generated. */
export interface ChangeSource {
  readonly schema: string;
  readonly table: string;
  readonly resource: string;
  readonly key: readonly string[];
  readonly facts: readonly string[];
  readonly redacted: readonly string[];
  readonly digested: readonly string[];
  readonly asText: readonly string[];
  /** The digested columns and the facts, which no later step masks. */
  readonly shown: readonly string[];
}

/** Who changed it, as the database saw it. */
export interface ChangeOrigin {
  /** The context that the application signed; `null` without a valid one. */
  readonly context?: JsonObject | null;
  /** Why a given context is invalid: `forged` or `expired`. */
  readonly contextProblem?: string | null;
  readonly role?: string;
  /** The role that the login had set; `none` without one. */
  readonly actingAs?: string;
  readonly application?: string;
  readonly address?: string | null;
  readonly pid?: number;
  /** 1 for a statement outside of triggers, and one more for each trigger around it. */
  readonly depth?: number;
  /** The partition or heir that the statement named, if it is not the table itself. */
  readonly partition?: string | null;
  /** For a baseline: its data. */
  readonly baseline?: JsonObject;
  /** For a change that was not captured. */
  readonly operation?: string;
  readonly sqlState?: string;
}

export interface CapturedLine {
  readonly before: JsonObject | undefined;
  readonly after: JsonObject | undefined;
  /** The salted digest of the current (or last) row, over every column that is not ignored. */
  readonly digest: string;
  /** The redacted columns whose values differ. */
  readonly changedSecrets: readonly string[];
}

/** Up to 500 changes of one statement. */
export interface CapturedChunk {
  readonly transaction: string;
  readonly changedAt: Date;
  readonly operation: 'INSERT' | 'UPDATE' | 'DELETE' | 'TRUNCATE' | 'FAILED' | 'BASELINE';
  readonly source: ChangeSource;
  readonly origin: ChangeOrigin;
  /** How many rows the whole statement changed. */
  readonly statementRows: number;
  readonly lines: readonly CapturedLine[];
}

type Row = Readonly<Record<string, unknown>>;
type Line = readonly [JsonObject | null, JsonObject | null, string, string[]?];

const SOURCES = new Map<string, ChangeSource>();
const MOST_SOURCES = 1_000;

/** Returns the same object for the same text: the core caches by its lists. */
function readSource(text: string): ChangeSource {
  const known = SOURCES.get(text);
  if (known) return known;
  const given = parseJson(text) as ChangeSource; // looked at next
  const { digested, facts } = given;
  const lists = [given.key, facts, given.redacted, digested, given.asText];
  if (
    ![given.schema, given.table, given.resource].every((name) => typeof name === 'string') ||
    !lists.every(Array.isArray)
  ) {
    throw new TypeError('source is not what a trigger writes');
  }
  const source = { ...given, shown: [...digested, ...facts] };
  if (SOURCES.size >= MOST_SOURCES) SOURCES.clear(); // each generated function adds one
  SOURCES.set(text, source);
  return source;
}

/**
 * Parses a row of the outbox, with `source` as text and `madeBy` from `verifyOrigins`. Triggers write these rows, but anybody who may add
 * events can, too.
 *
 * @throws SyntaxError or TypeError for what no trigger writes
 */
export function chunkOfRow(row: Row): CapturedChunk {
  const lines = parseExactly(String(row.lines)) as readonly Line[]; // as the trigger writes them
  const isCounted = row.operation === 'TRUNCATE' || row.operation === 'FAILED' || lines.length === row.changes;
  if (!isCounted) throw new TypeError('lines are not as many as the changes');
  if (row.madeBy === undefined) throw new TypeError('the origin is not an object');
  return {
    transaction: String(row.transaction),
    changedAt: row.changed_at as Date, // the column's type
    operation: row.operation as CapturedChunk['operation'], // as the trigger writes it
    source: readSource(String(row.source)),
    origin: row.madeBy as ChangeOrigin, // as `verifyOrigins` makes it
    statementRows: Number(row.statement_rows),
    lines: lines.map(([before, after, digest, changedSecrets = []]) => ({
      before: before ?? undefined,
      after: after ?? undefined,
      digest,
      changedSecrets,
    })),
  };
}
