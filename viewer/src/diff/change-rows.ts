import { diffText, type TextPiece } from './diff-text.js';
import { parsePointer, toPointer } from './json-pointer.js';
import { shownValue, type ShownValue } from './shown-value.js';

export interface ChangeRow {
  /** A JSON Pointer (RFC 6901). */
  readonly path: string;
  readonly names: readonly string[];
  readonly kind: 'added' | 'removed' | 'changed';
  readonly before: ShownValue;
  readonly after: ShownValue;
  /** Present only if at least one of the two texts is long or has several lines. */
  readonly pieces?: readonly TextPiece[];
  readonly isCut?: true;
}

export interface ShownChanges {
  readonly rows: readonly ChangeRow[];
  readonly isCut: boolean;
}

/** All values are untrusted. */
export interface GivenChanges {
  readonly before?: unknown;
  readonly after?: unknown;
  readonly diff?: unknown;
}

/** The minimum length from which two texts are compared word by word. Texts with several lines are always compared word by word. */
const LONG_TEXT = 32;
const MAX_ROWS = 1000;

/** If personal parts of the event were erased, a missing value may be an erased value. */
export function buildChangeRows(changes: GivenChanges | undefined, isErased = false): ShownChanges {
  if (!changes) return { rows: [], isCut: false };
  if (Array.isArray(changes.diff)) return buildDiffRows(changes.diff, isErased);
  if (isObject(changes.diff)) return buildDiffRows(listNamedEntries(changes.diff), isErased);
  const rows = [...compare(changes.before, changes.after, [])];
  return { rows: rows.slice(0, MAX_ROWS), isCut: rows.length > MAX_ROWS };
}

function buildDiffRows(entries: readonly unknown[], isErased: boolean): ShownChanges {
  const rows: ChangeRow[] = [];
  let isCut = entries.length > MAX_ROWS;
  for (const entry of entries.slice(0, MAX_ROWS)) {
    const input = readEntry(entry);
    if (input.isRemainder) isCut = true;
    else rows.push(buildRow(input, isErased));
  }
  return { rows, isCut };
}

interface GivenEntry {
  readonly path: string;
  readonly from: unknown;
  readonly to: unknown;
  readonly isCut: boolean;
  readonly isRemainder?: boolean;
}

/** Parses one entry of a diff: of the library's diff, of RFC 6902, or of the application's own form. */
function readEntry(entry: unknown): GivenEntry {
  if (!isObject(entry)) return { path: '', from: undefined, to: entry, isCut: false };
  const path = getFirst(entry, ['path', 'field', 'property', 'key', 'name']);
  const from = getFirst(entry, ['from', 'before', 'old', 'oldValue', 'lhs']);
  const to = getFirst(entry, ['to', 'after', 'new', 'newValue', 'rhs', 'value']);
  const isCut = entry.truncated === true;
  const isRemainder = isCut && from === undefined && to === undefined;
  if (path === undefined && from === undefined && to === undefined && !isRemainder) {
    return { path: '', from: undefined, to: entry, isCut };
  }
  return { path: toPath(path), from, to, isCut, isRemainder };
}

function toPath(path: unknown): string {
  if (Array.isArray(path)) return toPointer(path.map(String));
  if (typeof path !== 'string') return '';
  return path === '' || path.startsWith('/') ? path : toPointer(path.split('.'));
}

function buildRow({ path, from, to, isCut }: GivenEntry, isErased: boolean): ChangeRow {
  const isNothing = from === undefined && to === undefined;
  const gone = isErased || isNothing;
  const before = from === undefined && gone ? ERASED : shownValue(from);
  const after = to === undefined && gone ? ERASED : shownValue(to);
  const kind = before.kind === 'absent' ? 'added' : after.kind === 'absent' ? 'removed' : 'changed';
  const pieces = diffPieces(before, after);
  return { path, names: parsePointer(path), kind, before, after, ...(pieces && { pieces }), ...(isCut && { isCut }) };
}

const ERASED: ShownValue = { kind: 'erased' };

function diffPieces(before: ShownValue, after: ShownValue): readonly TextPiece[] | undefined {
  if (before.kind !== 'value' || after.kind !== 'value') return undefined;
  if (before.type !== after.type || (before.type !== 'text' && before.type !== 'json')) return undefined;
  const isLong = [before.text, after.text].some((text) => text.length >= LONG_TEXT || text.includes('\n'));
  return isLong ? diffText(before.text, after.text) : undefined;
}

function* compare(before: unknown, after: unknown, names: readonly string[]): Generator<ChangeRow> {
  if (isSame(before, after)) return;
  if (isObject(before) && isObject(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      yield* compare(getOwn(before, name), getOwn(after, name), [...names, name]);
    }
  } else if (Array.isArray(before) && Array.isArray(after)) {
    const longest = Math.max(before.length, after.length);
    for (let index = 0; index < longest; index++) {
      yield* compare(before[index], after[index], [...names, String(index)]);
    }
  } else {
    yield buildRow({ path: toPointer(names), from: before, to: after, isCut: false }, false);
  }
}

function isSame(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

function listNamedEntries(diff: Readonly<Record<string, unknown>>): readonly unknown[] {
  return Object.entries(diff).map(([field, entry]) => {
    if (Array.isArray(entry) && entry.length === 2)
      return { path: [field], from: entry[0] as unknown, to: entry[1] as unknown };
    return isObject(entry) ? { ...entry, path: [field] } : { path: [field], to: entry };
  });
}

function getFirst(entry: Readonly<Record<string, unknown>>, names: readonly string[]): unknown {
  const name = names.find((each) => getOwn(entry, each) !== undefined);
  return name === undefined ? undefined : entry[name];
}

function getOwn(object: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
