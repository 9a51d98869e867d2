import { LEDGER_ROLES } from '../../../../migrations/audit-ownership.js';
import type { LedgerQueries } from './ledger-session.js';

/** The tables whose rows only the owner's functions may change or remove. */
const APPEND_ONLY = [
  ...['audit_event', 'audit_leaf', 'audit_checkpoint', 'audit_signing_key', 'audit_cosignature', 'audit_act'],
  'audit_erased',
];

/** The rights of a login on the ledger, including those of all its roles. */
export interface LoginRights {
  readonly login: string;
  /** Whether the login is a superuser, or can become one. */
  readonly isSuperuser: boolean;
  /** The attributes and rights, also of the login's roles, that can pass the ledger's protection, such as BYPASSRLS. */
  readonly powers: string;
  readonly owner: string;
  readonly isOwner: boolean;
  /** The append-only tables that the login has the right to change. */
  readonly changes: readonly string[];
  /** The ledger's roles that the login may take, without their suffix. */
  readonly roles: readonly string[];
  /** The end of the names of the ledger's roles. */
  readonly suffix: string;
}

/** An excess right of a login, with two sentences for the operator. */
export interface LoginFault {
  readonly right: 'superuser' | 'owner' | 'changes' | 'powers' | 'seals';
  readonly message: string;
  readonly remedy: string;
}

/** The end of the names of the roles of the ledger that the search path finds. Reads only system catalogues. */
export const ROLES_SUFFIX = `
  (SELECT substring(prosrc FROM 'audit_reader(_[0-9a-f]{8})') FROM pg_proc JOIN pg_class events ON events.relnamespace = pronamespace
    WHERE proname = 'audit_role' AND events.oid = to_regclass('audit_event'))`;

const HAS_ROLE = `pg_has_role(session_user, r.oid, 'MEMBER')`;

const PRIVILEGED_ROLES = [
  ...['pg_write_all_data', 'pg_read_all_data', 'pg_maintain', 'pg_execute_server_program', 'pg_write_server_files'],
  'pg_read_server_files',
];

const POWERS = `
  (SELECT coalesce(string_agg(DISTINCT given.power, ', ' ORDER BY given.power), '')
     FROM pg_roles r, LATERAL (VALUES (r.rolsuper, 'SUPERUSER'), (r.rolbypassrls, 'BYPASSRLS'), (r.rolreplication, 'REPLICATION'),
            (r.rolcreaterole, 'CREATEROLE'), (r.rolname = ANY ('{${PRIVILEGED_ROLES.join()}}'), 'the role ' || r.rolname),
            (has_parameter_privilege(r.oid, 'session_replication_role', 'SET, ALTER SYSTEM'), 'SET on session_replication_role')) AS given (is_given, power)
    WHERE given.is_given AND pg_has_role(l.oid, r.oid, 'MEMBER'))`;

/** Includes the rights of all roles of the session's login, because `SET ROLE` needs no password. */
const RIGHTS = `
  SELECT session_user::text AS login, ${POWERS} AS powers, pg_get_userbyid(c.relowner)::text AS owner,
         EXISTS (SELECT FROM pg_roles r WHERE (r.rolsuper OR r.rolname IN ('pg_execute_server_program', 'pg_write_server_files')) AND ${HAS_ROLE}) AS is_superuser,
         pg_has_role(session_user, c.relowner, 'MEMBER')
           OR l.rolcreaterole AND current_setting('server_version_num')::int < 160000 AS is_owner,
         (SELECT coalesce(string_agg(DISTINCT t.relname, ',' ORDER BY t.relname), '') FROM pg_class t, pg_roles r
           WHERE t.relnamespace = c.relnamespace AND t.relname = ANY ($1::text[]) AND ${HAS_ROLE}
             AND (has_table_privilege(r.oid, t.oid, 'UPDATE, DELETE, TRUNCATE, TRIGGER') OR has_any_column_privilege(r.oid, t.oid, 'UPDATE'))) AS changes,
         (SELECT coalesce(string_agg(name, ',' ORDER BY name), '')
            FROM unnest('{${LEDGER_ROLES.join()}}'::text[]) name JOIN pg_roles r ON r.rolname = name || ${ROLES_SUFFIX} WHERE ${HAS_ROLE}) AS roles,
         ${ROLES_SUFFIX} AS suffix
    FROM pg_class c, pg_roles l
   WHERE c.oid = to_regclass('audit_event') AND l.rolname = session_user`;

/** Returns the rights of a session's login; `undefined` if the session finds no ledger. Rejects with the error of the PostgreSQL client. */
export async function readLoginRights(session: LedgerQueries): Promise<LoginRights | undefined> {
  const [row] = await session.rows(RIGHTS, [APPEND_ONLY]);
  if (!row) return undefined;
  const formatList = (value: unknown): readonly string[] => String(value).split(',').filter(Boolean);
  return {
    login: String(row.login),
    isSuperuser: row.is_superuser === true,
    powers: String(row.powers),
    owner: String(row.owner),
    isOwner: row.is_owner === true,
    changes: formatList(row.changes),
    roles: formatList(row.roles),
    suffix: typeof row.suffix === 'string' ? row.suffix : '',
  };
}

const REPAIR = 'nestjs-audit-ledger migrate --repair --admin-url <address of a role that may create roles>';
const OWN_LOGIN =
  'Give the application a login of its own, and another one for sealing (sequencerUrl). ' +
  `Run: ${REPAIR} --database-url <address with a new login> --sequencer-url <address with another>`;

/** Returns the worst excess right of the login that adds events; `undefined` if it has none. */
export function findLoginFault(rights: LoginRights): LoginFault | undefined {
  const { login, isSuperuser, powers, owner, isOwner, changes, roles } = rights;
  if (isSuperuser) {
    const message = `The login ${login} is a superuser: everybody with its password can change and hide events.`;
    return { right: 'superuser', message, remedy: OWN_LOGIN };
  }
  if (isOwner) {
    const message = `The login ${login} acts for ${owner}, the owner of the ledger: it can disable triggers and change events.`;
    const remedy = `Separate the owner from the login. Run: ${REPAIR}. If the login has CREATEROLE, it can take that role again: ALTER ROLE ${login} NOCREATEROLE`;
    return { right: 'owner', message, remedy };
  }
  if (changes.length > 0) {
    const message = `The login ${login} may change ${changes.join(', ')}, and the migrations do not grant this right.`;
    return {
      right: 'changes',
      message,
      remedy: `Revoke the right from the login and its roles, and run: ${REPAIR}`,
    };
  }
  if (powers !== '') {
    const message = `The login ${login} has ${powers}: everybody with its password can pass the ledger's protection.`;
    return { right: 'powers', message, remedy: OWN_LOGIN };
  }
  if (!roles.some((role) => role === 'audit_sequencer' || role === 'audit_keeper')) return undefined;
  const message = `The login ${login} adds events and may also seal, retire or erase them: it can change waiting events, leaves and tiles, or remove events and persons.`;
  const remedy = `Give the sequencer a separate login (sequencerUrl, AUDIT_SEQUENCER_URL). Run: ${REPAIR} --sequencer-url <its address>`;
  return { right: 'seals', message, remedy };
}
