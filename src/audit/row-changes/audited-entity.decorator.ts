import { auditErrors } from '../errors/audit.errors.js';
import { findUnknownOptions } from '../errors/unknown-options.js';

const TRUNCATE_RULES = ['refuse', 'record'] as const;
const FAILURE_RULES = ['fail', 'pass'] as const;

/** The rules to capture the changes of one table. Columns are named as in the database. */
export interface TableRules {
  /** Columns whose values the trigger does not store. An event lists such a column as changed, without its values. */
  readonly redact?: readonly string[];
  /** Columns for which the trigger stores only a salted digest. Equal values have equal digests. */
  readonly digest?: readonly string[];
  /** The columns that are not captured. A change of only these columns is not an event. */
  readonly ignore?: readonly string[];
  /** The type of the events' resource. @defaultValue the table's name */
  readonly resource?: string;
  /**
   * The columns whose texts are never personal. The erasure of a person keeps these texts, even if the column has a name such as
   * `password`.
   */
  readonly facts?: readonly string[];
  /** What TRUNCATE does: `refuse` makes the statement fail, `record` records the number of rows in an event. @defaultValue 'refuse' */
  readonly truncate?: (typeof TRUNCATE_RULES)[number];
  /**
   * What happens if a change cannot be captured: `fail` makes the statement fail, `pass` counts the change in an event. @defaultValue
   * 'fail'
   */
  readonly onCaptureFailure?: (typeof FAILURE_RULES)[number];
}

type Check = (value: unknown) => string | undefined;

const columns: Check = (value) =>
  Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== '')
    ? undefined
    : 'must be a list of columns';

const requireWord =
  (words: readonly string[]): Check =>
  (value) =>
    words.some((word) => word === value)
      ? undefined
      : `is ${JSON.stringify(value)}, not ${words.map((word) => `'${word}'`).join(' or ')}`;

const CHECKS: Readonly<Record<keyof TableRules, Check>> = {
  redact: columns,
  digest: columns,
  ignore: columns,
  facts: columns,
  resource: (value) => (typeof value === 'string' && value !== '' ? undefined : 'must be a non-empty text'),
  truncate: requireWord(TRUNCATE_RULES),
  onCaptureFailure: requireWord(FAILURE_RULES),
};

/** Lists the problems in the rules of a table. The type is `unknown`, since JavaScript callers may pass any value. */
export function findRuleProblems(rules: unknown): readonly string[] {
  if (typeof rules !== 'object' || rules === null || Array.isArray(rules)) return ['its rules must be an object'];
  const input = rules as Readonly<Record<string, unknown>>; // any object may be read
  const problems = [...findUnknownOptions(rules, CHECKS)];
  for (const [name, check] of Object.entries(CHECKS)) {
    const problem = input[name] === undefined ? undefined : check(input[name]);
    if (problem !== undefined) problems.push(`${name} ${problem}`);
  }
  return problems.length > 0 ? problems : findDuplicateColumns(rules);
}

function findDuplicateColumns({ redact = [], digest = [], ignore = [], facts = [] }: TableRules): readonly string[] {
  const all = [...redact, ...digest, ...ignore, ...facts.filter((name) => !digest.includes(name))];
  const again = [...new Set(all.filter((name, index) => all.indexOf(name) !== index))];
  return again.map((name) => `${name} is named twice in redact, digest, ignore and facts: name it in one of them`);
}

/** A global symbol, since an application may load two copies of this library. */
const RULES = Symbol.for('nestjs-audit-ledger:audited-entity');

/**
 * Marks a TypeORM entity whose row changes are captured in the database. `nestjs-audit-ledger capture generate` writes the migration with
 * the triggers. Name columns by the entity's properties, or by their names in the database.
 *
 * @param rules default: every column is captured, except columns with the name of a secret
 * @throws `AUDIT_OPTIONS_INVALID` with a problem for each invalid rule
 */
export function AuditedEntity(rules: TableRules = {}): ClassDecorator {
  const problems = findRuleProblems(rules);
  return (target) => {
    if (problems.length > 0)
      throw auditErrors.AUDIT_OPTIONS_INVALID(problems, 'Audit', `capture the rows of ${target.name}`);
    Object.defineProperty(target, RULES, { value: Object.freeze({ ...rules }) });
  };
}

/** Returns the rules of an entity's class or of its base class; `undefined` for a class without the decorator. */
export function getEntityRules(target: unknown): TableRules | undefined {
  if (typeof target !== 'function') return undefined;
  return (target as { readonly [RULES]?: TableRules })[RULES]; // only the decorator sets this property
}
