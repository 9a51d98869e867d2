import {
  AUDIT_EXTENSIONS,
  findExtension,
  sqlWith,
  type AuditExtension,
} from '../../../../migrations/audit-migrations.js';
import { withSuffix, isLedgerRole } from '../../../../migrations/audit-ownership.js';
import { PROTECTION } from './protection.generated.js';
import { type DumpLine, DISABLED, TABLE_PLACEHOLDER, type Kind } from './read-protection.js';

/** The placeholder for the body in a function's definition. The body is in a separate SQL file. @public for the generator */
export const BODY_PLACEHOLDER = '{body}';

const ALL = Object.values(sqlWith(AUDIT_EXTENSIONS)).join('\n');

/** The dump of a ledger with every extension, as the migrations create it, without its owners. One line stands for the lines of all months. */
const EXPECTED: readonly DumpLine[] = PROTECTION.flatMap(([of, on, parts]) =>
  parts.map(([kind, name, text]) => {
    return {
      kind,
      of,
      on,
      name,
      text: kind === 'function' ? text.replace(BODY_PLACEHOLDER, () => getFunctionBody(on)) : text,
    };
  }),
);

const FUNCTIONS: ReadonlySet<string> = new Set(EXPECTED.flatMap(({ kind, on }) => (kind === 'function' ? on : [])));

export function isLedgersFunction(signature: string): boolean {
  return FUNCTIONS.has(signature);
}

/** Returns the owner of the ledger in this dump; `undefined` if the dump has no ledger. */
export function findOwner(found: readonly DumpLine[]): string | undefined {
  return found.find(({ kind, on }) => kind === 'owner' && on === 'audit_event')?.text;
}

/**
 * Returns the dump that a ledger with these extensions should have, given its months, its owner and the suffix of its roles. All objects belong to
 * one owner.
 */
export function buildExpected(
  found: readonly DumpLine[],
  extensions: readonly AuditExtension[],
  suffix = findSuffix(found),
): readonly DumpLine[] {
  const owner = findOwner(found) ?? '';
  const months = found.flatMap(({ kind, of, on }) => (kind === 'table' && of === 'month' ? on : []));
  return [
    ...EXPECTED.flatMap(({ name, text, ...rest }) => {
      const line = { ...rest, name: withSuffix(name, suffix), text: withSuffix(text, suffix) };
      if (line.of === 'month') return months.map((on) => ({ ...line, on }));
      const extension = findExtension(line.on.split('(')[0] ?? '');
      return extension === undefined || extensions.includes(extension) ? line : [];
    }),
    ...found.flatMap((line) =>
      line.kind === 'owner' && (line.of !== 'function' || isLedgersFunction(line.on)) ? { ...line, text: owner } : [],
    ),
  ];
}

function findSuffix(found: readonly DumpLine[]): string {
  const text = found.find(({ kind, on }) => kind === 'function' && on.startsWith('audit_role('))?.text ?? '';
  return /audit_reader(_[0-9a-f]{8})/.exec(text)?.[1] ?? '';
}

/** Returns the body of a function from its file, as the server stores it. @public for the generator */
export function getFunctionBody(signature: string): string {
  const name = signature.slice(0, signature.indexOf('('));
  const [, body = ''] = new RegExp(`CREATE FUNCTION ${name}\\([\\s\\S]*? AS \\$\\$([\\s\\S]*?)\\$\\$`).exec(ALL) ?? [];
  return body;
}

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
  const [theirs, ours] = [indexByKey(found), indexByKey(expected)];
  const known = new Set(expected.flatMap((line) => (line.kind === 'owner' ? [] : objectKey(line))));
  const differing = [...ours].flatMap(([key, { text, ...line }]): readonly Difference[] => {
    const other = theirs.get(key)?.text;
    if (other !== undefined && unquoteName(other) === unquoteName(text)) return [];
    return [{ ...line, how: other === undefined ? 'missing' : 'changed', expected: text, found: other ?? '' }];
  });
  const removed = new Set(differing.flatMap((each) => (IS_OBJECT.test(each.kind) ? objectKey(each) : [])));
  const foreign = [...theirs].flatMap(([key, { text, ...line }]): readonly Difference[] => {
    if (ours.has(key) || (line.kind === 'index' && PLAIN.test(text))) return [];
    if (!known.has(objectKey(line)) && !WEAKENS.test(line.kind) && line.of !== 'sequence') return [];
    return [{ ...line, how: 'foreign', expected: '', found: text }];
  });
  return [
    ...differing.filter((each) => each.how === 'changed' || IS_OBJECT.test(each.kind) || !removed.has(objectKey(each))),
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
export function omitDuplicates(differences: readonly Difference[]): readonly Difference[] {
  const partKey = ({ kind, name, how }: Difference): string => JSON.stringify([kind, name, how]);
  const ofEvents = new Set(differences.flatMap((each) => (each.on === 'audit_event' ? partKey(each) : [])));
  return differences.filter(
    (each) => each.of !== 'month' || !IS_COPIED.test(each.kind) || !ofEvents.has(partKey(each)),
  );
}

function indexByKey(lines: readonly DumpLine[]): ReadonlyMap<string, DumpLine> {
  // An equal index with another name counts as present.
  return new Map(
    lines.map((line) => [
      JSON.stringify([line.kind, line.of, line.on, line.kind === 'index' ? unquoteName(line.text) : line.name]),
      line,
    ]),
  );
}

function objectKey({ of, on }: Pick<DumpLine, 'of' | 'on'>): string {
  return JSON.stringify([of, on]);
}

/** Removes white space, which differs between server versions. */
function unquoteName(text: string): string {
  return text.replace(/\s/g, '');
}

/** Returns the role of a right: `OWNER`, `PUBLIC`, or a role as SQL quotes it. */
export function getRoleName(right: string): string {
  return right.slice(right.lastIndexOf(' TO ') + ' TO '.length);
}

const RESTORE = 'Restore it: migrate --repair.';
const REMOVE = 'Remove it, and verify again.';

/**
 * Describes the differences that weaken the ledger: each sentence names the object, the expected and the found state, and the next step.
 * Missing rights, and additional rights to read what readers may read, are left out.
 */
export function describeDifferences(differences: readonly Difference[]): readonly string[] {
  const rights = new Map<string, readonly string[]>();
  for (const each of differences) {
    if (each.kind !== 'right' || !weakensProtection(each)) continue;
    const role = getRoleName(each.name);
    const key = `${role === 'PUBLIC' ? 'everybody' : role} ${each.of === 'function' ? 'may call' : 'has rights on'} ${getFunctionName(each.on)}`;
    rights.set(key, [...new Set([...(rights.get(key) ?? []), each.name.split(' ')[0] ?? ''])]);
  }
  return [
    ...omitDuplicates(differences).flatMap((each) => (each.kind === 'right' ? [] : describeDifference(each))),
    ...[...rights].map(
      ([key, names]) =>
        `${key}, which the migrations do not grant: ${names.join(', ')}. Revoke it. For a role of the ledger, run migrate --repair.`,
    ),
  ];
}

/** Returns the name of an object in sentences, such as `trigger audit_leaf_append_only of audit_leaf`. */
export function formatObject({ kind, name, on }: Pick<Difference, 'kind' | 'name' | 'on'>): string {
  if (kind === 'function') return /^(aggregate|procedure|window) /.test(on) ? on : `function ${on}`;
  if (name === '') return `${kind} ${getFunctionName(on)}`;
  return on === '' ? `${kind} ${name}` : `${kind} ${name} of ${on}`;
}

function describeDifference(difference: Difference): string {
  const special = DIFFERENCE_TEXTS[difference.kind]?.(difference);
  if (special !== undefined) return special;
  const { kind, how } = difference;
  const object = `The ${formatObject(difference)}`;
  if (how === 'foreign') return `${object} is not the ledger's: it can hide or change stored values. ${REMOVE}`;
  const restore = /^(column|constraint)$/.test(kind) ? 'Restore it by ALTER TABLE.' : RESTORE;
  return `${object} ${how === 'missing' ? 'is missing' : 'was changed'}.${formatState(difference)} ${restore}`;
}

/** Functions and long policies are not printed. */
function formatState({ kind, on, expected, found }: Difference): string {
  if (kind === 'function' || expected.length + found.length > 500) return '';
  const text = `Expected: ${expected}.${found === '' ? '' : ` Found: ${found}.`}`;
  return ` ${text.replaceAll(TABLE_PLACEHOLDER, () => on)}`;
}

/** The kinds that need more words than {@link describeDifference} has. */
const DIFFERENCE_TEXTS: Readonly<Partial<Record<Kind, (difference: Difference) => string | undefined>>> = {
  table: ({ on, how }) =>
    how === 'missing'
      ? `The table ${on} is missing beside audit_event: somebody dropped or moved it, or a restore was incomplete. Restore it from a backup, or give the ledger's schema with --schema.`
      : `${on} is not a table: it may show any values. Verify a copy of the ledger on your own server.`,
  function: (each) =>
    each.how === 'foreign'
      ? `The ${formatObject(each)} is not the ledger's, but belongs to a role of it or has its prefix: it can have that role's rights, or take the place of the ledger's functions. Drop it, or give it another owner and name.`
      : undefined,
  'foreign key': ({ name, on }) =>
    `The foreign key ${name} is not the ledger's: it can refuse changes of ${on}, such as a retirement. ${REMOVE}`,
  trigger: (each) =>
    each.how === 'changed' && each.found === each.expected + DISABLED
      ? `The ${formatObject(each)} is disabled. ${RESTORE}`
      : undefined,
  constraint: (each) => (each.how === 'missing' ? undefined : formatRefusal(each, each.found)),
  column: (each) => (each.how === 'foreign' ? formatRefusal(each, each.found) : undefined),
  index: (each) => {
    if (each.how === 'missing') return undefined;
    return `The ${each.found.startsWith('UNIQUE ') ? 'unique ' : ''}${formatObject(each)} is not the ledger's: it can refuse some events. ${REMOVE}`;
  },
  owner: ({ of, on, expected, found }) =>
    `The ${of === 'function' ? 'function' : 'table'} ${on} belongs to ${found}, and the ledger to ${expected}: ${found} can change or remove it, and its protection. ${RESTORE}`,
  'row security': ({ on, name, how }) => {
    if (how === 'missing') return `Row-level security is off on ${on}: readers see every row. ${RESTORE}`;
    if (name === 'forced')
      return `Row-level security of ${on} is forced on its owner, so the owner's functions miss rows. ${RESTORE}`;
    return `Row-level security is on for ${on}, where it hides rows: the migrations do not enable it. ${RESTORE}`;
  },
  unlogged: ({ on }) =>
    `${on} is unlogged: a crash of the server empties it, and backups omit it. Run as its owner: ALTER TABLE ${on} SET LOGGED.`,
  'broken index': ({ name, on }) =>
    `The index ${name} of ${on} is invalid: reads through it can miss rows. Run REINDEX INDEX ${name}.`,
  'default partition': ({ name, on }) =>
    `${name} is the default partition of ${on}. No partition can be created for a month whose events are in the default partition. Detach the default partition, and copy its events into partitions that audit_event_make_partition creates.`,
  role: ({ name, found }) =>
    `The role ${name} has ${found}, so the protection does not apply to it. Run as a superuser: ALTER ROLE ${name} ${found.replace(/\w+/g, 'NO$&')}.`,
  'other ledger': ({ name, on }) =>
    `The schema ${name} has another audit_event; the verified audit_event is in ${on}. Give the application's schema with --schema.`,
};

function formatRefusal(each: Difference, text: string): string {
  const known = each.how === 'changed' ? ` Expected: ${each.expected}.` : '';
  return `The ${formatObject(each)} is not the ledger's: ${text} can refuse some events.${known} ${REMOVE}`;
}

function getFunctionName(signature: string): string {
  return signature.split('(')[0] ?? signature;
}

const CHANGES = ['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES', 'USAGE'];
const DEFINERS = new Set(EXPECTED.flatMap(({ text, on }) => (text.includes('SECURITY DEFINER') ? on : [])));
const READABLE = new Set(EXPECTED.flatMap(({ name, on }) => (name === 'SELECT TO audit_reader' ? on : [])));

/**
 * Privileges of PUBLIC and of the roles of any ledger always weaken the ledger. For other roles, write privileges do, and reads of what the
 * ledger's readers may not read: keys, identifiers of erased persons, and months, which have no row-level security. Backups read sequences.
 */
function weakensProtection({ how, of, on, name }: Difference): boolean {
  const role = getRoleName(name);
  if (how !== 'foreign' || of === 'schema' || role === 'OWNER') return false;
  if (role === 'PUBLIC' || isLedgerRole(role)) return true;
  if (of === 'function') return DEFINERS.has(on);
  return [...CHANGES, ...(of === 'sequence' || READABLE.has(on) ? [] : ['SELECT'])].some((right) =>
    name.startsWith(right),
  );
}
