import { classifyLedgerError } from '../../monitoring/store/sessions/classify-ledger-error.js';
import type { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import { parseChunk, type CapturedChunk, type CapturedLine } from './captured-chunk.js';
import { ParkedRows, type OutboxRow, type ParkedPart } from './parked-changes.js';
import { hasCode, type JsonObject } from '../../audit/nest-free.js';
import { formatTableName } from './captured-table.js';
import { formatRowId } from './row-change-event.js';

interface Part {
  readonly row: OutboxRow;
  readonly chunk: CapturedChunk;
}

interface Isolated {
  readonly stored: readonly CapturedChunk[];
  readonly parked: readonly ParkedPart[];
}

const BLOCKED_REASON = 'waits for an earlier change of the same row';

/** Returns whether an error concerns a single change, which the ledger cannot store. All other errors concern the ledger. */
export function isChangeError(error: unknown): boolean {
  if (hasCode(error, 'AUDIT_ROW_CHANGES_PARKED')) return true;
  const failure = classifyLedgerError(error);
  return failure.kind === 'unstorable' || failure.isRaised;
}

/**
 * Stores as much of a batch as possible. Splits the batch in halves to find each change that cannot be stored. Parks that change and later
 * changes of the same row. Rejects with the error of the PostgreSQL client if the ledger fails, or if a trigger refuses all changes.
 *
 * @param parked the keys of parked rows; this function adds the rows of newly parked changes
 * @param store stores all given chunks, or rejects and stores none
 */
export async function isolateChanges(
  session: LedgerSession,
  rows: readonly OutboxRow[],
  parked: ParkedRows,
  store: (chunks: readonly CapturedChunk[]) => Promise<void>,
): Promise<Isolated> {
  const stored: CapturedChunk[] = [];
  const aside: ParkedPart[] = [];
  const refusals: unknown[] = [];
  const park = ({ row, chunk }: Part, error: string): void => {
    parked.add(chunk);
    aside.push({ row, chunk, error });
  };
  const isolate = async (parts: readonly Part[]): Promise<void> => {
    const free = parts.flatMap((part) => omitBlocked(part, parked, (after) => park(after, BLOCKED_REASON)));
    if (free.length === 0) return;
    const chunks = free.map(({ chunk }) => chunk);
    try {
      await session.inSavepoint(() => store(chunks));
      stored.push(...chunks);
    } catch (error) {
      if (session.isLost || !isChangeError(error)) throw error;
      const halves = splitInHalf(free);
      if (halves) {
        for (const half of halves) await isolate(half);
        return;
      }
      refusals.push(error);
      for (const part of free) park(part, formatReason(error));
    }
  };
  const parts: Part[] = [];
  for (const row of rows) {
    const chunk = readChunk(row);
    if (chunk) parts.push({ row, chunk });
    else aside.push({ row, chunk, error: 'cannot be read: no trigger wrote it' });
  }
  await isolate(sortChanges(parts, ({ chunk }) => chunk));
  if (stored.length === 0 && refusals.length > 0 && refusals.every(isRaised)) throw refusals[0];
  return { stored, parked: aside };
}

function readChunk(row: OutboxRow): CapturedChunk | undefined {
  try {
    const chunk = parseChunk(row);
    new ParkedRows().add(chunk); // throws if the chunk's keys cannot be read
    return chunk;
  } catch {
    return undefined;
  }
}

function omitBlocked(part: Part, parked: ParkedRows, onBehind: (after: Part) => void): readonly Part[] {
  const { row, chunk } = part;
  if (parked.isEmpty) return [part];
  if (chunk.lines.length === 0) {
    if (!parked.hasTable(chunk)) return [part];
    onBehind(part);
    return [];
  }
  const free: CapturedChunk['lines'][number][] = [];
  for (const line of chunk.lines) {
    if (parked.hasRow(chunk, line)) onBehind({ row, chunk: { ...chunk, lines: [line] } });
    else free.push(line);
  }
  if (free.length === chunk.lines.length) return [part];
  return free.length === 0 ? [] : [{ row, chunk: { ...chunk, lines: free } }];
}

function splitInHalf(parts: readonly Part[]): readonly [readonly Part[], readonly Part[]] | undefined {
  if (parts.length > 1) {
    const middle = Math.ceil(parts.length / 2);
    return [parts.slice(0, middle), parts.slice(middle)];
  }
  const [part] = parts;
  if (!part || part.chunk.lines.length < 2) return undefined;
  const { row, chunk } = part;
  const middle = Math.ceil(chunk.lines.length / 2);
  const half = (lines: CapturedChunk['lines']): readonly Part[] => [{ row, chunk: { ...chunk, lines } }];
  return [half(chunk.lines.slice(0, middle)), half(chunk.lines.slice(middle))];
}

function isRaised(error: unknown): boolean {
  const failure = classifyLedgerError(error);
  return failure.kind === 'unavailable' && failure.isRaised;
}

/** The reason must not contain values of the row. */
function formatReason(error: unknown): string {
  return hasCode(error, 'AUDIT_ROW_CHANGES_PARKED') ? error.message : classifyLedgerError(error).cause;
}

/**
 * Sorts chunks into the order of their changes. Capture triggers write when a statement ends, so the inner statement of an AFTER trigger is
 * written before the outer statement. If both statements changed a row, the inner statement changed the row later.
 *
 * @param items oldest first
 */
export function sortChanges<T>(items: readonly T[], getChunk: (item: T) => CapturedChunk): readonly T[] {
  if (!items.some((item) => getDepth(getChunk(item)) > 1)) return items;
  const [ordered, chunks]: [T[], CapturedChunk[]] = [[], []];
  for (const item of items) {
    const position = findPosition(getChunk(item), chunks);
    chunks.splice(position, 0, getChunk(item));
    ordered.splice(position, 0, item);
  }
  return ordered;
}

/** The outer statement belongs before the first nested change of any row that the outer statement changed. */
function findPosition(outer: CapturedChunk, ordered: readonly CapturedChunk[]): number {
  let position = ordered.length;
  let left: ReadonlyMap<string, string> | undefined;
  for (let index = ordered.length - 1; index >= 0; index--) {
    const inner = ordered[index];
    if (inner?.transaction !== outer.transaction) continue;
    if (isSameStatement(inner, outer)) continue;
    if (getDepth(inner) <= getDepth(outer)) break;
    left ??= new Map(outer.lines.map((line) => [toRowKey(outer, line.after ?? line.before), toText(line.after)]));
    if (inner.lines.some((line) => isNext(inner, line, left))) position = index;
  }
  return position;
}

function isNext(inner: CapturedChunk, line: CapturedLine, left: ReadonlyMap<string, string> | undefined): boolean {
  return left?.get(toRowKey(inner, line.before ?? line.after)) === toText(line.before);
}

function isSameStatement(one: CapturedChunk, other: CapturedChunk): boolean {
  return (
    one.statementRows > 1 &&
    one.statementRows === other.statementRows &&
    one.operation === other.operation &&
    one.source === other.source &&
    getDepth(one) === getDepth(other)
  );
}

function getDepth({ origin }: CapturedChunk): number {
  return origin.depth ?? 1;
}

function toRowKey({ source }: CapturedChunk, image: JsonObject | undefined): string {
  return JSON.stringify([
    formatTableName({ schema: source.schema, name: source.table }),
    formatRowId(source, image) ?? null,
  ]);
}

function toText(image: JsonObject | undefined): string {
  return JSON.stringify(image ?? null);
}
