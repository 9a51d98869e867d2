import { AUDIT_ROOMS, sqlWith } from '../../../../migrations/audit-migrations.js';
import { isLedgerRole, quote, withSuffix } from '../../../../migrations/audit-ownership.js';
import { roleOf, type Difference } from './compare-protection.js';
import { objectOf } from './describe-differences.js';
import { inSchema, TABLE_MARK } from './read-protection.js';

/** The names that the statements of a repair use. */
export interface RepairNames {
  /** The schema's name, quoted as an identifier; `literal` is the same name, quoted as a text. */
  readonly name: string;
  readonly literal: string;
  readonly owner: string;
  /** The end of the names of the ledger's roles. */
  readonly suffix: string;
  /** The existing partitions, as SQL quotes them. */
  readonly months: readonly string[];
}

/** The repair of one difference: its result in the past tense, and statements that have the same effect if they run again. */
export interface RepairStep {
  readonly did: string;
  readonly statements: readonly string[];
}

/**
 * Returns the statements that bring an object to the state that the migrations create; `undefined` if no statement can without a loss, or if
 * the object may belong to somebody else: for columns, changed constraints, foreign indexes and triggers, and rights of unknown roles.
 */
export function stepFor(difference: Difference, names: RepairNames): RepairStep | undefined {
  const { kind, on, name, how, expected, found } = difference;
  const restored = (...statements: string[]): RepairStep => ({
    did: `Restored the ${objectOf(difference)}.`,
    statements,
  });
  switch (kind) {
    case 'function':
      return { did: `Restored the function ${on}.`, statements: [inSchema(expected, names.name, names.literal)] };
    case 'policy': {
      const drop = `DROP POLICY IF EXISTS ${quote(name)} ON ${on}`;
      if (how !== 'foreign')
        return restored(drop, withSuffix(sqlWith(AUDIT_ROOMS)[`policies/${name}`] ?? '', names.suffix)); // from its file, because the server rewrites the text
      return { did: `Removed the ${objectOf(difference)}, because it is not the ledger's.`, statements: [drop] };
    }
    case 'trigger': {
      const isOnlySwitched = how === 'changed' && found.startsWith(`${expected} (`); // such as disabled
      if (isOnlySwitched) {
        const statements = [`ALTER TABLE ${on} ENABLE TRIGGER ${quote(name)}`];
        return { did: `Enabled the ${objectOf(difference)}.`, statements };
      }
      if (how === 'foreign' || expected === '') return undefined; // the parent table's trigger is copied to its partitions
      // PostgreSQL copies a row trigger of the parent table to each partition. Creating a trigger requires a right that the owner normally lacks.
      const tables = [on, ...(on === 'audit_event' ? names.months : [])].join(', ');
      return restored(
        `DROP TRIGGER IF EXISTS ${quote(name)} ON ${on}`,
        `GRANT TRIGGER ON ${tables} TO ${quote(names.owner)}`,
        expected.replace(TABLE_MARK, () => on),
        `REVOKE TRIGGER ON ${tables} FROM ${quote(names.owner)}`,
      );
    }
    case 'row security': {
      const [did, setting] =
        name === 'forced'
          ? ['Stopped forcing', 'NO FORCE']
          : how === 'missing'
            ? ['Enabled', 'ENABLE']
            : ['Disabled', 'DISABLE'];
      return {
        did: `${did} row-level security on ${on}.`,
        statements: [`ALTER TABLE ${on} ${setting} ROW LEVEL SECURITY`],
      };
    }
    case 'constraint':
      return how === 'missing' ? restored(`ALTER TABLE ${on} ADD CONSTRAINT ${quote(name)} ${expected}`) : undefined;
    case 'index': {
      if (how !== 'missing') return undefined;
      const create = `CREATE INDEX ${quote(name)} ON ${on} ${expected}`.replace(
        /^CREATE (INDEX .*) UNIQUE USING/,
        'CREATE UNIQUE $1 USING',
      );
      return restored(`DROP INDEX IF EXISTS ${quote(name)}`, create);
    }
    case 'role': {
      const lose = `ALTER ROLE ${quote(name)} ${found.replace(/\w+/g, 'NO$&')}`;
      const statements = ['RESET ROLE', lose, `SET LOCAL ROLE ${quote(names.owner)}`];
      return { did: `Removed ${found} from the role ${name}.`, statements };
    }
    case 'right':
      return stepForRight(difference, names);
    default:
      return undefined;
  }
}

function stepForRight({ of, on, name, how }: Difference, names: RepairNames): RepairStep | undefined {
  const role = roleOf(name);
  const isKnown = role === 'OWNER' || role === 'PUBLIC' || isLedgerRole(role);
  const isFree = of === 'schema' ? !isLedgerRole(role) : of === 'month' && role === 'OWNER';
  if (how === 'foreign' && (!isKnown || isFree)) return undefined;
  const object = `${of === 'month' ? 'table' : of} ${of === 'schema' ? names.name : on}`;
  const right = name.slice(0, -` TO ${role}`.length);
  const [verb, did, preposition] = how === 'missing' ? ['GRANT', 'Granted', 'TO'] : ['REVOKE', 'Revoked', 'FROM'];
  const sqlRole = role === 'OWNER' ? quote(names.owner) : role;
  return {
    did: `${did} ${right} on ${object} ${preposition.toLowerCase()} ${role === 'OWNER' ? names.owner : role}.`,
    statements: [
      `${verb} ${right} ON ${object.replace(/^\w+/, (each) => each.toUpperCase())} ${preposition} ${sqlRole}`,
    ],
  };
}
