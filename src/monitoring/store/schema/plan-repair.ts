import { LEDGER_OWNER, LEDGER_ROLES, quote } from '../../../../migrations/audit-ownership.js';
import { AUDIT_ROOMS, sqlWith } from '../../../../migrations/audit-migrations.js';
import { roleOf, type Difference, type GrantedOn } from './compare-protection.js';
import { inSchema, TABLE_MARK } from './read-protection.js';

/** One change that restores a protection. */
export interface RepairStep {
  /** The result as one sentence, in the past tense. */
  readonly did: string;
  readonly statements: readonly string[];
  /** The message if the server refuses the step. The other steps then continue. Without this message, a refusal stops the repair. */
  readonly otherwise?: string;
}

/** The names that the statements of the steps use. */
export interface RepairNames {
  /** The schema's name, quoted as an identifier; `literal` is the same name, quoted as a text. */
  readonly name: string;
  readonly literal: string;
  readonly owner: string;
  /** The existing partitions. */
  readonly months: readonly string[];
}

const KNOWN: ReadonlySet<string> = new Set(['OWNER', 'PUBLIC', LEDGER_OWNER, ...LEDGER_ROLES]);

/**
 * Plans the statements that restore a ledger's protection to the state that its migrations create. Changed columns, changed constraints,
 * and grants to unknown roles are not repaired. Unknown policies are removed. Unknown triggers stay, unless a trigger of the ledger has
 * that name.
 */
export function planRepair(differences: readonly Difference[], names: RepairNames): readonly RepairStep[] {
  return differences.flatMap((each) => stepFor(each, names) ?? []);
}

function stepFor(difference: Difference, names: RepairNames): RepairStep | undefined {
  switch (difference.what) {
    case 'function': {
      const { name, how, wanted } = difference;
      const did = `${how === 'changed' ? 'Restored' : 'Created'} the function ${name}.`;
      return { did, statements: [inSchema(wanted, names.name, names.literal)] };
    }
    case 'grant':
      return grantStep(difference, names);
    case 'row security': {
      const { table, wanted } = difference;
      const [did, setting] = ROW_SECURITY[wanted];
      return {
        did: `${did} row-level security on ${table}.`,
        statements: [`ALTER TABLE ${quote(table)} ${setting} ROW LEVEL SECURITY`],
      };
    }
    case 'policy': {
      const { table, name, how } = difference;
      const drop = `DROP POLICY IF EXISTS ${quote(name)} ON ${quote(table)}`;
      if (how === 'foreign')
        return {
          did: `Removed the policy ${name} of ${table}, because it is not a policy of the ledger.`,
          statements: [drop],
        };
      const policy = sqlWith(AUDIT_ROOMS)[`policies/${name}`] ?? ''; // from the policy's file, because the server rewrites the text
      return { did: `Restored the policy ${name} of ${table}.`, statements: [drop, policy] };
    }
    case 'trigger':
      return triggerStep(difference, names);
    case 'constraint': {
      const { table, name, how, wanted } = difference;
      if (how !== 'missing') return undefined; // an existing constraint may belong to somebody else
      const statement = `ALTER TABLE ${quote(table)} ADD CONSTRAINT ${quote(name)} ${wanted}`;
      const object = `the constraint ${name} of ${table}`;
      return { did: `Restored ${object}.`, statements: [statement], otherwise: `Cannot restore ${object}` };
    }
    case 'index': {
      const { table, name, how, wanted } = difference;
      if (how !== 'missing') return undefined;
      const [unique, using] = wanted.startsWith('UNIQUE ') ? ['UNIQUE ', wanted.slice(7)] : ['', wanted];
      const statement = `CREATE ${unique}INDEX ${quote(name)} ON ${quote(table)} ${using}`;
      const object = `the index ${name} of ${table}`;
      const statements = [`DROP INDEX IF EXISTS ${quote(name)}`, statement];
      return { did: `Restored ${object}.`, statements, otherwise: `Cannot restore ${object}` };
    }
    case 'role': {
      const { name, powers } = difference;
      const without = powers.replace(/\w+/g, 'NO$&');
      const object = `${powers} from the role ${name}`;
      const statements = ['RESET ROLE', `ALTER ROLE ${quote(name)} ${without}`, `SET LOCAL ROLE ${quote(names.owner)}`];
      return { did: `Removed ${object}.`, statements, otherwise: `Cannot remove ${object}` };
    }
    default:
      return undefined;
  }
}

const ROW_SECURITY = {
  on: ['Enabled', 'ENABLE'],
  off: ['Disabled', 'DISABLE'],
  'not forced': ['Stopped forcing', 'NO FORCE'],
} as const;

function triggerStep(
  { table, name, how, wanted }: Extract<Difference, { what: 'trigger' }>,
  { owner, months }: RepairNames,
): RepairStep | undefined {
  if (!wanted) return undefined; // a trigger that the migrations did not create is kept
  const target = quote(table);
  // PostgreSQL copies a row trigger of the parent table to each partition.
  const all = [table, ...(table === 'audit_event' ? months : [])].map(quote).join(', ');
  const made =
    how === 'off' || wanted.does === null
      ? []
      : [
          `DROP TRIGGER IF EXISTS ${quote(name)} ON ${target}`,
          `GRANT TRIGGER ON ${all} TO ${quote(owner)}`, // creating a trigger requires this right, which the owner normally lacks
          wanted.does.replace(TABLE_MARK, () => target),
          `REVOKE TRIGGER ON ${all} FROM ${quote(owner)}`,
        ];
  return {
    did: `Restored the trigger ${name} of ${table}${how === 'off' ? ', which was disabled' : ''}.`,
    statements: [...made, `ALTER TABLE ${target} ${ENABLE[wanted.enabled] ?? 'ENABLE'} TRIGGER ${quote(name)}`],
  };
}

const ENABLE: Readonly<Record<string, string>> = { A: 'ENABLE ALWAYS', R: 'ENABLE REPLICA', D: 'DISABLE' };

function grantStep(
  { on, text, how }: Extract<Difference, { what: 'grant' }>,
  { name: schema, owner }: RepairNames,
): RepairStep | undefined {
  const role = roleOf(text);
  if (how === 'foreign' && (!KNOWN.has(role) || (on.isMonth && role === 'OWNER'))) return undefined;
  const object = objectText(on, schema);
  const what = text.slice(0, text.length - role.length - ' TO '.length);
  const to = role === 'OWNER' ? owner : role;
  const [verb, preposition] = how === 'missing' ? (['GRANT', 'TO'] as const) : (['REVOKE', 'FROM'] as const);
  const statement = `${verb} ${what} ON ${object} ${preposition} ${role === 'OWNER' ? quote(owner) : role}`;
  const did = how === 'missing' ? `Granted ${what} on ${object} to ${to}.` : `Revoked ${what} on ${object} from ${to}.`;
  return { did, statements: [statement] };
}

function objectText({ kind, name }: GrantedOn, schema: string): string {
  if (kind === 'SCHEMA') return `SCHEMA ${schema}`;
  return kind === 'TABLE' ? `TABLE ${quote(name)}` : `FUNCTION ${name}`;
}
