import { schemaErrors } from '../../errors/schema.errors.js';

/** Settings that determine how statements are parsed and how values are written. Every session of the library sets these values. */
export const FORMATS: Readonly<Record<string, string>> = {
  array_nulls: 'on',
  backslash_quote: 'safe_encoding',
  bytea_output: 'hex',
  client_min_messages: 'warning', // the session must receive the warning about a canceled wait for replicas
  DateStyle: 'ISO, YMD',
  exit_on_error: 'off',
  extra_float_digits: '1',
  IntervalStyle: 'postgres',
  lc_monetary: 'C',
  lc_numeric: 'C',
  lc_time: 'C',
  plan_cache_mode: 'auto',
  quote_all_identifiers: 'off',
  row_security: 'on',
  standard_conforming_strings: 'on',
  TimeZone: 'UTC',
  transform_null_equals: 'off',
  xmlbinary: 'base64',
  xmloption: 'content',
};

/** Settings that could end a session during long work, such as a verification. The connection URL cannot override these settings. */
export const ENDINGS: Readonly<Record<string, string>> = {
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
};

/** Settings of transactions and statements. The connection URL, the role and the limits of a session can override these settings. */
export const TRANSACTIONS: Readonly<Record<string, string>> = {
  default_transaction_deferrable: 'off',
  default_transaction_isolation: 'read committed',
  default_transaction_read_only: 'off',
  lock_timeout: '0',
  statement_timeout: '0',
};

/**
 * The name of the ledger's role, by the function of the first schema of the search path that has it. Reads only system catalogues, because the
 * login may have no right in the schema before it takes the role.
 */
const ROLE_NAME = String.raw`
  SELECT pg_catalog."substring"(p.prosrc, pg_catalog.concat('audit_', pg_catalog.current_setting('audit.role'), '_[0-9a-f]{8}')) AS name
    FROM pg_catalog.regexp_matches(pg_catalog.current_setting('search_path'), '"((?:[^"]|"")+)"|([^", ]+)', 'g') WITH ORDINALITY AS path (part, nth)
    JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=)
      pg_catalog.replace(pg_catalog.replace(pg_catalog.concat(path.part[1], pg_catalog.lower(path.part[2])), '""', '"'), '$user', session_user)
    JOIN pg_catalog.pg_proc p ON p.pronamespace OPERATOR(pg_catalog.=) n.oid AND p.proname OPERATOR(pg_catalog.=) 'audit_role'
   WHERE p.prosrc OPERATOR(pg_catalog.~) 'audit_reader_[0-9a-f]{8}'
   ORDER BY nth LIMIT 1`;

/**
 * Takes the role of a session, reads whether its triggers run, and corrects two settings that a connection URL cannot set. Servers before version 17 do not have
 * `transaction_timeout`. If `pg_catalog` follows other schemas in the search path, functions of those schemas replace the server's own. All
 * names are qualified, because the statement itself still runs with that search path.
 */
export const BEGIN_SESSION = `
  SELECT pg_catalog.current_setting('audit.role', true) AS role, pg_catalog.current_setting('session_replication_role') AS triggers,
         CASE WHEN pg_catalog.current_setting('audit.role', true) IS NOT NULL
              THEN (SELECT pg_catalog.set_config('role', name, false) FROM (${ROLE_NAME}) found WHERE name IS NOT NULL) END AS taken,
         CASE WHEN pg_catalog.current_setting('transaction_timeout', true) OPERATOR(pg_catalog.<>) '0'
              THEN pg_catalog.set_config('transaction_timeout', '0', false) END,
         CASE WHEN pg_catalog.strpos(pg_catalog.current_setting('search_path'), 'pg_catalog') OPERATOR(pg_catalog.>) 0
              THEN pg_catalog.set_config('search_path', pg_catalog.ltrim(pg_catalog.regexp_replace(
                     pg_catalog.current_setting('search_path'), '(^|,)\\s*"?pg_catalog"?\\s*(?=,|$)', '', 'g'), ', '), false) END`;

type Query = (text: string, values?: unknown[]) => Promise<readonly Readonly<Record<string, unknown>>[]>;

/**
 * Selects the objects in schemas that PostgreSQL may prefer to its own objects: functions and operators with the name of a function or an
 * operator in `pg_catalog`, and casts between types in `pg_catalog`. The search path must be only `pg_catalog`. Left out are objects with the
 * same arguments as in `pg_catalog`, which stands first in the path, and objects that a superuser installed with an extension.
 */
const FOREIGN = `
  WITH found AS (
    SELECT 'pg_proc'::regclass AS class, p.oid, p.proowner AS owner, 'the function ' || p.oid::regprocedure AS name
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE n.nspname = ANY ($1::text[])
       AND EXISTS (SELECT FROM pg_proc own WHERE own.pronamespace = 'pg_catalog'::regnamespace AND own.proname = p.proname)
       AND NOT EXISTS (SELECT FROM pg_proc own WHERE own.pronamespace = 'pg_catalog'::regnamespace
                          AND own.proname = p.proname AND own.proargtypes = p.proargtypes)
    UNION ALL
    SELECT 'pg_operator'::regclass, o.oid, o.oprowner, 'the operator ' || o.oid::regoperator
      FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace
     WHERE n.nspname = ANY ($1::text[])
       AND EXISTS (SELECT FROM pg_operator own WHERE own.oprnamespace = 'pg_catalog'::regnamespace AND own.oprname = o.oprname)
       AND NOT EXISTS (SELECT FROM pg_operator own WHERE own.oprnamespace = 'pg_catalog'::regnamespace
                          AND (own.oprname, own.oprleft, own.oprright) = (o.oprname, o.oprleft, o.oprright))
    UNION ALL
    SELECT 'pg_cast'::regclass, c.oid, 10, format('the cast from %s to %s', c.castsource::regtype, c.casttarget::regtype)
      FROM pg_cast c JOIN pg_type s ON s.oid = c.castsource JOIN pg_type t ON t.oid = c.casttarget
     WHERE c.oid >= 16384 AND s.typnamespace = 'pg_catalog'::regnamespace AND t.typnamespace = 'pg_catalog'::regnamespace)
  SELECT name FROM found
   WHERE NOT (EXISTS (SELECT FROM pg_depend d WHERE d.classid = found.class AND d.objid = found.oid AND d.deptype = 'e')
              AND EXISTS (SELECT FROM pg_roles r WHERE r.oid = found.owner AND r.rolsuper))
   ORDER BY name LIMIT 1`;

/** The functions are qualified, and no operator or cast is used, because the search path may lead to foreign objects. */
const PATH = `
  SELECT pg_catalog.current_setting('search_path') AS path, pg_catalog.array_to_json(pg_catalog.current_schemas(false)) AS schemas`;

/**
 * Sets the search path of the transaction to `pg_catalog`, and resolves with the former path. The caller must set the next path. Rejects with
 * the error of the PostgreSQL client.
 *
 * @param schema the only schema of the next path @defaultValue the schemas of the former path
 * @throws `AUDIT_SCHEMA_UNUSABLE` if a schema has an object that PostgreSQL may prefer to its own objects. Such an
 *   object could hide changes from a check, or run with the rights of the person who checks.
 */
export async function resetSearchPath(query: Query, schema?: string): Promise<string> {
  const [row] = await query(PATH);
  await query('SET LOCAL search_path TO pg_catalog');
  const schemas = schema === undefined ? (row?.schemas as readonly string[]) : [schema]; // an array of names
  const [foreign] = await query(FOREIGN, [schemas.filter((name) => name !== 'pg_catalog')]);
  if (foreign) throw schemaErrors.AUDIT_SCHEMA_UNUSABLE.shadowed(String(foreign.name));
  return String(row?.path);
}
