import { diffText, type TextPiece } from './diff-text.js';
import { parsePointer, pointerOf } from './json-pointer.js';
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
const MOST_ROWS = 1000;

/** If personal parts of the event were erased, a missing value may be an erased value. */
export function changeRows(changes: GivenChanges | undefined, isErased = false): ShownChanges {
  if (!changes) return { rows: [], isCut: false };
  if (Array.isArray(changes.diff)) return rowsOfDiff(changes.diff, isErased);
  if (isObject(changes.diff)) return rowsOfDiff(entriesByName(changes.diff), isErased);
  const rows = [...compare(changes.before, changes.after, [])];
  return { rows: rows.slice(0, MOST_ROWS), isCut: rows.length > MOST_ROWS };
}

function rowsOfDiff(entries: readonly unknown[], isErased: boolean): ShownChanges {
  const rows: ChangeRow[] = [];
  let isCut = entries.length > MOST_ROWS;
  for (const entry of entries.slice(0, MOST_ROWS)) {
    const given = readEntry(entry);
    if (given.isRest) isCut = true;
    else rows.push(rowOf(given, isErased));
  }
  return { rows, isCut };
}

interface GivenEntry {
  readonly path: string;
  readonly from: unknown;
  readonly to: unknown;
  readonly isCut: boolean;
  readonly isRest?: boolean;
}

/** Parses one entry of a diff: of the library's diff, of RFC 6902, or of the application's own form. */
function readEntry(entry: unknown): GivenEntry {
  if (!isObject(entry)) return { path: '', from: undefined, to: entry, isCut: false };
  const path = firstOf(entry, ['path', 'field', 'property', 'key', 'name']);
  const from = firstOf(entry, ['from', 'before', 'old', 'oldValue', 'lhs']);
  const to = firstOf(entry, ['to', 'after', 'new', 'newValue', 'rhs', 'value']);
  const isCut = entry.truncated === true;
  const isRest = isCut && from === undefined && to === undefined;
  if (path === undefined && from === undefined && to === undefined && !isRest) {
    return { path: '', from: undefined, to: entry, isCut };
  }
  return { path: pathOf(path), from, to, isCut, isRest };
}

function pathOf(path: unknown): string {
  if (Array.isArray(path)) return pointerOf(path.map(String));
  if (typeof path !== 'string') return '';
  return path === '' || path.startsWith('/') ? path : pointerOf(path.split('.'));
}

function rowOf({ path, from, to, isCut }: GivenEntry, isErased: boolean): ChangeRow {
  const isNothing = from === undefined && to === undefined;
  const gone = isErased || isNothing;
  const before = from === undefined && gone ? ERASED : shownValue(from);
  const after = to === undefined && gone ? ERASED : shownValue(to);
  const kind = before.kind === 'absent' ? 'added' : after.kind === 'absent' ? 'removed' : 'changed';
  const pieces = piecesOf(before, after);
  return { path, names: parsePointer(path), kind, before, after, ...(pieces && { pieces }), ...(isCut && { isCut }) };
}

const ERASED: ShownValue = { kind: 'erased' };

function piecesOf(before: ShownValue, after: ShownValue): readonly TextPiece[] | undefined {
  if (before.kind !== 'value' || after.kind !== 'value') return undefined;
  if (before.type !== after.type || (before.type !== 'text' && before.type !== 'json')) return undefined;
  const isLong = [before.text, after.text].some((text) => text.length >= LONG_TEXT || text.includes('\n'));
  return isLong ? diffText(before.text, after.text) : undefined;
}

function* compare(before: unknown, after: unknown, names: readonly string[]): Generator<ChangeRow> {
  if (isSame(before, after)) return;
  if (isObject(before) && isObject(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      yield* compare(own(before, name), own(after, name), [...names, name]);
    }
  } else if (Array.isArray(before) && Array.isArray(after)) {
    const longest = Math.max(before.length, after.length);
    for (let place = 0; place < longest; place++) {
      yield* compare(before[place], after[place], [...names, String(place)]);
    }
  } else {
    yield rowOf({ path: pointerOf(names), from: before, to: after, isCut: false }, false);
  }
}

function isSame(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

function entriesByName(diff: Readonly<Record<string, unknown>>): readonly unknown[] {
  return Object.entries(diff).map(([field, entry]) => {
    if (Array.isArray(entry) && entry.length === 2)
      return { path: [field], from: entry[0] as unknown, to: entry[1] as unknown };
    return isObject(entry) ? { ...entry, path: [field] } : { path: [field], to: entry };
  });
}

function firstOf(entry: Readonly<Record<string, unknown>>, names: readonly string[]): unknown {
  const name = names.find((each) => own(entry, each) !== undefined);
  return name === undefined ? undefined : entry[name];
}

function own(object: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
