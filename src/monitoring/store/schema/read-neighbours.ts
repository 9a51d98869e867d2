import type { MigrationRunner } from '../../../../migrations/audit-migration.types.js';
import { rowsOf } from './enter-schema.js';
import { isLedgersFunction } from './expected-protection.js';
import { IS_LEDGERS, LEDGERS_SCHEMA, OWN_ROLES, type DumpLine } from './read-protection.js';

/** An object that the migrations did not create, and that belongs to a role of the ledger, has its prefix, or depends on it. */
export interface Neighbour {
  /** The kind and the qualified name, such as `view public.latest`. */
  readonly name: string;
  /**
   * `owned`: it belongs to a role of the ledger. `prefixed`: it has the ledger's prefix, in its schema. `altering`: a rule on a table or an
   * heir, which changes what a table shows or stores. `refusing`: a foreign key to a table. `dependent`: it reads or uses the ledger.
   */
  readonly how: 'owned' | 'prefixed' | 'altering' | 'refusing' | 'dependent';
  /** The owner of an owned object. Otherwise, the ledger's objects on which the object depends directly. */
  readonly of: string;
}

const TABLE = `CASE WHEN c.relispartition THEN 'audit_event' ELSE c.oid::regclass::text END`;

/**
 * The parts of the ledger's tables, such as triggers and policies, are compared with the migrations. Left out are functions of the ledger's
 * roles, which are compared too; schemas and default privileges; and tables of TypeORM.
 */
const NEIGHBOURS = `
  WITH RECURSIVE own (class, id) AS (
    SELECT 'pg_class'::regclass::oid, c.oid FROM pg_class c WHERE ${IS_LEDGERS}
    UNION
    SELECT 'pg_proc'::regclass, p.oid FROM pg_proc p WHERE p.pronamespace = ${LEDGERS_SCHEMA} AND p.proname LIKE 'audit\\_%'
    UNION
    SELECT d.classid, d.objid FROM own JOIN pg_depend d ON d.refclassid = own.class AND d.refobjid = own.id
     WHERE d.deptype IN ('a', 'i', 'P', 'S') AND d.classid NOT IN ('pg_rewrite'::regclass, 'pg_statistic_ext'::regclass)
  ), users (class, id, "of") AS (
    SELECT d.classid, d.objid, ${TABLE}
      FROM own JOIN pg_depend d ON d.refclassid = own.class AND d.refobjid = own.id
      LEFT JOIN pg_class c ON d.refclassid = 'pg_class'::regclass AND c.oid = d.refobjid AND c.relkind IN ('r', 'p')
     WHERE (d.classid, d.objid) NOT IN (SELECT * FROM own)
    UNION
    SELECT 'pg_publication'::regclass, pub.oid, ${TABLE}
      FROM pg_publication pub, pg_get_publication_tables(pub.pubname::text) t JOIN pg_class c ON c.oid = t.relid WHERE ${IS_LEDGERS}
    UNION -- a rule is a part of its view
    SELECT coalesce(d.classid, 'pg_class'::regclass), coalesce(d.objid, r.ev_class), users."of"
      FROM users LEFT JOIN pg_rewrite r ON users.class = 'pg_rewrite'::regclass AND r.oid = users.id
      LEFT JOIN pg_depend d ON r.oid IS NULL AND d.refclassid = users.class AND d.refobjid = users.id AND d.deptype = 'n'
     WHERE coalesce(d.objid, r.ev_class) NOT IN (SELECT id FROM own)
  ), found (class, id, how, "of") AS (
    SELECT s.classid, s.objid, 'owned', r.rolname::text
      FROM pg_shdepend s JOIN pg_roles r ON r.oid = s.refobjid LEFT JOIN pg_class c ON s.classid = 'pg_class'::regclass AND c.oid = s.objid
     WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND s.refclassid = 'pg_authid'::regclass AND s.deptype = 'o'
       AND r.rolname = ANY (${OWN_ROLES}) AND s.classid NOT IN ('pg_proc'::regclass, 'pg_namespace'::regclass, 'pg_default_acl'::regclass)
       AND (c.relkind IN ('r', 'p', 'S') AND c.relname ~ '^migrations(_id_seq)?$') IS NOT TRUE
    UNION ALL
    SELECT 'pg_class'::regclass, c.oid, 'prefixed', '' FROM pg_class c
     WHERE c.relnamespace = ${LEDGERS_SCHEMA} AND c.relname LIKE 'audit\\_%' AND c.relkind NOT IN ('i', 'I')
    UNION ALL
    SELECT 'pg_type'::regclass, t.oid, 'prefixed', '' FROM pg_type t
     WHERE t.typnamespace = ${LEDGERS_SCHEMA} AND t.typname LIKE 'audit\\_%' AND t.typtype IN ('d', 'e', 'r')
    UNION ALL
    SELECT u.class, u.id, CASE WHEN r.ev_class IN (SELECT id FROM own) OR i.inhrelid IS NOT NULL THEN 'altering'
                               WHEN con.confrelid IN (SELECT id FROM own) THEN 'refusing' ELSE 'dependent' END, u."of"
      FROM users u LEFT JOIN pg_rewrite r ON u.class = 'pg_rewrite'::regclass AND r.oid = u.id
      LEFT JOIN pg_inherits i ON u.class = 'pg_class'::regclass AND i.inhrelid = u.id AND i.inhparent IN (SELECT id FROM own)
      LEFT JOIN pg_constraint con ON u.class = 'pg_constraint'::regclass AND con.oid = u.id
     WHERE (r.oid IS NULL OR r.ev_class IN (SELECT id FROM own)) AND (con.oid IS NULL OR con.conparentid = 0)
  )
  SELECT DISTINCT ON (name) name, how, "of" FROM (
    SELECT format('%s %s', o.type, o.identity) AS name, how,
           CASE WHEN count(DISTINCT found."of") > 3 THEN count(DISTINCT found."of") || ' tables' ELSE coalesce(string_agg(DISTINCT found."of", ', '), '') END AS "of"
      FROM found, pg_identify_object(found.class, found.id, 0) o
     WHERE (found.class, found.id) NOT IN (SELECT * FROM own) AND o.schema LIKE 'pg\\_temp\\_%' IS NOT TRUE
     GROUP BY 1, 2) each
   ORDER BY name, array_position('{owned,prefixed}', how), how = 'dependent'`;

/** Reads the neighbours of the ledger. The search path must be only the ledger's schema. Rejects with the error of the PostgreSQL client. */
export async function readNeighbours(
  runner: MigrationRunner,
  found: readonly DumpLine[],
): Promise<readonly Neighbour[]> {
  const rows = await rowsOf(runner, NEIGHBOURS);
  return [...foreignFunctions(found), ...(rows as readonly object[] as readonly Neighbour[])]; // the query names its columns like the fields
}

function foreignFunctions(found: readonly DumpLine[]): readonly Neighbour[] {
  return found.flatMap(({ kind, of: what, on: name, text: of }) => {
    if (kind !== 'owner' || what !== 'function' || isLedgersFunction(name)) return [];
    const object = /^(aggregate|procedure|window) /.test(name) ? name : `function ${name}`;
    return { name: object, how: /^\w+ audit_/.test(object) ? 'prefixed' : 'owned', of };
  });
}
