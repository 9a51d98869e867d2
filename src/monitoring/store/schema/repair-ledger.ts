import type { MigrationRunner } from '../../../../migrations/audit-migration.types.js';
import { LEDGER_ROLES, ownerWith, quote } from '../../../../migrations/audit-ownership.js';
import { errorMessage } from '../../../audit/nest-free.js';
import { enterSchema, rowsOf } from './enter-schema.js';
import { compareProtection, withoutCopies, type Difference } from './compare-protection.js';
import { describeDifferences, objectOf } from './describe-differences.js';
import { expectedFor, isLedgersFunction, ownerIn } from './expected-protection.js';
import { stepFor } from './plan-repair.js';
import { readNeighbours } from './read-neighbours.js';
import { readProtection, type DumpLine } from './read-protection.js';
import { roomsThere } from './rooms-there.js';
import { schemaErrors } from './schema.errors.js';

export interface RepairRequest {
  readonly schema: string;
  /** Whether the ledger's role `audit_owner_…` becomes its owner; otherwise, the owner stays. */
  readonly isSeparate: boolean;
  /** The end of the names of the ledger's roles. */
  readonly suffix: string;
}

const SCHEMA = `
  SELECT quote_ident(nspname) AS name, quote_literal(nspname) AS literal, pg_get_userbyid(nspowner) AS owner
    FROM pg_namespace WHERE nspname = $1`;
const MISSING_ROLES = `
  SELECT role FROM unnest($1::text[]) role WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role)`;

const HIDDEN_RECORD = `
  SELECT FROM pg_class WHERE oid = to_regclass('audit_migration') AND NOT has_table_privilege($1, oid, 'SELECT')`;

/** Functions come first, because policies and triggers call them. Revoking a right on a table also revokes it on the columns. */
const PASSES: readonly ((difference: Difference) => boolean)[] = [
  ({ kind }) => kind === 'function',
  ({ kind }) => kind !== 'function' && kind !== 'right',
  ({ kind, how }) => kind === 'right' && how === 'foreign',
  ({ kind }) => kind === 'right',
];

/** The statements for these can fail because of the rows, or because of the rights of the administrator. The other repairs then continue. */
const MAY_FAIL = /^(constraint|index|role)$/;

/**
 * Restores the owners, grants, policies, triggers, functions, indexes and missing constraints of a ledger to the state that its migrations
 * create. For example, this function is used after a restore on a server without the ledger's roles. Runs in the caller's transaction.
 * Compares the ledger again at the end. Resolves with one sentence for each change, and for each difference that is left.
 *
 * @throws `AUDIT_SCHEMA_UNUSABLE` without a ledger or with a missing table, and if objects with the ledger's prefix or of
 *   its roles do not come from its migrations, or triggers, rules or heirs. These objects must not get the owner's rights, because somebody
 *   else wrote their code.
 * @throws the error of the PostgreSQL client
 */
export async function repairLedger(runner: MigrationRunner, request: RepairRequest): Promise<readonly string[]> {
  const { schema, isSeparate, suffix } = request;
  const [place] = await rowsOf(runner, SCHEMA, [schema]);
  if (!place) throw schemaErrors.AUDIT_SCHEMA_UNUSABLE.noLedger(schema);
  await enterSchema(runner, schema);
  const before = await readProtection(runner);
  const current = ownerIn(before);
  if (current === undefined || !before.some(isLedger)) throw schemaErrors.AUDIT_SCHEMA_UNUSABLE.noLedger(schema);
  const rooms = await roomsThere(runner);
  const compare = (found: readonly DumpLine[]): readonly Difference[] =>
    compareProtection(found, expectedFor(found, rooms, suffix));
  await refuseForeign(runner, schema, before, compare(before));
  const owner = isSeparate ? ownerWith(suffix) : current;
  const did = isSeparate ? [] : [...(await makeRoles(runner, suffix))];
  did.push(...(await giveTo(runner, owner, before, place)));
  await runner.query(`SET LOCAL ROLE ${quote(owner)}`);
  await runner.query('SET LOCAL check_function_bodies = off'); // a function may call one that is restored after it
  const months = before.flatMap(({ kind, of, on }) => (kind === 'table' && of === 'month' ? on : []));
  const names = { name: String(place.name), literal: String(place.literal), owner, suffix, months };
  const failures = new Map<string, string>();
  const done: [string, string][] = [];
  for (const isOfPass of PASSES) {
    for (const each of compare(await readProtection(runner)).filter(isOfPass)) {
      const step = stepFor(each, names);
      if (step === undefined) continue;
      const failure = await take(runner, step.statements, MAY_FAIL.test(each.kind));
      if (failure === undefined) done.push([keyOf(each), step.did]);
      else failures.set(keyOf(each), failure);
    }
  }
  const left = compare(await readProtection(runner));
  const isLeft = new Set(left.map(keyOf));
  did.push(...done.flatMap(([key, sentence]) => (isLeft.has(key) ? [] : sentence)));
  did.push(...describeLeft(left, failures));
  const reader = `audit_reader${suffix}`;
  if ((await rowsOf(runner, HIDDEN_RECORD, [reader])).length > 0) {
    await runner.query(`GRANT SELECT ON audit_migration TO ${reader}`);
    did.push(`Granted SELECT on table audit_migration to ${reader}.`);
  }
  return did;
}

function isLedger({ kind, on, text }: DumpLine): boolean {
  return kind === 'table' && on === 'audit_event' && text === 'partitioned table';
}

async function refuseForeign(
  runner: MigrationRunner,
  schema: string,
  before: readonly DumpLine[],
  differences: readonly Difference[],
): Promise<void> {
  const neighbours = await readNeighbours(runner, before);
  const gaining = neighbours.flatMap(({ name, how }) => (['owned', 'prefixed', 'altering'].includes(how) ? name : []));
  const triggers = withoutCopies(differences).filter(({ kind, how }) => kind === 'trigger' && how === 'foreign');
  const foreign = [...gaining, ...triggers.map(objectOf)];
  if (foreign.length > 0) throw schemaErrors.AUDIT_SCHEMA_UNUSABLE.foreignObjects(schema, foreign);
  const absent = differences.find(({ kind, of }) => kind === 'table' && of === 'table');
  if (absent) throw schemaErrors.AUDIT_SCHEMA_UNUSABLE.incomplete(schema, absent.on);
}

function describeLeft(left: readonly Difference[], failures: ReadonlyMap<string, string>): readonly string[] {
  const failed = left.flatMap((each) => {
    const failure = failures.get(keyOf(each));
    return failure === undefined ? [] : `Cannot repair the ${objectOf(each)}: ${failure}.`;
  });
  const others = left.filter((each) => each.of !== 'server' && !failures.has(keyOf(each)));
  return [...failed, ...describeDifferences(others).map((sentence) => `Not repaired: ${sentence}`)];
}

function keyOf({ kind, of, on, name, how }: Difference): string {
  return JSON.stringify([kind, of, on, name, how]);
}

/** Returns the message of a refusal by the server, if these statements may fail. */
async function take(
  runner: MigrationRunner,
  statements: readonly string[],
  mayFail: boolean,
): Promise<string | undefined> {
  try {
    await runner.query('SAVEPOINT step');
    for (const statement of statements) await runner.query(statement);
    await runner.query('RELEASE SAVEPOINT step');
    return undefined;
  } catch (error) {
    if (!mayFail) throw error;
    await runner.query('ROLLBACK TO SAVEPOINT step');
    return errorMessage(error);
  }
}

async function makeRoles(runner: MigrationRunner, suffix: string): Promise<readonly string[]> {
  const wanted = LEDGER_ROLES.map((role) => role + suffix);
  const missing = (await rowsOf(runner, MISSING_ROLES, [wanted])).map(({ role }) => String(role));
  for (const role of missing) await runner.query(`CREATE ROLE ${quote(role)} NOLOGIN`);
  return missing.map((role) => `Created the role ${role}.`);
}

async function giveTo(
  runner: MigrationRunner,
  owner: string,
  before: readonly DumpLine[],
  place: Readonly<Record<string, unknown>>,
): Promise<readonly string[]> {
  const did: string[] = [];
  const isPublic = place.owner === 'pg_database_owner' || place.name === 'public';
  if (place.owner !== owner && !isPublic) {
    await runner.query(`ALTER SCHEMA ${String(place.name)} OWNER TO ${quote(owner)}`);
    did.push(`Gave the schema ${String(place.name)} to ${owner}.`);
  }
  for (const { kind, of, on, text: now } of before) {
    if (kind !== 'owner' || now === owner || (of === 'function' && !isLedgersFunction(on))) continue;
    const what = of === 'function' ? 'function' : 'table';
    await runner.query(`ALTER ${what.toUpperCase()} ${on} OWNER TO ${quote(owner)}`);
    did.push(`Gave the ${what} ${on} to ${owner}.`);
  }
  return did;
}
