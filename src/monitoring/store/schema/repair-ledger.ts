import type { MigrationRunner } from '../../../../migrations/audit-migration.types.js';
import { AUDIT_EXTENSIONS, sqlWith } from '../../../../migrations/audit-migrations.js';
import { isLedgerRole, LEDGER_ROLES, ownerWith, quote, withSuffix } from '../../../../migrations/audit-ownership.js';
import { LEDGER_SQL } from '../sql/ledger-sql.js';
import { enterSchema, queryRows } from './enter-schema.js';
import {
  compareProtection,
  describeDifferences,
  formatObject,
  getRoleName,
  omitDuplicates,
  type Difference,
  buildExpected,
  isLedgersFunction,
  findOwner,
} from './compare-protection.js';
import { replaceSchema, readProtection, TABLE_PLACEHOLDER, type DumpLine, type Kind } from './read-protection.js';
import { listInstalledExtensions } from './installed-extensions.js';
import { schemaErrors } from '../../errors/schema.errors.js';

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
const HIDDEN_RECORD = `
  SELECT FROM pg_class WHERE oid = to_regclass('audit_migration') AND NOT has_table_privilege($1, oid, 'SELECT')`;

/**
 * Restores the owners, grants, policies, triggers, functions and indexes of a ledger to the state that its migrations create, for example
 * after a restore on a server without the ledger's roles. Compares the ledger with that state, runs the SQL of that state once more if
 * anything differs, and compares again. Runs in the caller's transaction. Resolves with one sentence for each change, and for each difference
 * that is left, such as a changed column or constraint.
 *
 * @throws `AUDIT_SCHEMA_UNUSABLE` without a ledger or with a missing table, and for functions, triggers or rules that do not come from its
 *   migrations: somebody else wrote their code, which must not get the owner's rights
 * @throws the error of the PostgreSQL client
 */
export async function repairLedger(runner: MigrationRunner, request: RepairRequest): Promise<readonly string[]> {
  const { schema, isSeparate, suffix } = request;
  const [objectNames] = await queryRows(runner, SCHEMA, [schema]);
  if (!objectNames) throw schemaErrors.AUDIT_SCHEMA_UNUSABLE.noLedger(schema);
  await enterSchema(runner, schema);
  const before = await readProtection(runner);
  const current = findOwner(before);
  if (current === undefined || !before.some(isLedger)) throw schemaErrors.AUDIT_SCHEMA_UNUSABLE.noLedger(schema);
  const extensions = await listInstalledExtensions(runner);
  const expected = buildExpected(before, extensions, suffix);
  const differing = compareProtection(before, expected).filter(isOwn);
  assertNoForeign(schema, differing);
  const owner = isSeparate ? ownerWith(suffix) : current;
  if (!isSeparate) await runner.query(withSuffix(LEDGER_SQL['setup/roles'], suffix));
  const did = [...(await reassignOwner(runner, owner, before, objectNames))];
  await runner.query(`SET LOCAL ROLE ${quote(owner)}`);
  if (differing.length > 0) {
    const names = { name: String(objectNames.name), literal: String(objectNames.literal), owner, suffix };
    for (const statement of buildStatements(expected, before, names)) await runner.query(statement);
  }
  const after = await readProtection(runner);
  const left = compareProtection(after, buildExpected(after, extensions, suffix)).filter(isOwn);
  const isLeft = new Set(left.map(toDifferenceKey));
  const done = omitDuplicates(differing).filter((each) => each.kind !== 'owner' && !isLeft.has(toDifferenceKey(each)));
  did.push(...done.map((each) => describeDone(each, String(objectNames.name), owner)));
  did.push(...describeDifferences(left).map((message) => `Not repaired: ${message}`));
  const reader = `audit_reader${suffix}`;
  if ((await queryRows(runner, HIDDEN_RECORD, [reader])).length > 0) {
    await runner.query(`GRANT SELECT ON audit_migration TO ${reader}`);
    did.push(`Granted SELECT on table audit_migration to ${reader}.`);
  }
  return did;
}

function isLedger({ kind, on, text }: DumpLine): boolean {
  return kind === 'table' && on === 'audit_event' && text === 'partitioned table';
}

function isOwn({ kind }: Difference): boolean {
  return kind !== 'other ledger';
}

function assertNoForeign(schema: string, differences: readonly Difference[]): void {
  const foreign = omitDuplicates(differences).filter(
    ({ kind, how }) => how === 'foreign' && /^(function|trigger|rule)$/.test(kind),
  );
  if (foreign.length > 0) throw schemaErrors.AUDIT_SCHEMA_UNUSABLE.foreignObjects(schema, foreign.map(formatObject));
  const absent = differences.find(({ kind, of }) => kind === 'table' && of === 'table');
  if (absent) throw schemaErrors.AUDIT_SCHEMA_UNUSABLE.incomplete(schema, absent.on);
}

/** The names that the statements of a repair use: the schema's name as an identifier and as a text, the owner, and the end of the roles' names. */
type RepairNames = Readonly<Record<'name' | 'literal' | 'owner' | 'suffix', string>>;

/** Functions come first, because policies and triggers call them; rights come last, because triggers need a right that the owner loses. */
const ORDER: readonly Kind[] = ['function', 'row security', 'index', 'policy', 'trigger', 'right'];

/** Returns the statements that create what the migrations create, without changing what is there. Rights are revoked, and granted again. */
function buildStatements(
  expected: readonly DumpLine[],
  before: readonly DumpLine[],
  names: RepairNames,
): readonly string[] {
  const owner = quote(names.owner);
  const granted = before
    .flatMap(({ kind, name }) => (kind === 'right' ? getRoleName(name) : []))
    .filter((role) => isLedgerRole(role) && role !== names.owner);
  const roles = [...new Set([...granted, ...LEDGER_ROLES.map((role) => role + names.suffix)])].join(', ');
  const from = `PUBLIC, ${roles}`;
  const tables = expected.flatMap(({ kind, on }) => (kind === 'table' ? on : []));
  const sequences = before.flatMap(({ kind, of, on }) => (kind === 'right' && of === 'sequence' ? on : []));
  const creating = (kind: Kind): readonly string[] =>
    expected.flatMap((line) => (line.kind === kind ? buildCreation(line, names) : []));
  return [
    'SET LOCAL check_function_bodies = off', // a function may call one that is restored after it
    ...tables.map((table) => `ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY`),
    `GRANT TRIGGER ON ${tables.join(', ')} TO ${owner}`,
    ...ORDER.slice(0, -1).flatMap(creating),
    `REVOKE ALL ON ${tables.join(', ')} FROM ${from}`,
    `REVOKE SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON ${tables.join(', ')} FROM ${owner}`,
    ...sequences.map((sequence) => `REVOKE ALL ON SEQUENCE ${sequence} FROM ${from}`),
    ...expected.flatMap(({ kind, on }) => (kind === 'function' ? `REVOKE ALL ON FUNCTION ${on} FROM ${from}` : [])),
    `REVOKE ALL ON SCHEMA ${names.name} FROM ${roles}`,
    ...creating('right'),
  ];
}

function buildCreation({ kind, of, on, name, text }: DumpLine, names: RepairNames): readonly string[] {
  switch (kind) {
    case 'function':
      return [replaceSchema(text, names.name, names.literal)];
    case 'row security':
      return [`ALTER TABLE ${on} ENABLE ROW LEVEL SECURITY`];
    case 'index': {
      const unique = text.startsWith('UNIQUE ') ? 'UNIQUE ' : '';
      return [`CREATE ${unique}INDEX IF NOT EXISTS ${quote(name)} ON ${on} ${text.slice(unique.length)}`];
    }
    case 'policy': // from its file, because the server rewrites the text
      return [
        `DROP POLICY IF EXISTS ${quote(name)} ON ${on}`,
        withSuffix(sqlWith(AUDIT_EXTENSIONS)[`policies/${name}`] ?? '', names.suffix),
      ];
    case 'trigger': // PostgreSQL copies a row trigger of the parent table to each partition, where it has no text
      return text === ''
        ? []
        : [`DROP TRIGGER IF EXISTS ${quote(name)} ON ${on}`, text.replace(TABLE_PLACEHOLDER, () => on)];
    case 'right': {
      const { right, role } = parseRight(name);
      return [
        `GRANT ${right} ON ${formatRightObject(of, on, names.name)} TO ${role === 'OWNER' ? quote(names.owner) : role}`,
      ];
    }
    default:
      return [];
  }
}

function describeDone({ kind, of, on, name, how }: Difference, schema: string, owner: string): string {
  if (kind !== 'right') return `Restored the ${formatObject({ kind, on, name })}.`;
  const { right, role } = parseRight(name);
  const [did, preposition] = how === 'missing' ? ['Granted', 'to'] : ['Revoked', 'from'];
  return `${did} ${right} on ${formatRightObject(of, on, schema)} ${preposition} ${role === 'OWNER' ? owner : role}.`;
}

function parseRight(name: string): { readonly right: string; readonly role: string } {
  const role = getRoleName(name);
  return { right: name.slice(0, -` TO ${role}`.length), role };
}

function formatRightObject(of: DumpLine['of'], on: string, schema: string): string {
  return of === 'schema' ? `schema ${schema}` : `${of === 'month' ? 'table' : of} ${on}`;
}

function toDifferenceKey({ kind, of, on, name }: Difference): string {
  return JSON.stringify([kind, of, on, name]);
}

async function reassignOwner(
  runner: MigrationRunner,
  owner: string,
  before: readonly DumpLine[],
  objectNames: Readonly<Record<string, unknown>>,
): Promise<readonly string[]> {
  const did: string[] = [];
  const isPublic = objectNames.owner === 'pg_database_owner' || objectNames.name === 'public';
  if (objectNames.owner !== owner && !isPublic) {
    await runner.query(`ALTER SCHEMA ${String(objectNames.name)} OWNER TO ${quote(owner)}`);
    did.push(`Gave the schema ${String(objectNames.name)} to ${owner}.`);
  }
  for (const { kind, of, on, text: now } of before) {
    if (kind !== 'owner' || now === owner || (of === 'function' && !isLedgersFunction(on))) continue;
    const what = of === 'function' ? 'function' : 'table';
    await runner.query(`ALTER ${what.toUpperCase()} ${on} OWNER TO ${quote(owner)}`);
    did.push(`Gave the ${what} ${on} to ${owner}.`);
  }
  return did;
}
