import { LEDGER_OWNER, LEDGER_ROLES, quote } from '../../../../../migrations/audit-ownership.js';
import { AUDIT_ROOMS, sqlWith } from '../../../../../migrations/audit-migrations.js';
import { roleOf, type Difference, type GrantedOn } from './compare-protection.js';
import { inSchema, TABLE_MARK } from './read-protection.js';

/** One change that restores a protection. */
export interface RepairStep {
  /** One sentence, in the past tense. */
  readonly did: string;
  readonly statements: readonly string[];
  /** The message if the server refuses it, which does not stop the other steps; without it, a refusal fails all. */
  readonly otherwise?: string;
}

/** The names in the statements of the steps. */
export interface RepairNames {
  /** The schema's name, quoted as an identifier, and quoted as a text. */
  readonly name: string;
  readonly literal: string;
  readonly owner: string;
  /** The existing partitions. */
  readonly months: readonly string[];
}

const KNOWN: ReadonlySet<string> = new Set(['OWNER', 'PUBLIC', LEDGER_OWNER, ...LEDGER_ROLES]);

/**
 * Plans the statements that restore a ledger's protection to what its migrations create. Grants to roles that the ledger does not know
 * stay. It removes unknown policies, and unknown triggers only if they replace one of its own. Columns and existing constraints stay
 * unchanged.
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
        return { did: `Removed the policy ${name} of ${table}, which is not the ledger's.`, statements: [drop] };
      const policy = sqlWith(AUDIT_ROOMS)[`policies/${name}`] ?? ''; // from its file, because the server would rewrite its own text
      return { did: `Put the policy ${name} of ${table} back.`, statements: [drop, policy] };
    }
    case 'trigger':
      return triggerStep(difference, names);
    case 'constraint': {
      const { table, name, how, wanted } = difference;
      if (how !== 'missing') return undefined; // the existing one may belong to somebody else
      const statement = `ALTER TABLE ${quote(table)} ADD CONSTRAINT ${quote(name)} ${wanted}`;
      const whole = `the constraint ${name} of ${table} back`;
      return { did: `Put ${whole}.`, statements: [statement], otherwise: `Could not put ${whole}` };
    }
    case 'index': {
      const { table, name, wanted } = difference;
      const [unique, using] = wanted.startsWith('UNIQUE ') ? ['UNIQUE ', wanted.slice(7)] : ['', wanted];
      const statement = `CREATE ${unique}INDEX ${quote(name)} ON ${quote(table)} ${using}`;
      const whole = `the index ${name} of ${table} again`;
      const statements = [`DROP INDEX IF EXISTS ${quote(name)}`, statement];
      return { did: `Made ${whole}.`, statements, otherwise: `Could not make ${whole}` };
    }
    case 'role': {
      const { name, powers } = difference;
      const without = powers.replace(/\w+/g, 'NO$&');
      const whole = `${powers} from the role ${name}`;
      const statements = ['RESET ROLE', `ALTER ROLE ${quote(name)} ${without}`, `SET LOCAL ROLE ${quote(names.owner)}`];
      return { did: `Took ${whole}.`, statements, otherwise: `Could not take ${whole}` };
    }
    default:
      return undefined;
  }
}

const ROW_SECURITY = {
  on: ['Enabled', 'ENABLE'],
  off: ['Disabled', 'DISABLE'],
  'not forced': ['No longer forced', 'NO FORCE'],
} as const;

function triggerStep(
  { table, name, how, wanted }: Extract<Difference, { what: 'trigger' }>,
  { owner, months }: RepairNames,
): RepairStep | undefined {
  if (!wanted) return undefined; // made by somebody else
  const target = quote(table);
  // A row's trigger is also made on each month.
  const all = [table, ...(table === 'audit_event' ? months : [])].map(quote).join(', ');
  const made =
    how === 'off' || wanted.does === null
      ? []
      : [
          `DROP TRIGGER IF EXISTS ${quote(name)} ON ${target}`,
          `GRANT TRIGGER ON ${all} TO ${quote(owner)}`, // the owner does not keep it
          wanted.does.replace(TABLE_MARK, () => target),
          `REVOKE TRIGGER ON ${all} FROM ${quote(owner)}`,
        ];
  return {
    did: `Put the trigger ${name} of ${table} back${how === 'off' ? ': it was switched off' : ''}.`,
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
  const place = placeOf(on, schema);
  const what = text.slice(0, text.length - role.length - ' TO '.length);
  const to = role === 'OWNER' ? owner : role;
  const [verb, preposition] = how === 'missing' ? (['GRANT', 'TO'] as const) : (['REVOKE', 'FROM'] as const);
  const statement = `${verb} ${what} ON ${place} ${preposition} ${role === 'OWNER' ? quote(owner) : role}`;
  const did = how === 'missing' ? `Granted ${what} on ${place} to ${to}.` : `Revoked ${what} on ${place} from ${to}.`;
  return { did, statements: [statement] };
}

function placeOf({ kind, name }: GrantedOn, schema: string): string {
  if (kind === 'SCHEMA') return `SCHEMA ${schema}`;
  return kind === 'TABLE' ? `TABLE ${quote(name)}` : `FUNCTION ${name}`;
}
