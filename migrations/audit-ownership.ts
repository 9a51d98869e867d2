import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import type { MigrationRunner } from './audit-migration.types.js';

/** The role that owns the ledger, if the owner is separate from the application's login. This role cannot log in. */
export const LEDGER_OWNER = 'audit_owner';

export const LEDGER_ROLES = ['audit_writer', 'audit_sequencer', 'audit_reader', 'audit_keeper'] as const;

const WRITERS_ROLES = ['audit_writer', 'audit_reader'] as const;

const SEQUENCERS_ROLES = ['audit_sequencer', 'audit_reader', 'audit_keeper'] as const;

export interface Login {
  readonly login: string;
  /** The password for a login that is missing and is created. */
  readonly password?: string | undefined;
}

export interface Ownership extends Login {
  readonly schema: string;
  /** If absent, the application's login seals, retires and erases. */
  readonly sequencer?: Login | undefined;
}

const ROLE = `
  SELECT r.rolsuper AS is_super, r.rolcanlogin AS may_log_in,
         pg_has_role(current_user, r.oid, CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END) AS is_mine
    FROM pg_roles r WHERE r.rolname = $1`;
/** Several processes may migrate databases of one server at the same time, so the role may exist already. */
const MAKE_ROLE = (role: string): string => `
  DO $$ BEGIN
    CREATE ROLE ${quote(role)} NOLOGIN;
  EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
  END $$`;
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
  return [...(await makeRoles(runner, ownership)), ...(await makeSchema(runner, ownership.schema))];
}

/** Creates no schema, so that a dump of the database can be restored afterwards. */
export async function makeRoles(
  runner: MigrationRunner,
  { login, password, sequencer }: Omit<Ownership, 'schema'>,
): Promise<readonly string[]> {
  const did: string[] = [];
  for (const role of [LEDGER_OWNER, ...LEDGER_ROLES]) did.push(...(await makeRole(runner, role)));
  did.push(...(await grant(runner, LEDGER_ROLES, LEDGER_OWNER)));
  did.push(...(await makeLogin(runner, login, password)));
  did.push(...(await grant(runner, sequencer ? WRITERS_ROLES : LEDGER_ROLES, login)));
  if (!sequencer) return did;
  did.push(...(await makeLogin(runner, sequencer.login, sequencer.password)));
  did.push(...(await grant(runner, SEQUENCERS_ROLES, sequencer.login)));
  did.push(...(await revoke(runner, ['audit_sequencer', 'audit_keeper', LEDGER_OWNER], login)));
  return did;
}

export async function ownerOfLedger(runner: MigrationRunner, schema: string): Promise<string | undefined> {
  const [row] = await rowsOf(runner, LEDGER_OWNER_OF, [schema]);
  return typeof row?.owner === 'string' ? row.owner : undefined;
}

async function makeRole(runner: MigrationRunner, role: string): Promise<readonly string[]> {
  const [found] = await rowsOf(runner, ROLE, [role]);
  const did: string[] = [];
  if (!found) {
    await runner.query(MAKE_ROLE(role));
    did.push(`Created the role ${role}${role === LEDGER_OWNER ? ', which owns the ledger and cannot log in' : ''}.`);
  }
  // The role that migrates becomes a member unless it is a superuser, so that it can act as the owner, and grant the roles.
  if (found?.is_mine !== true && (await rowsOf(runner, ROLE, [role]))[0]?.is_mine !== true) {
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
  const [found] = await rowsOf(runner, ROLE, [login]);
  if (found) return [];
  const secret = password === undefined ? '' : ` PASSWORD '${scramSecret(password)}'`;
  await runner.query(`CREATE ROLE ${quote(login)} LOGIN${secret}`);
  return [`Created the login ${login}${password === undefined ? ', without a password' : ''}.`];
}

async function grant(runner: MigrationRunner, roles: readonly string[], to: string): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const role of roles) {
    const [row] = await rowsOf(runner, IS_MEMBER, [to, role, 'MEMBER']);
    if (row?.is_member !== true) missing.push(role);
  }
  if (missing.length === 0) return [];
  await runner.query(`GRANT ${missing.map(quote).join(', ')} TO ${quote(to)}`);
  return [`Granted ${missing.join(', ')} to ${to}.`];
}

async function revoke(runner: MigrationRunner, roles: readonly string[], from: string): Promise<readonly string[]> {
  const rows = await rowsOf(runner, GRANTED, [from, roles]);
  const granted = rows.map(({ role }) => String(role));
  if (granted.length === 0) return [];
  await runner.query(`REVOKE ${granted.map(quote).join(', ')} FROM ${quote(from)}`);
  return [`Revoked ${granted.join(', ')} from ${from}.`];
}

async function makeSchema(runner: MigrationRunner, schema: string): Promise<readonly string[]> {
  const [found] = await rowsOf(runner, SCHEMA_OWNER, [schema]);
  if (!found) {
    await runner.query(`CREATE SCHEMA ${quote(schema)} AUTHORIZATION ${quote(LEDGER_OWNER)}`);
    return [`Created the schema ${schema}, owned by ${LEDGER_OWNER}.`];
  }
  if (found.owner === LEDGER_OWNER) return [];
  const { 0: row } = await rowsOf(runner, `SELECT has_schema_privilege($1::name, $2, 'CREATE') AS may`, [
    LEDGER_OWNER,
    schema,
  ]);
  if (row?.may === true) return [];
  await runner.query(`GRANT USAGE, CREATE ON SCHEMA ${quote(schema)} TO ${quote(LEDGER_OWNER)}`);
  return [`Granted CREATE on the schema ${schema} to ${LEDGER_OWNER}.`];
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

async function rowsOf(runner: MigrationRunner, text: string, values: unknown[]): Promise<readonly Row[]> {
  return (await runner.query(text, values)) as readonly Row[]; // a runner returns rows, by its contract
}
