import type { DumpLine } from './read-protection.js';

/** A line of a dump that differs from the expected dump. A `foreign` line does not come from the migrations. */
export interface Difference extends Omit<DumpLine, 'text'> {
  readonly how: 'missing' | 'changed' | 'foreign';
  readonly expected: string;
  readonly found: string;
}

/**
 * Returns the differences between the dump of a ledger and the dump that it should have. Ignores the parts of tables and functions that the
 * expected dump does not have, what an object lacks that itself is missing, and indexes of the owner that cannot refuse rows.
 */
export function compareProtection(found: readonly DumpLine[], expected: readonly DumpLine[]): readonly Difference[] {
  const [theirs, ours] = [byKey(found), byKey(expected)];
  const known = new Set(expected.flatMap((line) => (line.kind === 'owner' ? [] : objectKey(line))));
  const differing = [...ours].flatMap(([key, { text, ...line }]): readonly Difference[] => {
    const other = theirs.get(key)?.text;
    if (other !== undefined && bare(other) === bare(text)) return [];
    return [{ ...line, how: other === undefined ? 'missing' : 'changed', expected: text, found: other ?? '' }];
  });
  const gone = new Set(differing.flatMap((each) => (IS_OBJECT.test(each.kind) ? objectKey(each) : [])));
  const foreign = [...theirs].flatMap(([key, { text, ...line }]): readonly Difference[] => {
    if (ours.has(key) || (line.kind === 'index' && PLAIN.test(text))) return [];
    if (!known.has(objectKey(line)) && !WEAKENS.test(line.kind) && line.of !== 'sequence') return [];
    return [{ ...line, how: 'foreign', expected: '', found: text }];
  });
  return [
    ...differing.filter((each) => each.how === 'changed' || IS_OBJECT.test(each.kind) || !gone.has(objectKey(each))),
    ...foreign,
  ];
}

const IS_OBJECT = /^(table|function)$/;
/** These weaken the ledger on any table of it, such as `audit_migration`; a foreign function can take the place of the ledger's. */
const WEAKENS = /^(function|unlogged|rule|child table|foreign key|broken index|default partition|role|other ledger)$/;
const IS_COPIED = /^(column|constraint|index|policy|trigger|row security)$/;

/** Matches an index that cannot fail: it has no expression, and no condition but that a column is null or not. */
const PLAIN = /^USING \w+ \([\w", .]+\)( INCLUDE \([\w", ]+\))?( WHERE \(\w+ IS (NOT )?NULL\))?$/;

/** Leaves out the differences of months that the table of events has, too. */
export function withoutCopies(differences: readonly Difference[]): readonly Difference[] {
  const partKey = ({ kind, name, how }: Difference): string => JSON.stringify([kind, name, how]);
  const ofEvents = new Set(differences.flatMap((each) => (each.on === 'audit_event' ? partKey(each) : [])));
  return differences.filter(
    (each) => each.of !== 'month' || !IS_COPIED.test(each.kind) || !ofEvents.has(partKey(each)),
  );
}

function byKey(lines: readonly DumpLine[]): ReadonlyMap<string, DumpLine> {
  // An equal index with another name counts as present.
  return new Map(
    lines.map((line) => [
      JSON.stringify([line.kind, line.of, line.on, line.kind === 'index' ? bare(line.text) : line.name]),
      line,
    ]),
  );
}

function objectKey({ of, on }: Pick<DumpLine, 'of' | 'on'>): string {
  return JSON.stringify([of, on]);
}

/** Removes white space, which differs between server versions. */
function bare(text: string): string {
  return text.replace(/\s/g, '');
}

/** Returns the role of a right: `OWNER`, `PUBLIC`, or a role as SQL quotes it. */
export function roleOf(right: string): string {
  return right.slice(right.lastIndexOf(' TO ') + ' TO '.length);
}
