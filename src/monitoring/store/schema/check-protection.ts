import { LEDGER_ROLES } from '../../../../migrations/audit-ownership.js';
import type { LedgerRow } from '../ledger-row.js';
import type { LedgerSession } from '../sessions/ledger-session.js';
import { compareProtection, roleOf, type Difference } from './compare-protection.js';
import { ANY_MONTH, EXPECTED, expectedWith } from './expected-protection.js';
import { readNeighbours, type Neighbour } from './read-neighbours.js';
import { IS_LEDGERS, readProtection } from './read-protection.js';
import { roomsThere } from './rooms-there.js';
import { findLooseLogins, findMightyLogins, findOutsiders } from './check-logins.js';

const RELATIONS = `
  SELECT name, c.relkind::text AS kind,
         c.relnamespace <> (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('audit_event')) AS is_elsewhere
    FROM unnest($1::text[]) AS name LEFT JOIN pg_class c ON c.oid = to_regclass(name)`;

/** A statement without a schema could find another audit_event first, through the search path or a login's own setting. */
const ELSEWHERE = `
  SELECT ledger.relnamespace::regnamespace::text AS schema,
         string_agg(DISTINCT other.relnamespace::regnamespace::text, ', ') AS others
    FROM pg_class ledger, pg_class other
   WHERE ledger.oid = to_regclass('audit_event') AND other.relname = 'audit_event' AND other.oid <> ledger.oid
     AND btrim((SELECT reset_val FROM pg_settings WHERE name = 'search_path'), '"') <> btrim(ledger.relnamespace::regnamespace::text, '"')
   GROUP BY 1`;

const UNLOGGED = `
  SELECT c.relname::text AS name FROM pg_class c
   WHERE ${IS_LEDGERS} AND c.relkind IN ('r', 'p') AND c.relpersistence <> 'p' ORDER BY 1`;

const BROKEN_INDEXES = `
  SELECT i.indexrelid::regclass::text AS name, c.relname::text AS table_name
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE ${IS_LEDGERS} AND NOT (i.indisready AND i.indisvalid) ORDER BY 2, 1`;

const ODD_MONTHS = `
  SELECT c.oid::regclass::text AS name FROM pg_class c
   WHERE c.oid IN (SELECT relid FROM pg_partition_tree(to_regclass('audit_event')) WHERE level > 0) AND c.relkind <> 'r' ORDER BY 1`;

const DEFAULT_PARTITIONS = `
  SELECT p.partdefid::regclass::text AS name, c.relname::text AS table_name
    FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid WHERE ${IS_LEDGERS} AND p.partdefid <> 0`;

/** Selects event triggers that run when the application creates or retires months, or opens sessions. */
const EVENT_TRIGGERS = `
  SELECT t.evtname::text AS name FROM pg_event_trigger t
   WHERE t.evtenabled IN ('O', 'A')
     AND (t.evttags IS NULL OR t.evttags && ARRAY['CREATE TABLE', 'ALTER TABLE', 'DROP TABLE', 'CREATE TRIGGER', 'REVOKE'])
     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_event_trigger'::regclass AND d.objid = t.oid AND d.deptype = 'e')
   ORDER BY 1`;

/** Returns whether a sentence of {@link findUnprotected} names an object that the migrations did not create. */
export function isOfForeign(sentence: string): boolean {
  return sentence.includes(" is not the ledger's");
}

/** What the check of the protection found, in sentences. */
export interface ProtectionCheck {
  /** Objects or rights that should refuse or reveal changes to the ledger, but are missing, changed or foreign. */
  readonly unprotected: readonly string[];
  /** Objects and logins that can be legitimate, but that can read the ledger, keep copies, or pass its protection. */
  readonly notices: readonly string[];
}

/** Checks all objects, rights and logins that protect the ledger. Rejects with the error of the database client. */
export async function findUnprotected(snapshot: LedgerSession): Promise<ProtectionCheck> {
  const { unprotected, notices } = await findLoosened(snapshot);
  return {
    unprotected: [...(await findMightyLogins(snapshot)), ...unprotected],
    notices: [...notices, ...(await findOutsiders(snapshot))],
  };
}

/** Checks as {@link findUnprotected}, except for owners, sealing logins and logins outside the ledger's roles. */
export async function findLoosened(snapshot: LedgerSession): Promise<ProtectionCheck> {
  const runner = { query: async (text: string, values?: unknown[]) => snapshot.rows(text, values) };
  const expected = expectedWith(await roomsThere(runner));
  const tables = Object.entries(expected.tables).flatMap(([name, { isMonth }]) => (isMonth ? [] : [name]));
  const actual = await readProtection(runner);
  const neighbours = await readNeighbours(runner, actual);
  const unprotected = [
    ...(await findLooseLogins(snapshot)),
    ...(await snapshot.rows(UNLOGGED)).map(
      ({ name }) =>
        `${String(name)} is unlogged: a crash of the server empties it, and backups omit it. Run as its owner: ALTER TABLE ${String(name)} SET LOGGED.`,
    ),
    ...(await snapshot.rows(BROKEN_INDEXES)).map(
      ({ name, table_name: table }) =>
        `The index ${String(name)} of ${String(table)} is invalid: reads through it can miss rows. Run REINDEX INDEX ${String(name)}.`,
    ),
    ...(await snapshot.rows(RELATIONS, [tables])).flatMap(wrongRelation),
    ...(await snapshot.rows(ELSEWHERE)).map(
      ({ schema, others }) =>
        `The schema ${String(others)} has another audit_event; the verified audit_event is in ${String(schema)}. Give the application's schema with --schema.`,
    ),
    ...(await snapshot.rows(DEFAULT_PARTITIONS)).map(
      ({ name, table_name: table }) =>
        `${String(name)} is the default partition of ${String(table)}. No partition can be created for a month whose events are in the default partition. Detach the default partition, and copy its events into partitions that audit_event_make_partition creates.`,
    ),
    ...(await snapshot.rows(EVENT_TRIGGERS)).map(
      ({ name }) =>
        `The event trigger ${String(name)} is not the ledger's: it runs when the application creates partitions or connects. Disable it, unless you trust it.`,
    ),
    ...(await snapshot.rows(ODD_MONTHS)).map(({ name }) => notATable(String(name))),
    ...neighbours.flatMap(({ name, how, of }) => {
      const what = NEIGHBOURS[how]?.(of);
      return what === undefined ? [] : `The ${name} is not the ledger's${what.startsWith('it') ? ':' : ','} ${what}`;
    }),
    ...sentencesOf(compareProtection(actual, expected)),
  ];
  const uses = neighbours.flatMap(({ name, how, of }) => (how === 'dependent' ? `${name}${of && ` (of ${of})`}` : []));
  return { unprotected, notices: uses.length === 0 ? [] : [`${DEPENDENTS}: ${uses.join('; ')}.`] };
}

const RESTORE = 'Restore it: migrate --repair.';
const REMOVE = 'Remove it, and verify again.';
const FOREIGN = `is not the ledger's: it can hide or change stored values. ${REMOVE}`;
const DEPENDENTS =
  'These objects use the ledger or the rights of its owner, and no migration of this ledger created them. Check that you know each: such an object can show events to others, or keep copies of personal data after an erasure';
const NEIGHBOURS: Readonly<Record<Neighbour['how'], ((of: string) => string) | undefined>> = {
  owned: (of) => `but belongs to ${of}: it has the rights of that role. Drop it, or give it to another role.`,
  prefixed: () => 'but has its prefix: it can take the place of an object of the ledger. Drop, rename or move it.',
  altering: () => `it can hide or change stored values. ${REMOVE}`,
  refusing: (of) => `it can refuse changes of ${of}, such as a retirement. ${REMOVE}`,
  dependent: undefined,
};

function wrongRelation({ name, kind, is_elsewhere: isElsewhere }: LedgerRow): readonly string[] {
  const table = String(name);
  if (kind === null)
    return [
      `The table ${table} is missing: somebody dropped it, or a restore was incomplete. Restore it from a backup.`,
    ];
  if (kind !== (table === 'audit_event' ? 'p' : 'r')) {
    return [notATable(table)];
  }
  if (isElsewhere !== true) return [];
  return [`${table} and audit_event are in different schemas. Give the ledger's schema with --schema.`];
}

function notATable(name: string): string {
  return `${name} is not a table: it may show any values. Verify a copy of the ledger on your own server.`;
}

/** The differences of a month's partition are skipped if the parent table has the same differences. */
function sentencesOf(differences: readonly Difference[]): readonly string[] {
  const ofLedger = new Set(
    differences.flatMap((each) => ('table' in each && each.table === 'audit_event' ? keyOf(each) : [])),
  );
  const isToldOf = (each: Difference): boolean =>
    'table' in each && /^(audit_event_|(?!audit_))/.test(each.table) && ofLedger.has(keyOf(each));
  const rights = new Map<string, readonly string[]>();
  for (const each of differences) {
    if (each.what !== 'grant' || each.how !== 'foreign' || each.on.kind !== 'TABLE' || !isWrong(each)) continue;
    const key = `${whoOf(each.text)} has rights on ${each.on.name}`;
    const [right = ''] = each.text.split(' ');
    rights.set(key, [...new Set([...(rights.get(key) ?? []), right])]);
  }
  return [
    ...differences.flatMap((each) => (isToldOf(each) ? [] : (sentenceOf(each) ?? []))),
    ...[...rights].map(
      ([key, each]) =>
        `${key}, which the migrations do not grant: ${each.join(', ')}. Revoke these rights. For a role of the ledger, run migrate --repair.`,
    ),
  ];
}

function keyOf(difference: Difference): string {
  return `${difference.what} ${'name' in difference ? difference.name : ''}`;
}

function sentenceOf(difference: Difference): string | undefined {
  switch (difference.what) {
    case 'function':
      return differs(`The function ${bareName(difference.name)}`, difference.how);
    case 'grant': {
      const { on, how, text } = difference;
      if (how !== 'foreign' || on.kind !== 'FUNCTION' || !isWrong(difference)) return undefined;
      return `${whoOf(text)} may call ${bareName(on.name)}, which the migrations do not grant. Revoke it, or run migrate --repair.`;
    }
    case 'owner': {
      const { object, owner, wanted } = difference;
      return `The ${object} belongs to ${owner}, and the ledger to ${wanted}: ${owner} can change or remove it, and its protection. ${RESTORE}`;
    }
    case 'row security':
      return ROW_SECURITY[difference.wanted](difference.table);
    case 'column':
    case 'constraint': {
      const { what, table, name, how, wanted, now } = difference;
      if (how !== 'missing' && (how === 'foreign' || what === 'constraint'))
        return `The ${what} ${name} of ${table} is not the ledger's: ${now} can refuse some events. ${REMOVE}`;
      return `The ${what} ${name} of ${table} ${how === 'missing' ? 'is missing' : 'was changed'}. Its definition is: ${wanted}. ${what === 'column' ? 'Restore it by ALTER TABLE.' : RESTORE}`;
    }
    case 'index':
      if (difference.how === 'missing')
        return differs(`The index ${difference.name} of ${difference.table}`, 'missing');
      return `The ${difference.how} ${difference.name} of ${difference.table} is not the ledger's: it can refuse some events. ${REMOVE}`;
    case 'role':
      return `The role ${difference.name} has ${difference.powers}, so the protection does not apply to it. Remove this right: migrate --repair as a superuser.`;
    case 'policy':
    case 'trigger': {
      const { what, table, name, how } = difference;
      const object = `The ${what} ${name} of ${table}`;
      if (how === 'foreign') return `${object} ${FOREIGN}`;
      return how === 'off' ? `${object} is disabled. ${RESTORE}` : differs(object, how);
    }
  }
}

const ROW_SECURITY = {
  on: (table: string) => `Row-level security is off on ${table}: readers see every row. ${RESTORE}`,
  off: (table: string) =>
    `Row-level security is on for ${table}, where it hides rows: the migrations do not enable it. ${RESTORE}`,
  'not forced': (table: string) =>
    `Row-level security of ${table} is forced on its owner, so the owner's functions miss rows. ${RESTORE}`,
} as const;

function differs(object: string, how: 'missing' | 'changed'): string {
  return `${object} ${how === 'missing' ? 'is missing' : 'was changed'}. ${RESTORE}`;
}

function bareName(signature: string): string {
  return signature.slice(0, signature.indexOf('('));
}

const CHANGES = ['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES', 'USAGE'];

/**
 * Privileges of PUBLIC and of the ledger's roles always weaken the ledger. For other roles, write privileges do, and reads of what the
 * ledger's readers may not read: keys, identifiers of erased persons, and months, which have no row-level security. Backups read sequences.
 */
function isWrong({ on, text }: Extract<Difference, { what: 'grant' }>): boolean {
  const role = roleOf(text);
  if (role === 'OWNER') return false;
  if (role === 'PUBLIC' || LEDGER_ROLES.some((each) => each === role)) return true;
  if (on.kind === 'FUNCTION') return EXPECTED.functions[on.name]?.definition.includes('SECURITY DEFINER') === true;
  const readable =
    EXPECTED.tables[on.isMonth ? ANY_MONTH : on.name]?.grants.includes('SELECT TO audit_reader') !== false;
  return [...CHANGES, ...(readable ? [] : ['SELECT'])].some((right) => text.startsWith(right));
}

function whoOf(text: string): string {
  const role = roleOf(text);
  return role === 'PUBLIC' ? 'everybody' : role;
}
