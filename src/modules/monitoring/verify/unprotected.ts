import type { LedgerSession } from '../store/ledger-session.js';
import { APPEND_ONLY } from '../store/login-rights.js';
import { SQL } from '../store/sql/sql.generated.js';
import { findAlteredImages } from './altered-images.js';
import { LEDGER_CONSTRAINTS } from './ledger-constraints.js';
import { FIRST_ID } from './unplaced-events.js';

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

const REFUSES = 'BEFORE DELETE OR UPDATE OR TRUNCATE FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse_change()';

/** The triggers that the migrations make: a table, the trigger's name, and what it does, as the server writes it. */
export const LEDGER_TRIGGERS: readonly (readonly [string, string, string])[] = [
  ['audit_act', 'audit_act_append_only', REFUSES],
  ['audit_checkpoint', 'audit_checkpoint_append_only', REFUSES],
  ['audit_cosignature', 'audit_cosignature_append_only', REFUSES],
  ['audit_erased', 'audit_erased_append_only', REFUSES],
  [
    'audit_event',
    'audit_event_append_only',
    'BEFORE DELETE OR UPDATE FOR EACH ROW EXECUTE FUNCTION audit_event_refuse_change()',
  ],
  [
    'audit_event',
    'audit_event_enqueue',
    'AFTER INSERT REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION audit_event_enqueue()',
  ],
  [
    'audit_event',
    'audit_event_no_truncate',
    'BEFORE TRUNCATE FOR EACH STATEMENT EXECUTE FUNCTION audit_event_refuse_change()',
  ],
  ['audit_leaf', 'audit_leaf_append_only', REFUSES],
  ['audit_signing_key', 'audit_signing_key_append_only', REFUSES],
];

/** Of each month as well. */
const OF_MONTHS = 'audit_event_no_truncate';

const READ_BY_READERS_OF_ALL = `AS PERMISSIVE FOR SELECT TO audit_reader USING (
  (SELECT current_setting('audit.reads'::text, true) AS current_setting) = 'all'::text)`;

const VIEWS_OF_ACCESS = `AND CASE scope
  WHEN 'all'::text THEN true
  WHEN 'tenants'::text THEN (scope_of <@ COALESCE((SELECT current_setting('audit.reads_of'::text, true) AS current_setting)::text[], '{}'::text[]))
  ELSE (scope_of = ARRAY[(SELECT current_setting('audit.reads_of'::text, true) AS current_setting)])
END`;
const OF_SCOPE = `scope = (SELECT current_setting('audit.reads'::text, true) AS current_setting)`;
const OF_READER = `owner_id = (SELECT current_setting('audit.reader'::text, true) AS current_setting)`;

/** The policies that the migrations make: a table, the policy's name, and its text, as the server writes it. */
export const LEDGER_POLICIES: readonly (readonly [string, string, string])[] = [
  [
    'audit_event',
    'audit_event_read',
    `AS PERMISSIVE FOR SELECT TO audit_reader USING (
     CASE (SELECT current_setting('audit.reads'::text, true) AS current_setting)
       WHEN 'all'::text THEN true
       WHEN 'tenants'::text THEN tenant_id IN (SELECT unnest((SELECT current_setting('audit.reads_of'::text, true) AS current_setting)::text[]) AS unnest)
       WHEN 'subject'::text THEN (SELECT current_setting('audit.reads_of'::text, true) AS current_setting) = actor_id
         OR (SELECT current_setting('audit.reads_of'::text, true) AS current_setting) = (on_behalf_of ->> 'id'::text)
         OR (SELECT current_setting('audit.reads_of'::text, true) AS current_setting) =
            CASE WHEN resource_type = 'user'::text THEN resource_id ELSE NULL::text END
       ELSE false
     END)`,
  ],
  [
    'audit_event',
    'audit_event_seal',
    `AS PERMISSIVE FOR SELECT TO audit_sequencer USING (NOT EXISTS (SELECT FROM audit_leaf leaf WHERE leaf.event_id = audit_event.id))`,
  ],
  [
    'audit_event',
    'audit_event_write',
    'AS PERMISSIVE FOR INSERT TO audit_keeper, audit_sequencer, audit_writer WITH CHECK (true)',
  ],
  [
    'audit_row_baseline_digest',
    'audit_row_baseline_digest_forget',
    'AS PERMISSIVE FOR ALL TO audit_sequencer USING (true)',
  ],
  ['audit_row_baseline_digest', 'audit_row_baseline_digest_read', READ_BY_READERS_OF_ALL],
  [
    'audit_row_baseline_digest',
    'audit_row_baseline_digest_write',
    'AS PERMISSIVE FOR INSERT TO audit_writer WITH CHECK (true)',
  ],
  [
    'audit_row_image',
    'audit_row_image_read',
    `AS PERMISSIVE FOR SELECT TO audit_reader USING (EXISTS (SELECT FROM audit_event e WHERE (e.id = audit_row_image.event_id)))`,
  ],
  ['audit_row_image', 'audit_row_image_write', 'AS PERMISSIVE FOR INSERT TO audit_sequencer WITH CHECK (true)'],
  ['audit_row_retired', 'audit_row_retired_keep', 'AS PERMISSIVE FOR SELECT TO audit_keeper USING (true)'],
  ['audit_row_retired', 'audit_row_retired_read', READ_BY_READERS_OF_ALL],
  ['audit_stream_parked', 'audit_stream_parked_read', READ_BY_READERS_OF_ALL],
  ['audit_stream_parked', 'audit_stream_parked_write', 'AS PERMISSIVE FOR ALL TO audit_sequencer USING (true)'],
  [
    'audit_view',
    'audit_view_forget',
    `AS PERMISSIVE FOR ALL TO audit_keeper USING (
      (SELECT current_setting('audit.reads'::text, true) AS current_setting) = 'erasure'::text)`,
  ],
  [
    'audit_view',
    'audit_view_read',
    `AS PERMISSIVE FOR SELECT TO audit_reader USING (${OF_SCOPE} AND (is_shared OR ${OF_READER}) ${VIEWS_OF_ACCESS})`,
  ],
  [
    'audit_view',
    'audit_view_write',
    `AS PERMISSIVE FOR ALL TO audit_keeper USING (${OF_SCOPE} AND ${OF_READER} ${VIEWS_OF_ACCESS})`,
  ],
];

/** Tables of the ledger's schema that are called as it calls its own, and each partition, wherever it is and whatever its name. */
const IS_LEDGERS = `
  (c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('audit_event')) AND c.relname LIKE 'audit\\_%'
   OR c.oid IN (SELECT relid FROM pg_partition_tree(to_regclass('audit_event'))))`;

const OWNER = `
  SELECT pg_get_userbyid(c.relowner)::text AS owner,
         (SELECT string_agg(l.rolname, ', ' ORDER BY l.rolname) FROM pg_roles l
           WHERE l.rolcanlogin AND NOT l.rolsuper AND pg_has_role(l.oid, c.relowner, 'MEMBER')) AS logins
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

/** A statement that names no schema finds what the search path has first; a login's own, where nobody said otherwise. */
const ELSEWHERE = `
  SELECT ledger.relnamespace::regnamespace::text AS schema,
         string_agg(DISTINCT other.relnamespace::regnamespace::text, ', ') AS others
    FROM pg_class ledger, pg_class other
   WHERE ledger.oid = to_regclass('audit_event') AND other.relname = 'audit_event' AND other.oid <> ledger.oid
     AND btrim((SELECT reset_val FROM pg_settings WHERE name = 'search_path'), '"') <> btrim(ledger.relnamespace::regnamespace::text, '"')
   GROUP BY 1`;

/** Of the tables that have policies. */
const WITHOUT_ROW_SECURITY = `
  SELECT c.relname::text AS name FROM pg_class c WHERE ${IS_LEDGERS} AND c.relname = ANY ($1::text[]) AND NOT c.relrowsecurity ORDER BY 1`;

const UNLOGGED = `
  SELECT c.relname::text AS name FROM pg_class c
   WHERE ${IS_LEDGERS} AND c.relkind IN ('r', 'p') AND c.relpersistence <> 'p' ORDER BY 1`;

/** Keys aside: what refuses a row. The server writes the schema of another table where the path does not lead to it. */
const CONSTRAINTS = `
  SELECT con.conname::text AS name, c.relname::text AS table_name,
         regexp_replace(pg_get_constraintdef(con.oid), 'REFERENCES [^ (]*[.]', 'REFERENCES ') AS says
    FROM pg_constraint con JOIN pg_class c ON c.oid = con.conrelid
   WHERE ${IS_LEDGERS} AND con.contype IN ('c', 'f', 'u', 'x') AND NOT EXISTS
         (SELECT FROM pg_constraint parents JOIN pg_inherits i ON i.inhparent = parents.conrelid
           WHERE i.inhrelid = con.conrelid AND parents.conname = con.conname) ORDER BY 2, 1`;

const INDEXES = `
  SELECT i.indexrelid::regclass::text AS name, c.relname::text AS table_name, i.indisunique AND NOT EXISTS
         (SELECT FROM pg_constraint con WHERE con.conindid = i.indexrelid) AS refuses, i.indisready AND i.indisvalid AS is_kept
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE ${IS_LEDGERS} ORDER BY 2, 1`;

const SWITCHED_OFF = `
  SELECT t.tgname::text AS name, c.relname::text AS table_name
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
   WHERE ${IS_LEDGERS} AND t.tgenabled IN ('D', 'R')
   ORDER BY 2, 1`;

/** What a trigger does, without the names of its table and of the schema; in full where its function is of another schema. */
const TRIGGERS = `
  SELECT t.tgname::text AS name, c.relname::text AS table_name, c.relispartition AS is_month,
         CASE WHEN p.pronamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('audit_event'))
              THEN regexp_replace(regexp_replace(pg_get_triggerdef(t.oid), '^.*? (BEFORE|AFTER|INSTEAD OF) (.*?) ON [^ ]+ ', '\\1 \\2 '),
                                  'EXECUTE FUNCTION .*?([^.]+)$', 'EXECUTE FUNCTION \\1')
              ELSE pg_get_triggerdef(t.oid) END AS does
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
   WHERE ${IS_LEDGERS} AND NOT t.tgisinternal AND t.tgparentid = 0 ORDER BY 2, 1`;

const RULES = `
  SELECT r.rulename::text AS name, c.relname::text AS table_name FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
   WHERE ${IS_LEDGERS} AND c.relkind <> 'v' ORDER BY 2, 1`;

const HEIRS = `
  SELECT i.inhrelid::regclass::text AS name, c.relname::text AS table_name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhparent
   WHERE ${IS_LEDGERS} AND c.relkind = 'r' ORDER BY 2, 1`;

const ODD_MONTHS = `
  SELECT c.oid::regclass::text AS name FROM pg_class c
   WHERE c.oid IN (SELECT relid FROM pg_partition_tree(to_regclass('audit_event')) WHERE level > 0) AND c.relkind <> 'r' ORDER BY 1`;

const POLICIES = `
  SELECT p.polname::text AS name, c.relname::text AS table_name,
         format('AS %s FOR %s TO %s', CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
                CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN '*' THEN 'ALL' ELSE p.polcmd::text END,
                (SELECT string_agg(role.rolname, ', ' ORDER BY role.rolname) FROM pg_roles role WHERE role.oid = ANY (p.polroles)))
         || coalesce(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '')
         || coalesce(' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '') AS says
    FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE ${IS_LEDGERS} ORDER BY 2, 1`;

const FUNCTIONS = `
  SELECT p.proname::text AS name, p.prosrc AS body FROM pg_proc p
   WHERE p.pronamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('audit_event')) AND p.proname LIKE 'audit\\_%'`;

/** What anybody may do with a table of the ledger, and who else than its owner may change one that is append-only. */
const GRANTS = `
  SELECT c.relname::text AS table_name, coalesce(r.rolname::text, 'everybody') AS name,
         string_agg(DISTINCT granted.privilege_type, ', ' ORDER BY granted.privilege_type) AS rights
    FROM pg_class c
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attacl IS NOT NULL
   CROSS JOIN LATERAL (SELECT * FROM aclexplode(c.relacl) UNION SELECT * FROM aclexplode(a.attacl)) granted
    LEFT JOIN pg_roles r ON r.oid = granted.grantee
   WHERE ${IS_LEDGERS} AND c.relkind IN ('r', 'p') AND granted.grantee <> c.relowner
     AND (granted.grantee = 0
          OR c.relname = ANY ($1::text[]) AND granted.privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES'))
   GROUP BY 1, 2 ORDER BY 1, 2`;

type Row = Readonly<Record<string, unknown>>;

const WITH_POLICIES = [...new Set(LEDGER_POLICIES.map(([table]) => table))];

/** What would have refused a change of the ledger, or shown it, and does not: sentences. Rejects with the client's error. */
export async function findUnprotected(snapshot: LedgerSession, imagesFromId = FIRST_ID): Promise<readonly string[]> {
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
    ...(await snapshot.rows(WITHOUT_ROW_SECURITY, [WITH_POLICIES])).map(
      ({ name }) => `Row-level security is off on ${String(name)}: readers see every row. ${PUT_BACK}`,
    ),
    ...(await snapshot.rows(UNLOGGED)).map(
      ({ name }) =>
        `${String(name)} is unlogged: a crash of the server empties it, and no backup has it. Run as its owner: ALTER TABLE ${String(name)} SET LOGGED.`,
    ),
    ...wrongConstraints(await snapshot.rows(CONSTRAINTS)),
    ...(await snapshot.rows(INDEXES)).flatMap(wrongIndex),
    ...(await findAlteredImages(snapshot, imagesFromId)).map(
      (id) =>
        `The row images of event ${id} are not those that it seals: somebody changed them in audit_row_image. Restore them from a backup.`,
    ),
    ...(await snapshot.rows(RELATIONS, [TABLES])).flatMap(wrongRelation),
    ...(await snapshot.rows(ELSEWHERE)).map(
      ({ schema, others }) =>
        `Another audit_event is in the schema ${String(others)}; what was verified is in ${String(schema)}. Name by --schema the one that the application uses.`,
    ),
    ...(await snapshot.rows(ODD_MONTHS)).map(({ name }) => notATable(String(name))),
    ...(await snapshot.rows(SWITCHED_OFF)).map((row) => `${named('trigger', row)} is switched off. ${PUT_BACK}`),
    ...wrongTriggers(await snapshot.rows(TRIGGERS)),
    ...(await snapshot.rows(RULES)).map((row) => `${named('rule', row)} ${FOREIGN}`),
    ...(await snapshot.rows(HEIRS)).map((row) => `${named('heir', row)} ${FOREIGN}`),
    ...(await snapshot.rows(POLICIES)).flatMap(wrongPolicy),
    ...wrongFunctions(await snapshot.rows(FUNCTIONS)),
    ...(await snapshot.rows(GRANTS, [APPEND_ONLY])).map(
      ({ table_name: table, name, rights }) =>
        `${String(name)} may do this with ${String(table)}, which the migrations do not grant: ${String(rights)}. Revoke it, or, where it is a role of the ledger, run migrate --repair.`,
    ),
  ];
}

const PUT_BACK = 'Put it back: migrate --repair.';
const REFUSING = "is not the ledger's: it can refuse events of some, and let others pass. Remove it, and verify again.";
const FOREIGN = "is not the ledger's: it can hide or change what is stored and read. Remove it, and verify again.";

function named(what: string, { name, table_name: table }: Row): string {
  return `The ${what} ${String(name)} of ${String(table)}`;
}

function wrongRelation({ name, kind, is_elsewhere: isElsewhere }: Row): readonly string[] {
  const table = String(name);
  if (kind !== null && kind !== (table === 'audit_event' ? 'p' : 'r')) {
    return [notATable(table)];
  }
  if (isElsewhere !== true) return [];
  return [`${table} and audit_event are found in different schemas. Name the ledger's by --schema.`];
}

function notATable(name: string): string {
  return `${name} is not a table: what it shows is its author's choice. Verify a copy of the ledger on your own server.`;
}

function wrongConstraints(rows: readonly Row[]): readonly string[] {
  return rows
    .filter((row) => bare(textOf(LEDGER_CONSTRAINTS, row) ?? '') !== bare(String(row.says)))
    .map((row) => `${named('constraint', row)} ${REFUSING}`);
}

const UNIQUE_INDEXES = new Set(
  Object.values(SQL).flatMap((text) => [...text.matchAll(/CREATE UNIQUE INDEX (\w+)/g)].map(([, name]) => name)),
);

function wrongIndex(row: Row): readonly string[] {
  const name = String(row.name);
  return [
    ...(row.refuses === true && !UNIQUE_INDEXES.has(name.slice(name.lastIndexOf('.') + 1))
      ? [`${named('unique index', row)} ${REFUSING}`]
      : []),
    ...(row.is_kept === true
      ? []
      : [`${named('index', row)} is invalid or not kept: reads through it can miss rows. Run REINDEX INDEX ${name}.`]),
  ];
}

function wrongTriggers(rows: readonly Row[]): readonly string[] {
  const isThere = (table: string, name: string): boolean => rows.some((row) => isOf(row, table, name));
  const missing = LEDGER_TRIGGERS.filter(([table, name]) => !isThere(table, name));
  const foreign = rows.filter((row) => !textOf(LEDGER_TRIGGERS, row) && !isOfMonth(row));
  const changed = rows.filter((row) => {
    const text = isOfMonth(row) ? OF_MONTHS_DOES : textOf(LEDGER_TRIGGERS, row);
    return text !== undefined && text !== row.does;
  });
  return [
    ...missing.map(([table, name]) => `The trigger ${name} of ${table} is missing. ${PUT_BACK}`),
    ...foreign.map((row) => `${named('trigger', row)} ${FOREIGN}`),
    ...changed.map((row) => `${named('trigger', row)} is not what the migrations make it. ${PUT_BACK}`),
  ];
}

const OF_MONTHS_DOES = textOf(LEDGER_TRIGGERS, { table_name: 'audit_event', name: OF_MONTHS });

function isOfMonth({ name, is_month: isMonth }: Row): boolean {
  return name === OF_MONTHS && isMonth === true;
}

/** Held against the files that the migrations run: their bodies are stored as they were written. */
function wrongFunctions(rows: readonly Row[]): readonly string[] {
  const bodies = new Map<string, Set<string>>();
  for (const { name, body } of rows) {
    const known = bodies.get(String(name)) ?? new Set();
    bodies.set(String(name), known.add(String(body)));
  }
  return LEDGER_FUNCTIONS.flatMap(([name, body]) => {
    const stored = bodies.get(name);
    if (!stored) return [`The function ${name} is missing. ${PUT_BACK}`];
    return stored.has(body) ? [] : [`The function ${name} is not what the migrations make it. ${PUT_BACK}`];
  });
}

/** The name and the body of each. */
const LEDGER_FUNCTIONS: readonly (readonly [string, string])[] = Object.values(SQL).flatMap((text) => {
  const made = /CREATE FUNCTION (\w+)\([\s\S]*? AS \$\$([\s\S]*)\$\$/.exec(text);
  return made?.[1] !== undefined && made[2] !== undefined ? [[made[1], made[2]] as const] : [];
});

function wrongPolicy(row: Row): readonly string[] {
  const text = textOf(LEDGER_POLICIES, row);
  if (text === undefined) return [`${named('policy', row)} ${FOREIGN}`];
  if (bare(text) === bare(String(row.says))) return [];
  return [`${named('policy', row)} is not what the migrations make it: it can hide or refuse events. ${PUT_BACK}`];
}

/** Without what servers of different versions write differently: spaces and parentheses. */
function bare(text: string): string {
  return text.replace(/[\s()]/g, '');
}

/** What the migrations make of it; `undefined` for anything that they do not make. */
function textOf(list: readonly (readonly [string, string, string])[], row: Row): string | undefined {
  return list.find(([table, name]) => isOf(row, table, name))?.[2];
}

function isOf(row: Row, table: string, name: string): boolean {
  return row.table_name === table && row.name === name;
}
