import { IS_LEDGERS, OWN_ROLES } from './read-protection.js';
import { APPEND_ONLY, POWERS, ROLES_SUFFIX } from '../sessions/login-rights.js';
import type { LedgerSession } from '../sessions/ledger-session.js';

/** Selects logins `l` that can connect, and that lack the rights of the owner of the relation `c`. */
const IS_STRANGER = `l.rolcanlogin AND NOT l.rolsuper AND NOT pg_has_role(l.oid, c.relowner, 'MEMBER')
     AND has_database_privilege(l.oid, current_database(), 'CONNECT')`;

const OWNER = `
  SELECT pg_get_userbyid(c.relowner)::text AS owner,
         string_agg(l.rolname || CASE WHEN l.rolcanlogin THEN '' ELSE ' (by a function)' END, ', ' ORDER BY l.rolname) AS logins
    FROM pg_class c JOIN pg_roles l ON NOT l.rolsuper AND pg_has_role(l.oid, c.relowner, 'MEMBER')
     AND (l.rolcanlogin OR l.oid <> c.relowner AND EXISTS (SELECT FROM pg_proc p WHERE p.proowner = l.oid AND p.prosecdef))
   WHERE c.oid = to_regclass('audit_event') GROUP BY c.relowner`;

/** `OWNER` selects the logins with an owner's rights. */
const BOTH = `
  SELECT string_agg(l.rolname, ', ' ORDER BY l.rolname) AS logins
    FROM pg_roles l, pg_class c
   WHERE c.oid = to_regclass('audit_event') AND ${IS_STRANGER}
     AND 2 = (SELECT count(DISTINCT name = 'audit_writer') FROM unnest('{audit_writer,audit_sequencer,audit_keeper}'::text[]) name
                JOIN pg_roles role ON role.rolname = name || ${ROLES_SUFFIX} WHERE pg_has_role(l.oid, role.oid, 'MEMBER'))
  HAVING count(*) > 0`;

/** Includes roles of the server, such as pg_write_all_data, because they let a login change tables. */
const CHANGERS = `
  SELECT string_agg(DISTINCT l.rolname, ', ' ORDER BY l.rolname) AS logins FROM pg_roles l, pg_class c
   WHERE ${IS_LEDGERS} AND c.relname = ANY ($1::text[]) AND ${IS_STRANGER} AND has_table_privilege(l.oid, c.oid, 'UPDATE, DELETE, TRUNCATE')
  HAVING count(*) > 0`;

/** Logins with the owner's rights are named as such. An administrator who created the ledger's roles is one of these logins. */
const POWERFUL = `
  SELECT l.rolname::text AS login, ${POWERS} AS powers FROM pg_roles l, pg_class c
   WHERE c.oid = to_regclass('audit_event') AND ${IS_STRANGER} AND ${POWERS} <> ''
     AND EXISTS (SELECT FROM pg_roles role WHERE role.rolname = ANY (${OWN_ROLES}) AND pg_has_role(l.oid, role.oid, 'MEMBER'))
   ORDER BY 1`;

/** Every server has the first superuser, whose number is 10. */
const OUTSIDERS = `
  SELECT string_agg(format('%s (%s)', l.rolname, CASE WHEN l.rolsuper THEN 'SUPERUSER' ELSE ${POWERS} END), '; ' ORDER BY l.rolname) AS logins FROM pg_roles l
   WHERE l.rolcanlogin AND l.oid <> 10 AND has_database_privilege(l.oid, current_database(), 'CONNECT') AND ${POWERS} <> ''
     AND (l.rolsuper OR NOT EXISTS (SELECT FROM pg_roles role WHERE role.rolname = ANY (${OWN_ROLES}) AND pg_has_role(l.oid, role.oid, 'MEMBER')))`;

/** The owner of a schema of PostgreSQL's own role is the owner of the database. A role with CREATEROLE that is not named elsewhere is an administrator. */
const SCHEMA = `
  SELECT n.nspname::text AS schema, pg_get_userbyid(c.relowner)::text AS owner, coalesce(r.rolname::text, 'everybody') AS who, creator.is_owner
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_database d ON d.datname = current_database(), LATERAL (
      SELECT CASE pg_get_userbyid(n.nspowner) WHEN 'pg_database_owner' THEN d.datdba ELSE n.nspowner END AS role, true AS is_owner
      UNION ALL
      SELECT e.grantee, false FROM aclexplode(n.nspacl) e WHERE e.privilege_type = 'CREATE' AND e.grantee <> n.nspowner) creator
    LEFT JOIN pg_roles r ON r.oid = creator.role
   WHERE c.oid = to_regclass('audit_event')
     AND (r.oid IS NULL OR NOT r.rolsuper AND NOT r.rolcreaterole AND NOT pg_has_role(r.oid, c.relowner, 'MEMBER')) ORDER BY 4 DESC, 3`;

/** The months to come get these rights. EXECUTE for everybody is the default of PostgreSQL. */
const DEFAULTS = `
  SELECT pg_get_userbyid(c.relowner)::text AS owner, coalesce(r.rolname::text, 'everybody') AS who, string_agg(DISTINCT e.privilege_type, ', ') AS rights
    FROM pg_class c JOIN pg_default_acl a ON a.defaclrole = c.relowner AND a.defaclnamespace IN (0, c.relnamespace), aclexplode(a.defaclacl) e
    LEFT JOIN pg_roles r ON r.oid = e.grantee
   WHERE c.oid = to_regclass('audit_event') AND e.grantee <> c.relowner
     AND (a.defaclobjtype IN ('r', 'S') AND (e.privilege_type <> 'SELECT' OR e.grantee = 0) OR a.defaclobjtype = 'f' AND e.grantee <> 0)
   GROUP BY 1, 2 ORDER BY 2`;

const UNTRIGGERED = `
  SELECT coalesce(r.rolname::text, 'everybody') AS name FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole
   WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
     AND EXISTS (SELECT FROM unnest(s.setconfig) setting WHERE lower(setting) = 'session_replication_role=replica')
  UNION SELECT 'every login' FROM pg_settings
   WHERE name = 'session_replication_role' AND setting = 'replica' AND source IN ('configuration file', 'command line') ORDER BY 1`;

/** Finds logins with excess rights, which `doctor` reports in separate lines. */
export async function findOverprivilegedLogins(snapshot: LedgerSession): Promise<readonly string[]> {
  return [
    ...(await snapshot.rows(OWNER)).map(
      ({ owner, logins }) =>
        `The ledger belongs to ${String(owner)}. These logins can act as the owner: ${String(logins)}. They can disable triggers and change the tables, unnoticed until a checkpoint is signed. Separate the owner: migrate --admin-url … --repair.`,
    ),
    ...(await snapshot.rows(BOTH)).map(
      ({ logins }) =>
        `These logins add events and may also seal, retire or erase them: ${String(logins)}. Such a login can change waiting events, leaves and tiles, or remove events and persons. Give the sequencer a separate login: migrate --admin-url … --sequencer-url … --repair.`,
    ),
  ];
}

/** Finds logins that have no role of the ledger, but powers of the server. Such a login can be legitimate, for example for backups. */
export async function findOutsiders(snapshot: LedgerSession): Promise<readonly string[]> {
  const [{ logins } = {}] = await snapshot.rows(OUTSIDERS);
  if (typeof logins !== 'string') return [];
  return [
    `These logins have no role of the ledger, but powers that can pass its protection: ${logins}. Check that each needs them.`,
  ];
}

/** Finds rights of other roles, and of the owner's objects to come, which the migrations do not grant. */
export async function findLooseLogins(snapshot: LedgerSession): Promise<readonly string[]> {
  return [
    ...(await snapshot.rows(CHANGERS, [APPEND_ONLY])).map(
      ({ logins }) =>
        `These logins may change stored events: ${String(logins)}. Revoke this right, also from roles of these logins such as pg_write_all_data.`,
    ),
    ...(await snapshot.rows(UNTRIGGERED)).map(
      ({ name }) =>
        `Sessions of ${String(name)} begin without triggers (session_replication_role), which refuse changes of stored events. Run ALTER … RESET session_replication_role.`,
    ),
    ...(await snapshot.rows(POWERFUL)).map(
      ({ login, powers }) =>
        `The login ${String(login)} has ${String(powers)}: with these, it can pass the ledger's protection. Revoke them from the login and its roles.`,
    ),
    ...(await snapshot.rows(SCHEMA)).map(({ schema, owner, who, is_owner: isOwner }) =>
      isOwner === true
        ? `The schema ${String(schema)} belongs to ${String(who)}, and the ledger to ${String(owner)}: ${String(who)} can create objects that run with the rights of the ledger. Run migrate --repair. For the schema public, run: ALTER SCHEMA public OWNER TO ${String(owner)}.`
        : `${String(who)} may create objects in the schema ${String(schema)}, which can run with the rights of the ledger. Run: REVOKE CREATE ON SCHEMA ${String(schema)} FROM ${who === 'everybody' ? 'PUBLIC' : String(who)}.`,
    ),
    ...(await snapshot.rows(DEFAULTS)).map(
      ({ owner, who, rights }) =>
        `By default, ${String(who)} gets rights on new objects of ${String(owner)}, such as the ledger's next months: ${String(rights)}. Run ALTER DEFAULT PRIVILEGES … REVOKE.`,
    ),
  ];
}
