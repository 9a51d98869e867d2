import type { Snapshot } from './snapshot.js';

/** The tables that a verification reads. */
const TABLES = [
  'audit_event',
  'audit_leaf',
  'audit_tile',
  'audit_checkpoint',
  'audit_unsequenced',
  'audit_signing_key',
  'audit_cosignature',
  'audit_act',
  'audit_erased',
  'audit_legal_hold',
  'audit_retirement',
  'audit_retired_range',
];

/** The triggers that the migrations make: a table, and the trigger's name. */
export const LEDGER_TRIGGERS: readonly (readonly [string, string])[] = [
  ['audit_act', 'audit_act_append_only'],
  ['audit_checkpoint', 'audit_checkpoint_append_only'],
  ['audit_cosignature', 'audit_cosignature_append_only'],
  ['audit_erased', 'audit_erased_append_only'],
  ['audit_event', 'audit_event_append_only'],
  ['audit_event', 'audit_event_enqueue'],
  ['audit_event', 'audit_event_no_truncate'],
  ['audit_leaf', 'audit_leaf_append_only'],
  ['audit_signing_key', 'audit_signing_key_append_only'],
];

/** Of each month as well. */
const OF_MONTHS = 'audit_event_no_truncate';

/** The policies that the migrations make. */
export const LEDGER_POLICIES: readonly (readonly [string, string])[] = [
  ['audit_event', 'audit_event_read'],
  ['audit_event', 'audit_event_write'],
];

/** What shows every event to whoever verifies, whatever comes behind it. The server writes it so. */
const SHOWS_ALL = /^CASE \( ?SELECT current_setting\('audit\.reads'::text, true\)[^()]*\) WHEN 'all'::text THEN true /;

const IS_LEDGERS = `
  c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('audit_event')) AND c.relname LIKE 'audit\\_%'`;

const OWNER = `
  SELECT pg_get_userbyid(c.relowner)::text AS owner,
         (SELECT string_agg(l.rolname, ', ' ORDER BY l.rolname) FROM pg_roles l
           WHERE l.rolcanlogin AND NOT l.rolsuper AND pg_has_role(l.oid, c.relowner, 'MEMBER')) AS logins,
         c.relrowsecurity AS has_row_security
    FROM pg_class c WHERE c.oid = to_regclass('audit_event')`;

/** Of logins that can connect; an owner's rights are told of by the other statement. */
const BOTH = `
  SELECT string_agg(l.rolname, ', ' ORDER BY l.rolname) AS logins
    FROM pg_roles l, pg_class c
   WHERE c.oid = to_regclass('audit_event') AND l.rolcanlogin AND NOT l.rolsuper
     AND has_database_privilege(l.oid, current_database(), 'CONNECT') AND NOT pg_has_role(l.oid, c.relowner, 'MEMBER')
     AND 2 = (SELECT count(*) FROM pg_roles role
               WHERE role.rolname IN ('audit_writer', 'audit_sequencer') AND pg_has_role(l.oid, role.oid, 'MEMBER'))`;

const RELATIONS = `
  SELECT name, c.relkind::text AS kind,
         c.relnamespace <> (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('audit_event')) AS is_elsewhere
    FROM unnest($1::text[]) AS name LEFT JOIN pg_class c ON c.oid = to_regclass(name)`;

const SWITCHED_OFF = `
  SELECT t.tgname::text AS name, c.relname::text AS table_name
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
   WHERE ${IS_LEDGERS} AND t.tgenabled IN ('D', 'R')
   ORDER BY 2, 1`;

const TRIGGERS = `
  SELECT t.tgname::text AS name, c.relname::text AS table_name
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
   WHERE ${IS_LEDGERS} AND NOT t.tgisinternal AND t.tgparentid = 0 ORDER BY 2, 1`;

const RULES = `
  SELECT r.rulename::text AS name, c.relname::text AS table_name FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
   WHERE ${IS_LEDGERS} AND c.relkind <> 'v' ORDER BY 2, 1`;

const HEIRS = `
  SELECT i.inhrelid::regclass::text AS name, c.relname::text AS table_name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhparent
   WHERE ${IS_LEDGERS} AND c.relkind = 'r' ORDER BY 2, 1`;

const POLICIES = `
  SELECT p.polname::text AS name, c.relname::text AS table_name, p.polpermissive AS is_permissive,
         ltrim(regexp_replace(coalesce(pg_get_expr(p.polqual, p.polrelid), ''), '\\s+', ' ', 'g')) AS shown
    FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE ${IS_LEDGERS} ORDER BY 2, 1`;

type Row = Readonly<Record<string, unknown>>;

/** What would have refused a change of the ledger, or shown it, and does not: sentences. Rejects with the client's error. */
export async function findUnprotected(snapshot: Snapshot): Promise<readonly string[]> {
  const [ledger] = await snapshot.rows(OWNER);
  const logins = typeof ledger?.logins === 'string' ? ledger.logins : '';
  const [both] = await snapshot.rows(BOTH);
  return [
    ...(logins === ''
      ? []
      : [
          `The ledger belongs to ${String(ledger?.owner)}, as whom can act: ${logins}. Such a login can switch triggers off and change the tables; what it did before a checkpoint was signed is not named. Keep the owner apart: migrate --admin-url … --repair.`,
        ]),
    ...(typeof both?.logins === 'string'
      ? [
          `These logins add events and may also seal them: ${both.logins}. Such a login can change the queue, leaves and tiles. Give the sequencer a login of its own: migrate --admin-url … --sequencer-url … --repair.`,
        ]
      : []),
    ...(ledger?.has_row_security === true
      ? []
      : ['Row-level security is off on audit_event: readers see every event. Put it back: migrate --repair.']),
    ...(await snapshot.rows(RELATIONS, [TABLES])).flatMap(wrongRelation),
    ...(await snapshot.rows(SWITCHED_OFF)).map((row) => `${named('trigger', row)} is switched off. ${PUT_BACK}`),
    ...wrongTriggers(await snapshot.rows(TRIGGERS)),
    ...(await snapshot.rows(RULES)).map((row) => `${named('rule', row)} ${FOREIGN}`),
    ...(await snapshot.rows(HEIRS)).map((row) => `${named('heir', row)} ${FOREIGN}`),
    ...(await snapshot.rows(POLICIES)).flatMap(wrongPolicy),
  ];
}

const PUT_BACK = 'Put it back: migrate --repair.';
const FOREIGN = "is not the ledger's: it can hide or change what is stored and read. Remove it, and verify again.";

function named(what: string, { name, table_name: table }: Row): string {
  return `The ${what} ${String(name)} of ${String(table)}`;
}

function wrongRelation({ name, kind, is_elsewhere: isElsewhere }: Row): readonly string[] {
  const table = String(name);
  if (kind !== null && kind !== (table === 'audit_event' ? 'p' : 'r')) {
    return [
      `${table} is not a table: what it shows is its author's choice. Verify a copy of the ledger on your own server.`,
    ];
  }
  if (isElsewhere !== true) return [];
  return [`${table} and audit_event are found in different schemas. Name the ledger's by --schema.`];
}

function wrongTriggers(rows: readonly Row[]): readonly string[] {
  const isThere = (table: string, name: string): boolean => rows.some((row) => isOf(row, table, name));
  const missing = LEDGER_TRIGGERS.filter(([table, name]) => !isThere(table, name));
  const foreign = rows.filter((row) => row.name !== OF_MONTHS && !isAmong(LEDGER_TRIGGERS, row));
  return [
    ...missing.map(([table, name]) => `The trigger ${name} of ${table} is missing. ${PUT_BACK}`),
    ...foreign.map((row) => `${named('trigger', row)} ${FOREIGN}`),
  ];
}

function wrongPolicy(row: Row): readonly string[] {
  if (!isAmong(LEDGER_POLICIES, row)) return [`${named('policy', row)} ${FOREIGN}`];
  const hides = row.name === 'audit_event_read' && !(row.is_permissive === true && SHOWS_ALL.test(String(row.shown)));
  return hides ? [`${named('policy', row)} is not what the migrations make it: it can hide events. ${PUT_BACK}`] : [];
}

function isAmong(list: readonly (readonly [string, string])[], row: Row): boolean {
  return list.some(([table, name]) => isOf(row, table, name));
}

function isOf(row: Row, table: string, name: string): boolean {
  return row.table_name === table && row.name === name;
}
