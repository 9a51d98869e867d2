import { createHash } from 'node:crypto';
import { parseJson, type JsonObject, type JsonValue } from '../../audit/nest-free.js';
import { formatDecimal, parseExactly } from '../../monitoring/store/row-images.js';

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
  /** Whether events need the digest of the row before an update. */
  readonly hasParts?: boolean;
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
  readonly baseline?: JsonObject;
  /** The operation and the SQLSTATE of a change that was not captured. */
  readonly operation?: string;
  readonly sqlState?: string;
}

export interface CapturedLine {
  readonly before: JsonObject | undefined;
  readonly after: JsonObject | undefined;
  /** The redacted columns whose values changed. */
  readonly changedSecrets: readonly string[];
  /** The line as the trigger wrote it. */
  readonly text: string;
  /** The digests that the trigger computed; absent if the images show the whole row. */
  readonly digest?: string | undefined;
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
type Line = readonly [JsonObject | null, JsonObject | null, string?, string[]?, string?];

const SOURCES = new Map<string, ChangeSource>();
const MAX_SOURCES = 1_000;

/** Later steps cache by the identity of a source's lists, so the same text must give the same object. */
function readSource(text: string): ChangeSource {
  const known = SOURCES.get(text);
  if (known) return known;
  const input = parseJson(text) as ChangeSource; // checked below
  const { digested, facts } = input;
  const lists = [input.key, facts, input.redacted, digested, input.asText];
  if (
    ![input.schema, input.table, input.resource].every((name) => typeof name === 'string') ||
    !lists.every(Array.isArray)
  ) {
    throw new TypeError('no trigger wrote this source');
  }
  const source = { ...input, shown: [...digested, ...facts] };
  if (SOURCES.size >= MAX_SOURCES) SOURCES.clear(); // each generated function adds one source
  SOURCES.set(text, source);
  return source;
}

/**
 * Parses a row of the outbox, with `source` as text and `madeBy` from `verifyOrigins`. Anybody who may add events can write such rows, not only
 * the triggers.
 *
 * @throws SyntaxError or TypeError for a row that no trigger wrote
 */
export function parseChunk(row: Row): CapturedChunk {
  const text = String(row.lines);
  const lines = parseExactly(text) as readonly Line[]; // the capture triggers write this form
  const isCounted = row.operation === 'TRUNCATE' || row.operation === 'FAILED' || lines.length === row.changes;
  if (!isCounted) throw new TypeError('the number of lines is not the number of changes');
  if (row.madeBy === undefined) throw new TypeError('the origin is not an object');
  const source = readSource(String(row.source));
  const texts = text.slice(1, -1).split(BETWEEN_LINES);
  return {
    transaction: String(row.transaction),
    changedAt: row.changed_at as Date, // the column's type
    operation: row.operation as CapturedChunk['operation'], // the capture triggers write this form
    source,
    origin: row.madeBy as ChangeOrigin, // `verifyOrigins` made it
    statementRows: Number(row.statement_rows),
    lines: lines.map((line, nth) => {
      const [before, after, digest, changedSecrets = [], formerDigest] = line;
      const own = texts.length === lines.length ? texts[nth] : undefined;
      if (digest === undefined && splitImages(own).length !== 2) throw new TypeError('no trigger wrote this line');
      for (const image of [before, after]) if (image) stringifyNumbers(image, source.asText);
      return {
        before: before ?? undefined,
        after: after ?? undefined,
        changedSecrets,
        text: own ?? JSON.stringify(line),
        digest,
        formerDigest,
      };
    }),
  };
}

const BETWEEN_LINES = ',\n';
const BETWEEN_IMAGES = '\n,';

function splitImages(line = ''): readonly string[] {
  return line.slice(1, -1).split(BETWEEN_IMAGES);
}

/**
 * Returns the salted digest of the new row, or of a deleted row. The digest covers all columns that are not ignored. For an update of a table with
 * composite or JSON values, also returns the digest of the old row.
 */
export function collectDigests(
  { before, after, text, digest, formerDigest }: CapturedLine,
  { hasParts }: ChangeSource,
  salt: Uint8Array,
): { readonly digest: string; readonly formerDigest?: string | undefined } {
  if (digest !== undefined) return { digest, formerDigest };
  const [old = '', now = ''] = splitImages(text);
  const computeDigest = (image: string): string => createHash('sha256').update(salt).update(image).digest('hex');
  return {
    digest: computeDigest(after ? now : old),
    formerDigest: hasParts === true && before && after ? computeDigest(old) : undefined,
  };
}

/** Each number of a column becomes a text, whether or not JavaScript could represent it, so that all events show the column alike. */
function stringifyNumbers(image: JsonObject, columns: readonly string[]): void {
  for (const column of columns) {
    // An assignment to `__proto__` would set the prototype.
    if (Object.hasOwn(image, column))
      Object.defineProperty(image, column, { value: toText(image[column]), enumerable: true });
  }
}

function toText(value: JsonValue = null): JsonValue {
  if (typeof value === 'number') return formatDecimal(value);
  return Array.isArray(value) ? (value as readonly JsonValue[]).map(toText) : value;
}
