import { parseJson, type JsonObject } from '../../audit/plain.js';
import { parseExactly } from '../monitoring/store/row-images.js';

/** The table of a change, with the rules for which the table's function was generated. */
export interface ChangeSource {
  readonly schema: string;
  readonly table: string;
  readonly resource: string;
  readonly key: readonly string[];
  readonly facts: readonly string[];
  readonly redacted: readonly string[];
  readonly digested: readonly string[];
  readonly asText: readonly string[];
  /** The digested columns and the facts. No later step masks these columns. */
  readonly shown: readonly string[];
}

/** The origin of a change, as the database saw it. */
export interface ChangeOrigin {
  /** The signed context; `null` if the change has no valid context. */
  readonly context?: JsonObject | null;
  /** The problem of an invalid context: `forged` or `expired`. */
  readonly contextProblem?: string | null;
  readonly role?: string;
  /** The role that `SET ROLE` set, or `none`. */
  readonly actingAs?: string;
  readonly application?: string;
  readonly address?: string | null;
  readonly pid?: number;
  /** The nesting depth: 1 for a statement outside triggers, and one more for each trigger around the statement. */
  readonly depth?: number;
  /** The partition or child table that the statement named instead of the table. */
  readonly partition?: string | null;
  /** The data of a baseline. */
  readonly baseline?: JsonObject;
  /** The operation and the SQLSTATE of a change that was not captured. */
  readonly operation?: string;
  readonly sqlState?: string;
}

export interface CapturedLine {
  readonly before: JsonObject | undefined;
  readonly after: JsonObject | undefined;
  /** The salted digest of the new row, or of a deleted row. The digest covers all columns that are not ignored. */
  readonly digest: string;
  /** The redacted columns whose values changed. */
  readonly changedSecrets: readonly string[];
  /** The salted digest of the old row; only for an update of a table with composite or JSON values. */
  readonly formerDigest?: string | undefined;
}

/** Up to 500 changes of one statement. */
export interface CapturedChunk {
  readonly transaction: string;
  readonly changedAt: Date;
  readonly operation: 'INSERT' | 'UPDATE' | 'DELETE' | 'TRUNCATE' | 'FAILED' | 'BASELINE';
  readonly source: ChangeSource;
  readonly origin: ChangeOrigin;
  /** The number of rows that the whole statement changed. */
  readonly statementRows: number;
  readonly lines: readonly CapturedLine[];
}

type Row = Readonly<Record<string, unknown>>;
type Line = readonly [JsonObject | null, JsonObject | null, string, string[]?, string?];

const SOURCES = new Map<string, ChangeSource>();
const MOST_SOURCES = 1_000;

/** Later steps cache by the identity of a source's lists, so the same text must give the same object. */
function readSource(text: string): ChangeSource {
  const known = SOURCES.get(text);
  if (known) return known;
  const given = parseJson(text) as ChangeSource; // checked below
  const { digested, facts } = given;
  const lists = [given.key, facts, given.redacted, digested, given.asText];
  if (
    ![given.schema, given.table, given.resource].every((name) => typeof name === 'string') ||
    !lists.every(Array.isArray)
  ) {
    throw new TypeError('no trigger wrote this source');
  }
  const source = { ...given, shown: [...digested, ...facts] };
  if (SOURCES.size >= MOST_SOURCES) SOURCES.clear(); // each generated function adds one source
  SOURCES.set(text, source);
  return source;
}

/**
 * Parses a row of the outbox, with `source` as text and `madeBy` from `verifyOrigins`. Anybody who may add events can write such rows, not only
 * the triggers.
 *
 * @throws SyntaxError or TypeError for a row that no trigger wrote
 */
export function chunkOfRow(row: Row): CapturedChunk {
  const lines = parseExactly(String(row.lines)) as readonly Line[]; // the capture triggers write this form
  const isCounted = row.operation === 'TRUNCATE' || row.operation === 'FAILED' || lines.length === row.changes;
  if (!isCounted) throw new TypeError('the number of lines is not the number of changes');
  if (row.madeBy === undefined) throw new TypeError('the origin is not an object');
  return {
    transaction: String(row.transaction),
    changedAt: row.changed_at as Date, // the column's type
    operation: row.operation as CapturedChunk['operation'], // the capture triggers write this form
    source: readSource(String(row.source)),
    origin: row.madeBy as ChangeOrigin, // `verifyOrigins` made it
    statementRows: Number(row.statement_rows),
    lines: lines.map(([before, after, digest, changedSecrets = [], formerDigest]) => ({
      before: before ?? undefined,
      after: after ?? undefined,
      digest,
      changedSecrets,
      formerDigest,
    })),
  };
}
