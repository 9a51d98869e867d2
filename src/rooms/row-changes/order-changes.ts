import type { JsonObject } from '../../audit/nest-free.js';
import type { CapturedChunk, CapturedLine } from './captured-chunk.js';
import { nameOf } from './captured-table.js';
import { idOfRow } from './row-change-event.js';

/**
 * Sorts chunks into the order of their changes. Capture triggers write when a statement ends, so the inner statement of an AFTER trigger is
 * written before the outer statement. If both statements changed a row, the inner statement changed the row later.
 *
 * @param items oldest first
 */
export function orderChanges<T>(items: readonly T[], chunkOf: (item: T) => CapturedChunk): readonly T[] {
  if (!items.some((item) => depthOf(chunkOf(item)) > 1)) return items;
  const [ordered, chunks]: [T[], CapturedChunk[]] = [[], []];
  for (const item of items) {
    const position = positionOf(chunkOf(item), chunks);
    chunks.splice(position, 0, chunkOf(item));
    ordered.splice(position, 0, item);
  }
  return ordered;
}

/** The outer statement belongs before the first nested change of any row that the outer statement changed. */
function positionOf(outer: CapturedChunk, ordered: readonly CapturedChunk[]): number {
  let position = ordered.length;
  let left: ReadonlyMap<string, string> | undefined;
  for (let index = ordered.length - 1; index >= 0; index--) {
    const inner = ordered[index];
    if (inner?.transaction !== outer.transaction) continue;
    if (isOfSameStatement(inner, outer)) continue;
    if (depthOf(inner) <= depthOf(outer)) break;
    left ??= new Map(outer.lines.map((line) => [rowOf(outer, line.after ?? line.before), textOf(line.after)]));
    if (inner.lines.some((line) => isNext(inner, line, left))) position = index;
  }
  return position;
}

function isNext(inner: CapturedChunk, line: CapturedLine, left: ReadonlyMap<string, string> | undefined): boolean {
  return left?.get(rowOf(inner, line.before ?? line.after)) === textOf(line.before);
}

function isOfSameStatement(one: CapturedChunk, other: CapturedChunk): boolean {
  return (
    one.statementRows > 1 &&
    one.statementRows === other.statementRows &&
    one.operation === other.operation &&
    one.source === other.source &&
    depthOf(one) === depthOf(other)
  );
}

function depthOf({ origin }: CapturedChunk): number {
  return origin.depth ?? 1;
}

function rowOf({ source }: CapturedChunk, image: JsonObject | undefined): string {
  return JSON.stringify([nameOf({ schema: source.schema, name: source.table }), idOfRow(source, image) ?? null]);
}

function textOf(image: JsonObject | undefined): string {
  return JSON.stringify(image ?? null);
}
