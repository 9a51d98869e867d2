import type { MigrationRunner } from '../../../../migrations/audit-migration.types.js';
import { AUDIT_EXTENSIONS, sqlWith } from '../../../../migrations/audit-migrations.js';
import { LEDGER_OWNER, LEDGER_ROLES } from '../../../../migrations/audit-ownership.js';
import { ROLES_SUFFIX } from '../sessions/login-rights.js';
import { queryRows } from './enter-schema.js';

/** The kinds of lines in a dump. From `unlogged` on, a dump has such a line only if something weakens the ledger. */
export type Kind =
  | 'table'
  | 'column'
  | 'constraint'
  | 'index'
  | 'policy'
  | 'trigger'
  | 'row security'
  | 'function'
  | 'right'
  | 'owner'
  | 'unlogged'
  | 'rule'
  | 'child table'
  | 'foreign key'
  | 'broken index'
  | 'default partition'
  | 'role'
  | 'other ledger';

/** One line of a dump: an object or a right, and its definition. The definitions do not contain the name of the schema. */
export interface DumpLine {
  readonly kind: Kind;
  /** A month is a partition of the table of events. */
  readonly of: 'table' | 'month' | 'function' | 'sequence' | 'schema' | 'server';
  /** The name of the table or sequence as SQL quotes it, or the signature of the function. */
  readonly on: string;
  /**
   * The name of a part, such as a column; or a right as `<privilege>[ (<column>)] TO <role>`, where the role may also be `OWNER` or `PUBLIC`.
   * Empty for the table or function itself.
   */
  readonly name: string;
  readonly text: string;
}

const SCHEMA_PLACEHOLDER = '{schema}';
const LITERAL_PLACEHOLDER = '{schema literal}';
/** The placeholder for the table's name in a trigger's definition. */
export const TABLE_PLACEHOLDER = '{table}';
/** Ends the definition of a trigger that is disabled. */
export const DISABLED = ' (disabled)';

export const LEDGERS_SCHEMA = `(SELECT relnamespace FROM pg_class WHERE oid = to_regclass('audit_event'))`;

/** The ledger's own roles, with the suffix that its function `audit_role` has. */
const OWN_ROLES = `
  ARRAY(SELECT role || ${ROLES_SUFFIX} FROM unnest('{${[LEDGER_OWNER, ...LEDGER_ROLES].join()}}'::text[]) role)`;

const TABLE_NAMES = Object.keys(sqlWith(AUDIT_EXTENSIONS)).flatMap((file) => /^tables\/(.*)/.exec(file)?.[1] ?? []);

/** The SQL condition for the ledger's tables: those of its schema by their exact names, its partitions in any schema, and detached months. */
const IS_LEDGERS = `
  (c.relnamespace = ${LEDGERS_SCHEMA} AND (c.relname = ANY ('{audit_migration,${TABLE_NAMES.join()}}')
      OR c.relname ~ '^audit_retired_[0-9a-f]{32}$' AND c.relowner = (SELECT relowner FROM pg_class WHERE oid = to_regclass('audit_event')))
   OR c.oid IN (SELECT relid FROM pg_partition_tree(to_regclass('audit_event'))))`;

/** `OWNER` replaces the owner's name, which differs between servers. */
const RIGHT = `
  e.privilege_type || part || ' TO ' || CASE e.grantee WHEN 0 THEN 'PUBLIC' WHEN owner THEN 'OWNER'
    ELSE quote_ident(pg_get_userbyid(e.grantee)) END`;

const TABLE_RIGHTS = `
  SELECT 'right', "of", "on", ${RIGHT}, ''
    FROM (SELECT t."of", t."on", coalesce(t.relacl, acldefault('r', t.relowner)) AS acl, t.relowner AS owner, '' AS part FROM t
          UNION ALL
          SELECT t."of", t."on", a.attacl, t.relowner, format(' (%I)', a.attname)
            FROM t JOIN pg_attribute a ON a.attrelid = t.oid WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attacl IS NOT NULL) given,
         aclexplode(acl) e
   WHERE e.grantee <> owner OR e.privilege_type <> 'MAINTAIN'`; // PostgreSQL 17 added MAINTAIN

const SEQUENCE_RIGHTS = `
  SELECT 'right', 'sequence', s.oid::regclass::text, ${RIGHT}, ''
    FROM t JOIN pg_depend d ON d.refobjid = t.oid AND d.deptype = 'i' JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S',
         LATERAL (SELECT t.relowner AS owner, '' AS part) given, aclexplode(s.relacl) e
   WHERE e.grantee <> t.relowner`;

const POLICIES = `
  SELECT 'policy', "of", "on", p.polname,
         format('AS %s FOR %s TO %s', CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
                CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
                (SELECT string_agg(name, ', ' ORDER BY name)
                   FROM (SELECT CASE r WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r)) END AS name FROM unnest(p.polroles) r) roles))
         || coalesce(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '')
         || coalesce(' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '')
    FROM t JOIN pg_policy p ON p.polrelid = t.oid`;

/** A trigger that a partition inherited from the parent table has no definition. */
const TRIGGERS = `
  SELECT 'trigger', "of", "on", g.tgname,
         CASE g.tgparentid WHEN 0 THEN regexp_replace(pg_get_triggerdef(g.oid, true), ' ON [^ ]+', ' ON ${TABLE_PLACEHOLDER}') ELSE '' END
         || CASE g.tgenabled WHEN 'D' THEN '${DISABLED}' WHEN 'A' THEN ' (always)' WHEN 'R' THEN ' (replica)' ELSE '' END
    FROM t JOIN pg_trigger g ON g.tgrelid = t.oid WHERE NOT g.tgisinternal`;

const COLUMNS = `
  SELECT 'column', "of", "on", a.attname, format_type(a.atttypid, a.atttypmod)
         || CASE WHEN a.attcollation <> ty.typcollation THEN ' COLLATE ' || a.attcollation::regcollation ELSE '' END
         || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
         || CASE a.attidentity WHEN 'a' THEN ' GENERATED ALWAYS AS IDENTITY' WHEN 'd' THEN ' GENERATED BY DEFAULT AS IDENTITY' ELSE '' END
         || coalesce((SELECT format(' (INCREMENT %s MINVALUE %s MAXVALUE %s CYCLE %s)', seqincrement, seqmin, seqmax, seqcycle)
                        FROM pg_sequence JOIN pg_depend s ON s.objid = seqrelid AND s.deptype = 'i'
                       WHERE a.attidentity <> '' AND s.refobjid = t.oid AND s.refobjsubid = a.attnum
                         AND (seqincrement, seqmin, seqcycle, seqmax) <> (1, 1, false, 9223372036854775807)), '')
         || coalesce(CASE a.attgenerated WHEN '' THEN ' DEFAULT ' ELSE ' GENERATED ALWAYS AS ' END || pg_get_expr(d.adbin, d.adrelid), '')
    FROM t JOIN pg_attribute a ON a.attrelid = t.oid JOIN pg_type ty ON ty.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE t.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped`;

/**
 * All constraints that can refuse a row, except NOT NULL and those that a partition inherits. The server writes the schema of a referenced
 * table only if the search path lacks that schema. So the expression removes the schema.
 */
const CONSTRAINTS = `
  SELECT 'constraint', "of", "on", con.conname, regexp_replace(pg_get_constraintdef(con.oid), 'REFERENCES [^ (]*[.]', 'REFERENCES ')
    FROM t JOIN pg_constraint con ON con.conrelid = t.oid WHERE con.contype IN ('c', 'f', 'p', 'u', 'x') AND con.coninhcount = 0`;

/** The definitions from USING on, without storage parameters; without indexes of constraints, and indexes that a partition inherits. */
const INDEXES = `
  SELECT 'index', "of", "on", ic.relname, CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END
         || regexp_replace(substring(pg_get_indexdef(ic.oid) FROM ' (USING .*)'), ' WITH [(][^)]*[)]', '')
    FROM t JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class ic ON ic.oid = i.indexrelid
   WHERE NOT ic.relispartition AND NOT EXISTS (SELECT FROM pg_constraint con WHERE con.conindid = ic.oid AND con.contype IN ('p', 'u', 'x'))`;

/** The rules on tables, the tables that inherit from one (no partition does so), and foreign keys of other tables. The migrations create none. */
const ATTACHED = `
  SELECT 'rule', "of", "on", r.rulename, '' FROM t JOIN pg_rewrite r ON r.ev_class = t.oid WHERE t.relkind IN ('r', 'p')
  UNION ALL
  SELECT 'child table', "of", "on", i.inhrelid::regclass::text, '' FROM t JOIN pg_inherits i ON i.inhparent = t.oid WHERE t.relkind = 'r'
  UNION ALL
  SELECT 'foreign key', "of", "on", format('%I of %s', con.conname, con.conrelid::regclass), '' FROM t JOIN pg_constraint con ON con.confrelid = t.oid
   WHERE con.conparentid = 0 AND con.conrelid NOT IN (SELECT oid FROM t)`;

/**
 * The functions whose names begin with `audit_`, and all functions of the ledger's roles. Other kinds of routines have their kind before the
 * name; functions in other schemas have the schema. Except in its name and `search_path`, a definition does not name the current schema.
 */
const FUNCTIONS = `
  SELECT CASE p.prokind WHEN 'a' THEN 'aggregate ' WHEN 'p' THEN 'procedure ' WHEN 'w' THEN 'window ' ELSE '' END
           || CASE n.oid WHEN ${LEDGERS_SCHEMA} THEN '' ELSE quote_ident(n.nspname) || '.' END
           || format('%s(%s)', quote_ident(p.proname), pg_get_function_identity_arguments(p.oid)) AS "on",
         p.proowner AS owner, coalesce(p.proacl, acldefault('f', p.proowner)) AS acl, '' AS part,
         replace(replace(CASE p.prokind WHEN 'f' THEN pg_get_functiondef(p.oid) ELSE '' END, format(' FUNCTION %I.', n.nspname), ' FUNCTION ${SCHEMA_PLACEHOLDER}.'),
                 format(' SET search_path TO %L', n.nspname), ' SET search_path TO ${LITERAL_PLACEHOLDER}') AS text
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
   WHERE n.oid = ${LEDGERS_SCHEMA} AND p.proname LIKE 'audit\\_%'
      OR pg_get_userbyid(p.proowner) = ANY (${OWN_ROLES})`;

const SCHEMA_RIGHTS = `
  SELECT 'right', 'schema', '', e.privilege_type || ' TO ' || quote_ident(pg_get_userbyid(e.grantee)), ''
    FROM pg_namespace n, aclexplode(n.nspacl) e
   WHERE n.oid = ${LEDGERS_SCHEMA} AND e.grantee <> 0 AND e.grantee <> n.nspowner`;

const ROLES = `
  SELECT 'role', 'server', '', rolname, concat_ws(' ', CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END,
         CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolreplication THEN 'REPLICATION' END, CASE WHEN rolcanlogin THEN 'LOGIN' END)
    FROM pg_roles WHERE rolname = ANY (${OWN_ROLES}) AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolreplication OR rolcanlogin)`;

/** A statement without a schema could find another audit_event first, through the search path or a login's own setting. */
const OTHER_LEDGERS = `
  SELECT 'other ledger', 'server', ledger.relnamespace::regnamespace::text, string_agg(DISTINCT other.relnamespace::regnamespace::text, ', '), ''
    FROM pg_class ledger, pg_class other
   WHERE ledger.oid = to_regclass('audit_event') AND other.relname = 'audit_event' AND other.oid <> ledger.oid
     AND btrim((SELECT reset_val FROM pg_settings WHERE name = 'search_path'), '"') <> btrim(ledger.relnamespace::regnamespace::text, '"')
   GROUP BY 3`;

const DUMP = `
  WITH t AS MATERIALIZED (
    SELECT c.*, CASE WHEN c.relispartition THEN 'month' ELSE 'table' END AS "of", c.oid::regclass::text AS "on"
      FROM pg_class c WHERE ${IS_LEDGERS}
  ), f AS MATERIALIZED (${FUNCTIONS})
  SELECT kind, "of", "on", name::text, text::text FROM (
    SELECT 'table' AS kind, "of", "on", '' AS name, CASE relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' ELSE 'other' END AS text FROM t
    UNION ALL SELECT 'owner', "of", "on", '', pg_get_userbyid(relowner) FROM t
    UNION ALL SELECT 'unlogged', "of", "on", '', '' FROM t WHERE relkind IN ('r', 'p') AND relpersistence <> 'p'
    UNION ALL SELECT 'default partition', "of", "on", p.partdefid::regclass::text, '' FROM t JOIN pg_partitioned_table p ON p.partrelid = t.oid AND p.partdefid <> 0
    UNION ALL SELECT 'broken index', "of", "on", i.indexrelid::regclass::text, '' FROM t JOIN pg_index i ON i.indrelid = t.oid AND NOT (i.indisready AND i.indisvalid)
    UNION ALL SELECT 'row security', "of", "on", 'enabled', '' FROM t WHERE relrowsecurity
    UNION ALL SELECT 'row security', "of", "on", 'forced', '' FROM t WHERE relforcerowsecurity
    UNION ALL SELECT 'function', 'function', "on", '', text FROM f
    UNION ALL SELECT 'owner', 'function', "on", '', pg_get_userbyid(owner) FROM f
    UNION ALL SELECT 'right', 'function', "on", ${RIGHT}, '' FROM f, aclexplode(acl) e
    ${[COLUMNS, CONSTRAINTS, INDEXES, POLICIES, TRIGGERS, ATTACHED, TABLE_RIGHTS, SEQUENCE_RIGHTS, SCHEMA_RIGHTS, ROLES, OTHER_LEDGERS].map((each) => `UNION ALL ${each}`).join('\n')}
  ) lines ORDER BY "of" COLLATE "C", "on" COLLATE "C", kind COLLATE "C", name COLLATE "C"`;

/** Reads the protection of the ledger. The search path must be only the ledger's schema. Rejects with the error of the PostgreSQL client. */
export async function readProtection(runner: MigrationRunner): Promise<readonly DumpLine[]> {
  return (await queryRows(runner, DUMP)) as readonly object[] as readonly DumpLine[]; // the query names its columns like the fields
}

/** Puts a schema's name into the definition of a function: `name` is quoted as an identifier, and `literal` as a text. */
export function replaceSchema(definition: string, name: string, literal: string): string {
  return definition.replaceAll(SCHEMA_PLACEHOLDER, () => name).replaceAll(LITERAL_PLACEHOLDER, () => literal);
}
