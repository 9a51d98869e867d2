import { randomBytes } from 'node:crypto';
import type { MigrationRunner } from '../../../../../migrations/audit-migration.types.js';
import { AUDIT_MIGRATIONS } from '../../../../../migrations/audit-migrations.js';
import { LEDGER_OWNER, LEDGER_ROLES, quote } from '../../../../../migrations/audit-ownership.js';
import { enterSchema, rowsOf } from './enter-schema.js';
import { planRepair, remakePolicy } from './plan-repair.js';
import { readProtection, type Protection } from './read-protection.js';
import { SchemaUnusableError } from './schema.error.js';

/** What a repair is of. */
export interface RepairRequest {
  readonly schema: string;
  /** Whether the ledger is to belong to `audit_owner`; else it keeps its owner. */
  readonly isSeparate: boolean;
}

const SCHEMA = `
  SELECT quote_ident(nspname) AS name, quote_literal(nspname) AS literal, pg_get_userbyid(nspowner) AS owner
    FROM pg_namespace WHERE nspname = $1`;
const MISSING_ROLES = `
  SELECT role FROM unnest($1::text[]) role WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role)`;

/**
 * Puts owners, grants, policies, triggers and functions of a ledger back to what its migrations make them, as after a restore
 * on a server without the ledger's roles. The measure is the ledger itself, made once more in a schema that is gone again when
 * this resolves. In the caller's transaction. Resolves with what it did, a sentence each.
 *
 * @throws SchemaUnusableError (`AUDIT_SCHEMA_UNUSABLE`) where there is no ledger; else rejects with the client's error
 */
export async function repairLedger(runner: MigrationRunner, request: RepairRequest): Promise<readonly string[]> {
  const { schema, isSeparate } = request;
  const [place] = await rowsOf(runner, SCHEMA, [schema]);
  if (!place) throw SchemaUnusableError.noLedger(schema);
  await enterSchema(runner, schema);
  const before = await readProtection(runner, schema);
  const ledger = before.tables.get('audit_event');
  if (!ledger) throw SchemaUnusableError.noLedger(schema);
  const owner = isSeparate ? LEDGER_OWNER : ledger.owner;
  const did = isSeparate ? [] : [...(await makeRoles(runner))];
  did.push(...(await giveTo(runner, owner, before, place)));
  const { expected, rewritten } = await readAnew(runner, owner);
  await runner.query(`SET LOCAL ROLE ${quote(owner)}`);
  const month = [...expected.tables].find(([, { isMonth }]) => isMonth)?.[0] ?? '';
  const months = [...before.tables].filter(([, { isMonth }]) => isMonth).map(([table]) => table);
  const names = { name: String(place.name), literal: String(place.literal), owner, months, rewritten };
  const absent = [...expected.tables].filter(([table, { isMonth }]) => !isMonth && !before.tables.has(table));
  if (absent.length > 0) throw SchemaUnusableError.incomplete(schema, absent[0]?.[0] ?? '');
  for (const step of planRepair(await readProtection(runner, schema), expected, names, month)) {
    for (const statement of step.statements) await runner.query(statement);
    did.push(step.did);
  }
  return did;
}

async function makeRoles(runner: MigrationRunner): Promise<readonly string[]> {
  const missing = (await rowsOf(runner, MISSING_ROLES, [LEDGER_ROLES])).map(({ role }) => String(role));
  for (const role of missing) await runner.query(`CREATE ROLE ${quote(role)} NOLOGIN`);
  return missing.map((role) => `Created the role ${role}.`);
}

type Row = Readonly<Record<string, unknown>>;

async function giveTo(
  runner: MigrationRunner,
  owner: string,
  before: Protection,
  place: Row,
): Promise<readonly string[]> {
  const did: string[] = [];
  const isPublic = place.owner === 'pg_database_owner' || place.name === 'public';
  if (place.owner !== owner && !isPublic) {
    await runner.query(`ALTER SCHEMA ${String(place.name)} OWNER TO ${quote(owner)}`);
    did.push(`Gave the schema ${String(place.name)} to ${owner}.`);
  }
  for (const [table, { owner: now }] of before.tables) {
    if (now === owner) continue;
    await runner.query(`ALTER TABLE ${quote(table)} OWNER TO ${quote(owner)}`);
    did.push(`Gave the table ${table} to ${owner}.`);
  }
  for (const [signature, { owner: now }] of before.functions) {
    if (now === owner) continue;
    await runner.query(`ALTER FUNCTION ${signature} OWNER TO ${quote(owner)}`);
    did.push(`Gave the function ${signature} to ${owner}.`);
  }
  return did;
}

interface Anew {
  readonly expected: Protection;
  readonly rewritten: ReadonlyMap<string, string>;
}

/** What the migrations make for an owner, in a schema that is gone again. */
async function readAnew(runner: MigrationRunner, owner: string): Promise<Anew> {
  const other = `audit_repair_${randomBytes(6).toString('hex')}`;
  await runner.query('SAVEPOINT audit_repair');
  try {
    await runner.query(`CREATE SCHEMA ${other} AUTHORIZATION ${quote(owner)}`);
    await runner.query(`SET LOCAL ROLE ${quote(owner)}`);
    await enterSchema(runner, other);
    for (const Migration of AUDIT_MIGRATIONS) await new Migration().up(runner);
    const expected = await readProtection(runner, other);
    return { expected, rewritten: await rewritePolicies(runner, expected, other) };
  } finally {
    await runner.query('ROLLBACK TO SAVEPOINT audit_repair'); // search path and role are again what they were
  }
}

async function rewritePolicies(
  runner: MigrationRunner,
  { tables }: Protection,
  schema: string,
): Promise<ReadonlyMap<string, string>> {
  for (const [table, { policies }] of tables) {
    for (const [name, text] of policies) {
      for (const statement of remakePolicy(quote(table), name, text)) await runner.query(statement);
    }
  }
  const again = await readProtection(runner, schema);
  return new Map(
    [...again.tables].flatMap(([table, { policies }]) =>
      [...policies].map(([name, text]): [string, string] => [`${table}.${name}`, text]),
    ),
  );
}
