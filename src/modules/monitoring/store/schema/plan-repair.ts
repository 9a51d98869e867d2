import { LEDGER_OWNER, LEDGER_ROLES, quote } from '../../../../../migrations/audit-ownership.js';
import { inSchema, type Protection, type ProtectedTable } from './read-protection.js';

/** One change that puts a protection back. */
export interface RepairStep {
  /** One sentence, in the past tense. */
  readonly did: string;
  readonly statements: readonly string[];
}

/** The names that the steps are written with. */
export interface RepairNames {
  /** Of the schema: as SQL quotes it as a name, and as a text. */
  readonly name: string;
  readonly literal: string;
  readonly owner: string;
  /** The partitions that are there. */
  readonly months: readonly string[];
  /** What a policy, by `<table>.<name>`, reads as once it was made from its own text: PostgreSQL words it another way. */
  readonly rewritten: ReadonlyMap<string, string>;
}

const KNOWN: ReadonlySet<string> = new Set(['OWNER', 'PUBLIC', LEDGER_OWNER, ...LEDGER_ROLES]);

/**
 * What makes the protection of a ledger what its migrations make it. Roles that the ledger does not know keep what somebody
 * granted them; a policy or trigger that it does not know is removed, a trigger only from where it replaces one.
 *
 * @param month the name of a month of `expected`: what each month is to be like
 */
export function planRepair(
  actual: Protection,
  expected: Protection,
  names: RepairNames,
  month: string,
): readonly RepairStep[] {
  const steps: RepairStep[] = [];
  for (const [signature, wanted] of expected.functions) {
    const found = actual.functions.get(signature);
    if (found?.definition !== wanted.definition) {
      const statements = [inSchema(wanted.definition, names.name, names.literal)];
      steps.push({ did: `${found ? 'Restored' : 'Created'} the function ${signature}.`, statements });
    }
    const on = `FUNCTION ${signature}`;
    steps.push(...planGrants(found?.grants ?? DEFAULT_OF_FUNCTION, wanted.grants, on, names));
  }
  for (const [table, found] of actual.tables) {
    const wanted = expected.tables.get(found.isMonth ? month : table);
    if (wanted) steps.push(...planTable(table, found, wanted, names));
  }
  const missing = [...expected.schemaGrants].filter((text) => !actual.schemaGrants.has(text));
  return [...steps, ...missing.map((text) => grantStep('GRANT', `SCHEMA ${names.name}`, text, names))];
}

const DEFAULT_OF_FUNCTION: ReadonlySet<string> = new Set(['EXECUTE TO PUBLIC', 'EXECUTE TO OWNER']);

function planTable(
  table: string,
  found: ProtectedTable,
  wanted: ProtectedTable,
  names: RepairNames,
): readonly RepairStep[] {
  const steps: RepairStep[] = [
    ...planGrants(found.grants, wanted.grants, `TABLE ${quote(table)}`, names, found.isMonth),
  ];
  const target = quote(table);
  for (const [name, text] of wanted.policies) {
    const present = found.policies.get(name);
    if (present === text || present === names.rewritten.get(`${table}.${name}`)) continue;
    steps.push({
      did: `Put the policy ${name} of ${table} back.`,
      statements: remakePolicy(target, name, text),
    });
  }
  for (const name of found.policies.keys()) {
    if (wanted.policies.has(name)) continue;
    const statements = [`DROP POLICY ${quote(name)} ON ${target}`];
    steps.push({ did: `Removed the policy ${name} of ${table}, which is not the ledger's.`, statements });
  }
  if (found.hasRowSecurity !== wanted.hasRowSecurity) {
    const setting = wanted.hasRowSecurity ? 'ENABLE' : 'DISABLE';
    const statements = [`ALTER TABLE ${target} ${setting} ROW LEVEL SECURITY`];
    steps.push({ did: `${setting === 'ENABLE' ? 'Enabled' : 'Disabled'} row-level security on ${table}.`, statements });
  }
  return [...steps, ...planTriggers(table, found, wanted, names)];
}

/** The statements that make a policy again. */
export function remakePolicy(target: string, name: string, text: string): readonly string[] {
  return [`DROP POLICY IF EXISTS ${quote(name)} ON ${target}`, `CREATE POLICY ${quote(name)} ON ${target} ${text}`];
}

function planTriggers(
  table: string,
  found: ProtectedTable,
  wanted: ProtectedTable,
  names: RepairNames,
): readonly RepairStep[] {
  const target = quote(table);
  // A row's trigger is made on each month as well.
  const all = [table, ...(table === 'audit_event' ? names.months : [])].map(quote).join(', ');
  const steps: RepairStep[] = [];
  for (const [name, { definition, enabled }] of wanted.triggers) {
    const now = found.triggers.get(name);
    // That of a month says which table it is of.
    const text = definition?.replace(/ ON \S+/, () => ` ON ${target}`);
    const present = now?.definition?.replace(/ ON \S+/, () => ` ON ${target}`);
    if (text === present && now?.enabled === enabled) continue;
    const made =
      text === undefined || text === present
        ? []
        : [
            `DROP TRIGGER IF EXISTS ${quote(name)} ON ${target}`,
            `GRANT TRIGGER ON ${all} TO ${quote(names.owner)}`, // which the owner does not keep
            text,
            `REVOKE TRIGGER ON ${all} FROM ${quote(names.owner)}`,
          ];
    steps.push({
      did: `Put the trigger ${name} of ${table} back${now && text === present ? ': it was switched off' : ''}.`,
      statements: [...made, `ALTER TABLE ${target} ${ENABLE[enabled] ?? 'ENABLE'} TRIGGER ${quote(name)}`],
    });
  }
  return steps;
}

const ENABLE: Readonly<Record<string, string>> = { A: 'ENABLE ALWAYS', R: 'ENABLE REPLICA', D: 'DISABLE' };

function planGrants(
  found: ReadonlySet<string>,
  wanted: ReadonlySet<string>,
  on: string,
  names: RepairNames,
  isMonth = false,
): readonly RepairStep[] {
  const extra = [...found].filter((text) => {
    const role = roleOf(text);
    return !wanted.has(text) && KNOWN.has(role) && !(isMonth && role === 'OWNER');
  });
  // What is revoked of the table is revoked of its columns with it.
  const lost = new Set(extra);
  const missing = [...wanted].filter((text) => !found.has(text) || lost.has(text.replace(/ \([^]*\) TO /, ' TO ')));
  return [
    ...extra.map((text) => grantStep('REVOKE', on, text, names)),
    ...missing.map((text) => grantStep('GRANT', on, text, names)),
  ];
}

function grantStep(verb: 'GRANT' | 'REVOKE', on: string, text: string, { owner }: RepairNames): RepairStep {
  const role = roleOf(text);
  const what = text.slice(0, text.length - role.length - ' TO '.length);
  const to = role === 'OWNER' ? owner : role;
  const statement = `${verb} ${what} ON ${on} ${verb === 'GRANT' ? 'TO' : 'FROM'} ${role === 'OWNER' ? quote(owner) : role}`;
  const did = verb === 'GRANT' ? `Granted ${what} on ${on} to ${to}.` : `Revoked ${what} on ${on} from ${to}.`;
  return { did, statements: [statement] };
}

function roleOf(text: string): string {
  return text.slice(text.lastIndexOf(' TO ') + ' TO '.length);
}
