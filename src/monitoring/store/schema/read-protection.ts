import type { MigrationRunner } from '../../../../migrations/audit-migration.types.js';
import { AUDIT_ROOMS, sqlWith } from '../../../../migrations/audit-migrations.js';
import { LEDGER_OWNER, LEDGER_ROLES } from '../../../../migrations/audit-ownership.js';
import { parseJson } from '../../../audit/plain.js';
import { rowsOf } from './enter-schema.js';

/** The objects and rights that protect a ledger in one schema. The definitions do not contain the name of the schema. */
export interface Protection {
  /** The tables, including partitions. */
  readonly tables: Named<ProtectedTable>;
  /**
   * The functions whose names begin with `audit_`, by their signatures, and all functions of the ledger's roles. Other kinds of routines have
   * their kind before the name. Functions in other schemas have the schema before the name.
   */
  readonly functions: Named<ProtectedFunction>;
  /** The privileges on the schema itself. */
  readonly schemaGrants: readonly string[];
  /** The roles of the ledger with excess powers, such as `BYPASSRLS`. */
  readonly roles: Named<{ readonly powers: string }>;
}

/** Objects of a schema, by their names. */
export type Named<Value> = Readonly<Record<string, Value>>;

/** Returns the object with the given name. Ignores inherited properties, because a name from the database may be `constructor`. */
export function objectOf<Value>(objects: Named<Value>, name: string): Value | undefined {
  return Object.hasOwn(objects, name) ? objects[name] : undefined;
}

/** A table of the ledger, or a partition for one month. */
export interface ProtectedTable {
  readonly owner: string;
  readonly isMonth: boolean;
  readonly hasRowSecurity: boolean;
  /** Whether row-level security also applies to the owner. */
  readonly isForced: boolean;
  /** `<privilege>[ (<column>)][ ON <sequence>] TO <role>`. The role may also be `OWNER` or `PUBLIC`. */
  readonly grants: readonly string[];
  readonly policies: Named<string>;
  /**
   * The triggers, with {@link TABLE_MARK} in place of the table. In a partition, a trigger that was inherited from the parent table has no
   * definition.
   */
  readonly triggers: Named<ProtectedTrigger>;
  /** The definition of each column, such as type and default, in the syntax of CREATE TABLE. */
  readonly columns: Named<string>;
  /** All constraints that can refuse a row, except NOT NULL. For the partition of a month, the constraints of the parent table are left out. */
  readonly constraints: Named<string>;
  /**
   * The definition of each index from `USING` on, without storage parameters. Left out are indexes that belong to constraints, and indexes
   * that a partition inherits.
   */
  readonly indexes: Named<string>;
}

export interface ProtectedTrigger {
  readonly does: string | null;
  /** The value of `pg_trigger.tgenabled`. */
  readonly enabled: string;
}

export interface ProtectedFunction {
  readonly owner: string;
  readonly definition: string;
  readonly grants: readonly string[];
}

const SCHEMA_MARK = '{schema}';
const LITERAL_MARK = '{schema literal}';
/** The placeholder for the table's name in a trigger's definition. */
export const TABLE_MARK = '{table}';

export const LEDGERS_SCHEMA = `(SELECT relnamespace FROM pg_class WHERE oid = to_regclass('audit_event'))`;

/** The roles of the ledger, as an array in SQL. */
export const OWN_ROLES = `{${[LEDGER_OWNER, ...LEDGER_ROLES].join()}}`;

/** Returns the SQL condition for the objects of another ledger with the same owner. That ledger is verified by itself. */
export const isOfOtherLedger = (schema: string, owner: string): string => `
  EXISTS (SELECT FROM pg_class other WHERE other.relnamespace = ${schema} AND other.relowner = ${owner} AND other.relname = 'audit_event'
             AND other.relkind = 'p' AND other.oid <> to_regclass('audit_event'))`;

const TABLE_NAMES = Object.keys(sqlWith(AUDIT_ROOMS)).flatMap((file) => /^tables\/(.*)/.exec(file)?.[1] ?? []);

/** The SQL condition for the ledger's tables: those of its schema by their exact names, its partitions in any schema, and detached months. */
export const IS_LEDGERS = `
  (c.relnamespace = ${LEDGERS_SCHEMA} AND (c.relname = ANY ('{audit_migration,${TABLE_NAMES.join()}}')
      OR c.relname ~ '^audit_retired_[0-9a-f]{32}$' AND c.relowner = (SELECT relowner FROM pg_class WHERE oid = to_regclass('audit_event')))
   OR c.oid IN (SELECT relid FROM pg_partition_tree(to_regclass('audit_event'))))`;

/** `OWNER` replaces the owner's name, which differs between servers. */
const GRANT_TEXT = `
  e.privilege_type || part || ' TO ' || CASE e.grantee WHEN 0 THEN 'PUBLIC' WHEN owner THEN 'OWNER'
    ELSE quote_ident(pg_get_userbyid(e.grantee)) END`;

const GRANTS = `
  SELECT coalesce(json_agg(DISTINCT ${GRANT_TEXT}), '[]')
    FROM (SELECT coalesce(c.relacl, acldefault('r', c.relowner)) AS acl, c.relowner AS owner, '' AS part
          UNION ALL
          SELECT a.attacl, c.relowner, format(' (%I)', a.attname) FROM pg_attribute a
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attacl IS NOT NULL
          UNION ALL
          SELECT s.relacl, c.relowner, format(' ON %I', s.relname) FROM pg_class s JOIN pg_depend d ON d.objid = s.oid
           WHERE d.refobjid = c.oid AND d.deptype = 'i' AND s.relkind = 'S') given,
         aclexplode(acl) e
   WHERE e.grantee <> owner OR e.privilege_type <> 'MAINTAIN' AND part NOT LIKE ' ON %'`; // PostgreSQL 17 added MAINTAIN
const POLICIES = `
  SELECT coalesce(json_object_agg(p.polname,
         format('AS %s FOR %s TO %s', CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
                CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
                (SELECT string_agg(name, ', ' ORDER BY name)
                   FROM (SELECT CASE r WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r)) END AS name FROM unnest(p.polroles) r) roles))
         || coalesce(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '')
         || coalesce(' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '')), '{}')
    FROM pg_policy p WHERE p.polrelid = c.oid`;
const TRIGGERS = `
  SELECT coalesce(json_object_agg(t.tgname, json_build_object('enabled', t.tgenabled, 'does',
         CASE t.tgparentid WHEN 0 THEN regexp_replace(pg_get_triggerdef(t.oid, true), ' ON [^ ]+', ' ON ${TABLE_MARK}') END)), '{}')
    FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal`;
const COLUMNS = `
  SELECT coalesce(json_object_agg(a.attname, format_type(a.atttypid, a.atttypmod)
         || CASE WHEN a.attcollation <> ty.typcollation THEN ' COLLATE ' || a.attcollation::regcollation ELSE '' END
         || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
         || CASE a.attidentity WHEN 'a' THEN ' GENERATED ALWAYS AS IDENTITY' WHEN 'd' THEN ' GENERATED BY DEFAULT AS IDENTITY' ELSE '' END
         || coalesce((SELECT format(' (INCREMENT %s MINVALUE %s MAXVALUE %s CYCLE %s)', seqincrement, seqmin, seqmax, seqcycle)
                        FROM pg_sequence JOIN pg_depend s ON s.objid = seqrelid AND s.deptype = 'i'
                       WHERE s.refobjid = c.oid AND s.refobjsubid = a.attnum
                         AND (seqincrement, seqmin, seqcycle, seqmax) <> (1, 1, false, 9223372036854775807)), '')
         || coalesce(CASE a.attgenerated WHEN '' THEN ' DEFAULT ' ELSE ' GENERATED ALWAYS AS ' END || pg_get_expr(d.adbin, d.adrelid), '')), '{}')
    FROM pg_attribute a JOIN pg_type ty ON ty.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped`;
/** The server writes the schema of a referenced table only if the search path lacks that schema. So the expression removes the schema. */
const CONSTRAINTS = `
  SELECT coalesce(json_object_agg(con.conname, regexp_replace(pg_get_constraintdef(con.oid), 'REFERENCES [^ (]*[.]', 'REFERENCES ')), '{}')
    FROM pg_constraint con
   WHERE con.conrelid = c.oid AND con.contype IN ('c', 'f', 'p', 'u', 'x') AND con.coninhcount = 0`;
const INDEXES = `
  SELECT coalesce(json_object_agg(ic.relname, CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END
         || regexp_replace(substring(pg_get_indexdef(ic.oid) FROM ' (USING .*)'), ' WITH [(][^)]*[)]', '')), '{}')
    FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid
   WHERE i.indrelid = c.oid AND NOT ic.relispartition
     AND NOT EXISTS (SELECT FROM pg_constraint con WHERE con.conindid = ic.oid AND con.contype IN ('p', 'u', 'x'))`;

const TABLES = `
  SELECT CASE WHEN c.relnamespace = ${LEDGERS_SCHEMA}
              THEN c.relname::text ELSE c.oid::regclass::text END AS name,
         pg_get_userbyid(c.relowner)::text AS owner, c.relispartition AS "isMonth", c.relrowsecurity AS "hasRowSecurity",
         c.relforcerowsecurity AS "isForced", (${GRANTS}) AS grants, (${POLICIES}) AS policies, (${TRIGGERS}) AS triggers,
         (${COLUMNS}) AS columns, (${CONSTRAINTS}) AS constraints, (${INDEXES}) AS indexes
    FROM pg_class c WHERE ${IS_LEDGERS} AND c.relkind IN ('r', 'p')
   ORDER BY c.relispartition, c.relname`;

/** Except in a function's name and `search_path`, a definition does not name the current schema. */
const FUNCTIONS = `
  SELECT CASE p.prokind WHEN 'a' THEN 'aggregate ' WHEN 'p' THEN 'procedure ' WHEN 'w' THEN 'window ' ELSE '' END
           || CASE n.oid WHEN ${LEDGERS_SCHEMA} THEN '' ELSE quote_ident(n.nspname) || '.' END
           || format('%s(%s)', quote_ident(p.proname), pg_get_function_identity_arguments(p.oid)) AS name, pg_get_userbyid(p.proowner)::text AS owner,
         replace(replace(CASE p.prokind WHEN 'f' THEN pg_get_functiondef(p.oid) ELSE '' END, format(' FUNCTION %I.', n.nspname), ' FUNCTION ${SCHEMA_MARK}.'),
                 format(' SET search_path TO %L', n.nspname), ' SET search_path TO ${LITERAL_MARK}') AS definition,
         (SELECT coalesce(json_agg(DISTINCT ${GRANT_TEXT}), '[]')
            FROM (SELECT coalesce(p.proacl, acldefault('f', p.proowner)) AS acl, p.proowner AS owner, '' AS part) given, aclexplode(acl) e) AS grants
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
   WHERE n.oid = ${LEDGERS_SCHEMA} AND p.proname LIKE 'audit\\_%'
      OR pg_get_userbyid(p.proowner) = ANY ('${OWN_ROLES}') AND NOT (p.proname LIKE 'audit\\_%' AND ${isOfOtherLedger('n.oid', 'p.proowner')})`;

const SCHEMA_GRANTS = `
  SELECT e.privilege_type || ' TO ' || quote_ident(pg_get_userbyid(e.grantee)) AS text
    FROM pg_namespace n, aclexplode(n.nspacl) e
   WHERE n.oid = ${LEDGERS_SCHEMA} AND e.grantee <> 0 AND e.grantee <> n.nspowner`;

const ROLES = `
  SELECT rolname::text AS name, concat_ws(' ', CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END,
         CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolreplication THEN 'REPLICATION' END, CASE WHEN rolcanlogin THEN 'LOGIN' END) AS powers
    FROM pg_roles WHERE rolname = ANY ('${OWN_ROLES}') AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolreplication OR rolcanlogin) ORDER BY 1`;

/** Reads the protection of the ledger. The search path must be only the ledger's schema. Rejects with the error of the PostgreSQL client. */
export async function readProtection(runner: MigrationRunner): Promise<Protection> {
  const byName = async (found: string): Promise<Named<unknown>> => {
    const text = `SELECT coalesce(json_object_agg(name, to_jsonb(found) - 'name'), '{}')::text AS objects FROM (${found}) AS found`;
    const [row] = await rowsOf(runner, text);
    return parseJson(String(row?.objects)) as Named<unknown>;
  };
  return {
    tables: (await byName(TABLES)) as Protection['tables'], // the queries name their columns like the fields of these types
    functions: (await byName(FUNCTIONS)) as Protection['functions'],
    schemaGrants: (await rowsOf(runner, SCHEMA_GRANTS)).map(({ text }) => String(text)),
    roles: (await byName(ROLES)) as Protection['roles'],
  };
}

/** Puts a schema's name into the definition of a function: `name` is quoted as an identifier, and `literal` as a text. */
export function inSchema(definition: string, name: string, literal: string): string {
  return definition.replaceAll(SCHEMA_MARK, () => name).replaceAll(LITERAL_MARK, () => literal);
}
