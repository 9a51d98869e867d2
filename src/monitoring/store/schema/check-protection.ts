import pg from 'pg';
import { VERIFIER } from '../ledger-roles.js';
import { LedgerSession, type LedgerQueries } from '../sessions/ledger-session.js';
import { ROLES_SUFFIX } from '../sessions/login-rights.js';
import { compareProtection, describeDifferences, buildExpected } from './compare-protection.js';
import { readProtection } from './read-protection.js';
import { listInstalledExtensions } from './installed-extensions.js';
import type { JsonObject } from '../../../audit/nest-free.js';
import { digestImages, parseExactly } from '../row-images.js';
import { hasExtension } from '../sessions/has-extension.js';
import { FIRST_ID } from '../id-time.js';

/**
 * Checks what protects a ledger from changes, in a snapshot of its own: its objects and rights against those that the migrations create, the
 * logins with excess rights, and the row images. Resolves with a sentence for each fault. No verdict depends on it, so `verifyLedger` does not
 * call it: a command runs both. Rejects with the error of the PostgreSQL client.
 *
 * @param database the connection URL, or a client with an open transaction
 */
export async function findUnprotected(database: string | pg.ClientBase): Promise<readonly string[]> {
  const snapshot =
    typeof database === 'string'
      ? await LedgerSession.open(database, VERIFIER)
      : await LedgerSession.within(database, VERIFIER);
  try {
    return [
      ...(await findAlteredImages(snapshot)),
      ...(await findOverprivilegedLogins(snapshot)),
      ...(await findWeakened(snapshot)),
    ];
  } finally {
    await snapshot.close();
  }
}

/** Compares the ledger's own objects, and objects on them, with those that the migrations create. Resolves and rejects as {@link findUnprotected}. */
export async function findWeakened(snapshot: LedgerSession): Promise<readonly string[]> {
  const runner = { query: async (text: string, values?: unknown[]) => snapshot.rows(text, values) };
  const found = await readProtection(runner);
  return [
    ...(await findLooseRights(snapshot)),
    ...describeDifferences(compareProtection(found, buildExpected(found, await listInstalledExtensions(runner)))),
  ];
}

/** Returns whether a sentence of {@link findWeakened} names an object that the migrations did not create. */
export function isForeignChange(message: string): boolean {
  return message.includes(" is not the ledger's");
}

const OWNER = `
  SELECT pg_get_userbyid(c.relowner)::text AS owner,
         string_agg(l.rolname || CASE WHEN l.rolcanlogin THEN '' ELSE ' (by a function)' END, ', ' ORDER BY l.rolname) AS logins
    FROM pg_class c JOIN pg_roles l ON NOT l.rolsuper AND pg_has_role(l.oid, c.relowner, 'MEMBER')
     AND (l.rolcanlogin OR l.oid <> c.relowner AND EXISTS (SELECT FROM pg_proc p WHERE p.proowner = l.oid AND p.prosecdef))
   WHERE c.oid = to_regclass('audit_event') GROUP BY c.relowner`;

/** Without the logins of `OWNER`. */
const BOTH = `
  SELECT string_agg(l.rolname, ', ' ORDER BY l.rolname) AS logins
    FROM pg_roles l, pg_class c
   WHERE c.oid = to_regclass('audit_event') AND l.rolcanlogin AND NOT l.rolsuper AND NOT pg_has_role(l.oid, c.relowner, 'MEMBER')
     AND has_database_privilege(l.oid, current_database(), 'CONNECT')
     AND 2 = (SELECT count(DISTINCT name = 'audit_writer') FROM unnest('{audit_writer,audit_sequencer,audit_keeper}'::text[]) name
                JOIN pg_roles role ON role.rolname = name || ${ROLES_SUFFIX} WHERE pg_has_role(l.oid, role.oid, 'MEMBER'))
  HAVING count(*) > 0`;

/** Finds logins with excess rights, which `doctor` reports in separate lines. */
async function findOverprivilegedLogins(snapshot: LedgerSession): Promise<readonly string[]> {
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

/** The owner of a schema of PostgreSQL's own role is the owner of the database. A role with CREATEROLE is an administrator. */
const SCHEMA = `
  SELECT n.nspname::text AS schema, pg_get_userbyid(c.relowner)::text AS owner, coalesce(r.rolname::text, 'everybody') AS who, creator.is_owner
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_database d ON d.datname = current_database(), LATERAL (
      SELECT CASE pg_get_userbyid(n.nspowner) WHEN 'pg_database_owner' THEN d.datdba ELSE n.nspowner END AS role, true AS is_owner
      UNION ALL
      SELECT e.grantee, false FROM aclexplode(n.nspacl) e WHERE e.privilege_type = 'CREATE' AND e.grantee <> n.nspowner) creator
    LEFT JOIN pg_roles r ON r.oid = creator.role
   WHERE c.oid = to_regclass('audit_event')
     AND (r.oid IS NULL OR NOT r.rolsuper AND NOT r.rolcreaterole AND NOT pg_has_role(r.oid, c.relowner, 'MEMBER')) ORDER BY 4 DESC, 3`;

const UNTRIGGERED = `
  SELECT coalesce(r.rolname::text, 'everybody') AS name FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole
   WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
     AND EXISTS (SELECT FROM unnest(s.setconfig) setting WHERE lower(setting) = 'session_replication_role=replica')
  UNION SELECT 'every login' FROM pg_settings
   WHERE name = 'session_replication_role' AND setting = 'replica' AND source IN ('configuration file', 'command line') ORDER BY 1`;

/** Finds sessions without triggers, and rights on the schema that the migrations do not grant. */
async function findLooseRights(snapshot: LedgerSession): Promise<readonly string[]> {
  return [
    ...(await snapshot.rows(UNTRIGGERED)).map(
      ({ name }) =>
        `Sessions of ${String(name)} begin without triggers (session_replication_role), which refuse changes of stored events. Run ALTER … RESET session_replication_role.`,
    ),
    ...(await snapshot.rows(SCHEMA)).map(({ schema, owner, who, is_owner: isOwner }) =>
      isOwner === true
        ? `The schema ${String(schema)} belongs to ${String(who)}, and the ledger to ${String(owner)}: ${String(who)} can create objects that run with the rights of the ledger. Run migrate --repair. For the schema public, run: ALTER SCHEMA public OWNER TO ${String(owner)}.`
        : `${String(who)} may create objects in the schema ${String(schema)}, which can run with the rights of the ledger. Run: REVOKE CREATE ON SCHEMA ${String(schema)} FROM ${who === 'everybody' ? 'PUBLIC' : String(who)}.`,
    ),
  ];
}

const PAGE = 200;
const MAX_LISTED = 20;

const IMAGES = `
  SELECT image.event_id AS id, image.before::text, image.after::text,
         coalesce(event.personal ->> '/details/imagesDigest', event.details ->> 'imagesDigest') AS digest
    FROM audit_row_image image JOIN audit_event event ON event.id = image.event_id
   WHERE image.event_id >= $1::uuid AND image.event_id IS DISTINCT FROM $2::uuid ORDER BY image.event_id LIMIT ${PAGE}`;

/**
 * Names at most 20 events whose row images differ from the digest in the event, a sentence each. Rejects with the error of the PostgreSQL
 * client.
 */
export async function findAlteredImages(snapshot: LedgerQueries, fromId = FIRST_ID): Promise<readonly string[]> {
  if (!(await hasExtension(snapshot, 'row-changes'))) return [];
  const altered: string[] = [];
  let [from, last]: [string, string | null] = [fromId, null];
  for (;;) {
    const rows = await snapshot.rows(IMAGES, [from, last]);
    altered.push(...rows.filter(isAltered).map(({ id }) => String(id)));
    if (rows.length < PAGE || altered.length >= MAX_LISTED) return altered.slice(0, MAX_LISTED).map(getDifferenceText);
    from = last = String(rows.at(-1)?.id);
  }
}

function getDifferenceText(id: string): string {
  return `The row images of event ${id} differ from the sealed images: somebody changed them in audit_row_image. Restore them from a backup.`;
}

function isAltered({ before, after, digest }: Readonly<Record<string, unknown>>): boolean {
  try {
    return digestImages({ before: parseImage(before), after: parseImage(after) }) !== digest;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return true;
    throw error;
  }
}

function parseImage(text: unknown): JsonObject | undefined {
  return typeof text === 'string' ? (parseExactly(text) as JsonObject) : undefined; // a JSON column
}
