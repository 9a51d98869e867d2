import type { MigrationRunner } from '../../../../migrations/audit-migration.types.js';
import { LEDGER_OWNER, LEDGER_ROLES, quote } from '../../../../migrations/audit-ownership.js';
import { errorMessage } from '../../../audit/plain.js';
import { enterSchema, rowsOf } from './enter-schema.js';
import { compareProtection } from './compare-protection.js';
import { ANY_MONTH, EXPECTED, expectedWith } from './expected-protection.js';
import { planRepair, type RepairStep } from './plan-repair.js';
import { readNeighbours } from './read-neighbours.js';
import { readProtection, type Named, type Protection } from './read-protection.js';
import { roomsThere } from './rooms-there.js';
import { SchemaUnusableError } from './schema.error.js';

export interface RepairRequest {
  readonly schema: string;
  /** Whether `audit_owner` becomes the owner of the ledger; otherwise, the owner stays. */
  readonly isSeparate: boolean;
}

const SCHEMA = `
  SELECT quote_ident(nspname) AS name, quote_literal(nspname) AS literal, pg_get_userbyid(nspowner) AS owner
    FROM pg_namespace WHERE nspname = $1`;
const MISSING_ROLES = `
  SELECT role FROM unnest($1::text[]) role WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role)`;

const HIDDEN_RECORD = `
  SELECT FROM pg_class WHERE oid = to_regclass('audit_migration') AND NOT has_table_privilege('audit_reader', oid, 'SELECT')`;

/**
 * Restores the owners, grants, policies, triggers, functions, indexes and missing constraints of a ledger to the state that its migrations
 * create. For example, this function is used after a restore on a server without the ledger's roles. Runs in the caller's transaction.
 * Resolves with the changes, one sentence for each.
 *
 * @throws SchemaUnusableError (`AUDIT_SCHEMA_UNUSABLE`) without a ledger, and if objects with the ledger's prefix or of its roles do not come
 *   from its migrations, or triggers, rules or heirs. These objects must not get the owner's rights, because somebody else wrote their code.
 * @throws the error of the PostgreSQL client
 */
export async function repairLedger(runner: MigrationRunner, request: RepairRequest): Promise<readonly string[]> {
  const { schema, isSeparate } = request;
  const [place] = await rowsOf(runner, SCHEMA, [schema]);
  if (!place) throw SchemaUnusableError.noLedger(schema);
  await enterSchema(runner, schema);
  const before = await readProtection(runner);
  const ledger = before.tables.audit_event;
  if (!ledger) throw SchemaUnusableError.noLedger(schema);
  const neighbours = await readNeighbours(runner, before);
  const gaining = neighbours.flatMap(({ name, how }) => (['owned', 'prefixed', 'altering'].includes(how) ? name : []));
  const foreign = [...gaining, ...foreignTriggers(before)];
  if (foreign.length > 0) throw SchemaUnusableError.foreignObjects(schema, foreign);
  const owner = isSeparate ? LEDGER_OWNER : ledger.owner;
  const did = isSeparate ? [] : [...(await makeRoles(runner))];
  did.push(...(await giveTo(runner, owner, before, place)));
  await runner.query(`SET LOCAL ROLE ${quote(owner)}`);
  const months = Object.entries(before.tables).flatMap(([table, { isMonth }]) => (isMonth ? [table] : []));
  const names = { name: String(place.name), literal: String(place.literal), owner, months };
  const expected = expectedWith(await roomsThere(runner));
  const absent = Object.entries(expected.tables).find(([table, { isMonth }]) => !isMonth && !(table in before.tables));
  if (absent) throw SchemaUnusableError.incomplete(schema, absent[0]);
  for (const step of planRepair(compareProtection(await readProtection(runner), expected), names)) {
    did.push(await take(runner, step));
  }
  if ((await rowsOf(runner, HIDDEN_RECORD)).length > 0) {
    await runner.query('GRANT SELECT ON audit_migration TO audit_reader');
    did.push('Granted SELECT on TABLE "audit_migration" to audit_reader.');
  }
  return did;
}

function foreignTriggers(before: Protection): readonly string[] {
  return Object.entries(before.tables).flatMap(([table, { isMonth, triggers }]) => {
    const own = EXPECTED.tables[isMonth ? ANY_MONTH : table]?.triggers;
    const others = own ? Object.entries(triggers).filter(([name, { does }]) => does !== null && !(name in own)) : [];
    return others.map(([name]) => `trigger ${name} of ${table}`);
  });
}

async function take(runner: MigrationRunner, { did, statements, otherwise }: RepairStep): Promise<string> {
  try {
    await runner.query('SAVEPOINT step');
    for (const statement of statements) await runner.query(statement);
    await runner.query('RELEASE SAVEPOINT step');
    return did;
  } catch (error) {
    if (otherwise === undefined) throw error;
    await runner.query('ROLLBACK TO SAVEPOINT step');
    return `${otherwise}: ${errorMessage(error)}.`;
  }
}

async function makeRoles(runner: MigrationRunner): Promise<readonly string[]> {
  const missing = (await rowsOf(runner, MISSING_ROLES, [LEDGER_ROLES])).map(({ role }) => String(role));
  for (const role of missing) await runner.query(`CREATE ROLE ${quote(role)} NOLOGIN`);
  return missing.map((role) => `Created the role ${role}.`);
}

async function giveTo(
  runner: MigrationRunner,
  owner: string,
  before: Protection,
  place: Named<unknown>,
): Promise<readonly string[]> {
  const did: string[] = [];
  const isPublic = place.owner === 'pg_database_owner' || place.name === 'public';
  if (place.owner !== owner && !isPublic) {
    await runner.query(`ALTER SCHEMA ${String(place.name)} OWNER TO ${quote(owner)}`);
    did.push(`Gave the schema ${String(place.name)} to ${owner}.`);
  }
  for (const [table, { owner: now }] of Object.entries(before.tables)) {
    if (now === owner) continue;
    await runner.query(`ALTER TABLE ${quote(table)} OWNER TO ${quote(owner)}`);
    did.push(`Gave the table ${table} to ${owner}.`);
  }
  for (const [signature, { owner: now }] of Object.entries(before.functions)) {
    if (now === owner || !Object.hasOwn(EXPECTED.functions, signature)) continue;
    await runner.query(`ALTER FUNCTION ${signature} OWNER TO ${quote(owner)}`);
    did.push(`Gave the function ${signature} to ${owner}.`);
  }
  return did;
}
