import { schemaErrors } from '../../errors/schema.errors.js';

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
export async function leavePath(query: Query, schema?: string): Promise<string> {
  const [row] = await query(PATH);
  await query('SET LOCAL search_path TO pg_catalog');
  const schemas = schema === undefined ? (row?.schemas as readonly string[]) : [schema]; // an array of names
  const [foreign] = await query(FOREIGN, [schemas.filter((name) => name !== 'pg_catalog')]);
  if (foreign) throw schemaErrors.AUDIT_SCHEMA_UNUSABLE.shadowed(String(foreign.name));
  return String(row?.path);
}
