import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import type { MigrationRunner } from './audit-migration.types.js';

/** The role that owns the ledger, without the suffix of {@link rolesSuffix}, if the owner is separate from the application's login. This role cannot log in. */
export const LEDGER_OWNER = 'audit_owner';

/** The roles of a ledger, without the suffix of {@link rolesSuffix}. */
export const LEDGER_ROLES = ['audit_writer', 'audit_sequencer', 'audit_reader', 'audit_keeper'] as const;

const PLAIN_NAMES = /\baudit_(owner|writer|sequencer|reader|keeper)\b/g;

/** Puts the suffix of a ledger's roles after each of their plain names in a text, such as SQL. */
export function withSuffix(text: string, suffix: string): string {
  return text.replace(PLAIN_NAMES, `$&${suffix}`);
}

/** Whether a role has the name of a role of some ledger. */
export function isLedgerRole(role: string): boolean {
  return /^audit_(owner|writer|sequencer|reader|keeper)(_[0-9a-f]{8})?$/.test(role);
}

/**
 * The first free suffix, and the one that the ledger has. A suffix is free if another ledger of the server does not use its roles: another
 * database, or another schema. The name of a renamed database may have been used again, and a copy of a database has the names of the original.
 */
const SUFFIXES = `
  WITH own AS (
    SELECT substring(p.prosrc FROM 'audit_reader(_[0-9a-f]{8})') AS suffix, n.nspname = $1 AS is_here
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.proname = 'audit_role' AND p.prosrc ~ 'audit_reader_[0-9a-f]{8}' AND p.pronargs = 1
  ), candidate AS (
    SELECT '_' || left(md5(format('%s.%s.%s', current_database(), $1::text, nth)), 8) AS suffix, nth FROM generate_series(0, 99) nth
    UNION ALL SELECT suffix, -1 FROM own WHERE is_here
  ), used AS (
    SELECT DISTINCT right(r.rolname, 9) AS suffix FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid
     WHERE d.refclassid = 'pg_authid'::regclass AND d.dbid NOT IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
       AND r.rolname ~ '^audit_(owner|writer|sequencer|reader|keeper)_[0-9a-f]{8}$'
    UNION SELECT suffix FROM own WHERE NOT is_here
  )
  SELECT (SELECT suffix FROM candidate WHERE suffix NOT IN (SELECT suffix FROM used WHERE suffix IS NOT NULL) ORDER BY nth LIMIT 1) AS free,
         (SELECT suffix FROM candidate WHERE nth = 0) AS first, (SELECT suffix FROM own WHERE is_here) AS found`;

/**
 * Returns the end of the names of a ledger's roles, such as `_1a2b3c4d`. Roles belong to the whole server, so their names must differ between
 * ledgers. A ledger keeps its suffix in its function `audit_role`. A new ledger gets one from the names of its database and schema, so that
 * an administrator can create the roles before.
 *
 * @param leavesShared whether a copy gets a suffix of its own if it shares the roles of the original
 */
export async function rolesSuffix(runner: MigrationRunner, schema: string, leavesShared = false): Promise<string> {
  const [{ free, first, found } = {}] = await queryRows(runner, SUFFIXES, [schema]);
  return String(typeof found === 'string' && (found === first || !leavesShared) ? found : free);
}

/** Runs SQL files with the names of the roles of the ledger in the current schema. */
export async function runFiles<Name extends string>(
  runner: MigrationRunner,
  sql: Readonly<Record<Name, string>>,
  names: readonly Name[],
): Promise<void> {
  const [row] = await queryRows(runner, 'SELECT current_schema() AS schema', []);
  const suffix = await rolesSuffix(runner, String(row?.schema));
  for (const name of names) await runner.query(withSuffix(sql[name], suffix));
}

const WRITERS_ROLES = ['audit_writer', 'audit_reader'] as const;

const SEQUENCERS_ROLES = ['audit_sequencer', 'audit_reader', 'audit_keeper'] as const;

export interface Login {
  readonly login: string;
  /** The password for a login that is missing and is created. */
  readonly password?: string | undefined;
}

export interface Ownership extends Login {
  readonly schema: string;
  /** See {@link rolesSuffix}. */
  readonly suffix: string;
  /** If absent, the application's login seals, retires and erases. */
  readonly sequencer?: Login | undefined;
}

const ROLE = `
  SELECT r.rolsuper AS is_super, r.rolcanlogin AS may_log_in,
         pg_has_role(current_user, r.oid, CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END) AS is_mine
    FROM pg_roles r WHERE r.rolname = $1`;
const IS_MEMBER = 'SELECT pg_has_role($1::name, $2::name, $3) AS is_member';
const GRANTED = `
  SELECT DISTINCT role.rolname::text AS role
    FROM pg_auth_members m JOIN pg_roles role ON role.oid = m.roleid JOIN pg_roles member ON member.oid = m.member
   WHERE member.rolname = $1 AND role.rolname = ANY ($2::text[]) ORDER BY 1`;
const SCHEMA_OWNER = 'SELECT pg_get_userbyid(nspowner) AS owner FROM pg_namespace WHERE nspname = $1';
const LEDGER_OWNER_OF = `
  SELECT pg_get_userbyid(c.relowner) AS owner
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = 'audit_event'`;

type Row = Readonly<Record<string, unknown>>;

/** Runs in the caller's transaction, as a role that may create roles. The logins never get the owner's rights. */
export async function separateOwner(runner: MigrationRunner, ownership: Ownership): Promise<readonly string[]> {
  const { schema, suffix } = ownership;
  return [...(await makeRoles(runner, ownership)), ...(await makeSchema(runner, schema, ownerWith(suffix)))];
}

/** Returns the name of the role that owns the ledger whose roles have this suffix. */
export function ownerWith(suffix: string): string {
  return LEDGER_OWNER + suffix;
}

/** Creates no schema, so that a dump of the database can be restored afterwards. */
export async function makeRoles(
  runner: MigrationRunner,
  { login, password, sequencer, suffix }: Omit<Ownership, 'schema'>,
): Promise<readonly string[]> {
  const did: string[] = [];
  const named = (roles: readonly string[]): readonly string[] => roles.map((role) => role + suffix);
  for (const role of named([LEDGER_OWNER, ...LEDGER_ROLES])) did.push(...(await makeRole(runner, role)));
  did.push(...(await grant(runner, named(LEDGER_ROLES), ownerWith(suffix))));
  did.push(...(await makeLogin(runner, login, password)));
  did.push(...(await grant(runner, named(sequencer ? WRITERS_ROLES : LEDGER_ROLES), login)));
  if (!sequencer) return did;
  did.push(...(await makeLogin(runner, sequencer.login, sequencer.password)));
  did.push(...(await grant(runner, named(SEQUENCERS_ROLES), sequencer.login)));
  did.push(...(await revoke(runner, named(['audit_sequencer', 'audit_keeper', LEDGER_OWNER]), login)));
  return did;
}

export async function ownerOfLedger(runner: MigrationRunner, schema: string): Promise<string | undefined> {
  const [row] = await queryRows(runner, LEDGER_OWNER_OF, [schema]);
  return typeof row?.owner === 'string' ? row.owner : undefined;
}

async function makeRole(runner: MigrationRunner, role: string): Promise<readonly string[]> {
  const [found] = await queryRows(runner, ROLE, [role]);
  const did: string[] = [];
  if (!found) {
    await runner.query(`CREATE ROLE ${quote(role)} NOLOGIN`);
    const isOwner = role.startsWith(LEDGER_OWNER);
    did.push(`Created the role ${role}${isOwner ? ', which owns the ledger and cannot log in' : ''}.`);
  }
  // The role that migrates becomes a member unless it is a superuser, so that it can act as the owner, and grant the roles.
  if (found?.is_mine !== true && (await queryRows(runner, ROLE, [role]))[0]?.is_mine !== true) {
    await runner.query(`GRANT ${quote(role)} TO CURRENT_USER`);
    did.push(`Granted ${role} to the role that migrates.`);
  }
  return did;
}

async function makeLogin(
  runner: MigrationRunner,
  login: string,
  password: string | undefined,
): Promise<readonly string[]> {
  const [found] = await queryRows(runner, ROLE, [login]);
  if (found) return [];
  const secret = password === undefined ? '' : ` PASSWORD '${scramSecret(password)}'`;
  await runner.query(`CREATE ROLE ${quote(login)} LOGIN${secret}`);
  return [`Created the login ${login}${password === undefined ? ', without a password' : ''}.`];
}

async function grant(runner: MigrationRunner, roles: readonly string[], to: string): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const role of roles) {
    const [row] = await queryRows(runner, IS_MEMBER, [to, role, 'MEMBER']);
    if (row?.is_member !== true) missing.push(role);
  }
  if (missing.length === 0) return [];
  await runner.query(`GRANT ${missing.map(quote).join(', ')} TO ${quote(to)}`);
  return [`Granted ${missing.join(', ')} to ${to}.`];
}

async function revoke(runner: MigrationRunner, roles: readonly string[], from: string): Promise<readonly string[]> {
  const rows = await queryRows(runner, GRANTED, [from, roles]);
  const granted = rows.map(({ role }) => String(role));
  if (granted.length === 0) return [];
  await runner.query(`REVOKE ${granted.map(quote).join(', ')} FROM ${quote(from)}`);
  return [`Revoked ${granted.join(', ')} from ${from}.`];
}

async function makeSchema(runner: MigrationRunner, schema: string, owner: string): Promise<readonly string[]> {
  const [found] = await queryRows(runner, SCHEMA_OWNER, [schema]);
  if (!found) {
    await runner.query(`CREATE SCHEMA ${quote(schema)} AUTHORIZATION ${quote(owner)}`);
    return [`Created the schema ${schema}, owned by ${owner}.`];
  }
  if (found.owner === owner) return [];
  const { 0: row } = await queryRows(runner, `SELECT has_schema_privilege($1::name, $2, 'CREATE') AS may`, [
    owner,
    schema,
  ]);
  if (row?.may === true) return [];
  await runner.query(`GRANT USAGE, CREATE ON SCHEMA ${quote(schema)} TO ${quote(owner)}`);
  return [`Granted CREATE on the schema ${schema} to ${owner}.`];
}

export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

const ITERATIONS = 4_096;

/** PostgreSQL stores this form of a password (RFC 5803), so no statement and no log contains the password itself. */
function scramSecret(password: string, salt: Buffer = randomBytes(16)): string {
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, ITERATIONS, 32, 'sha256');
  const key = (name: string): Buffer => createHmac('sha256', salted).update(name).digest();
  const stored = createHash('sha256').update(key('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${stored}:${key('Server Key').toString('base64')}`;
}

async function queryRows(runner: MigrationRunner, text: string, values: unknown[]): Promise<readonly Row[]> {
  return (await runner.query(text, values)) as readonly Row[]; // a runner returns rows, by its contract
}
