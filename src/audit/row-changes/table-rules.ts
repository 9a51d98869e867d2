import { InvalidOptionsError } from '../errors/invalid-options.error.js';

/** What a TRUNCATE of a captured table does: it fails, or it is recorded as an event with the number of rows. */
export const TRUNCATE_RULES = ['refuse', 'record'] as const;

/** What happens to a statement whose change cannot be captured: it fails, or it passes and an event reports it. */
export const FAILURE_RULES = ['fail', 'pass'] as const;

/** How the changes of one table are captured. Columns are named as in the database. */
export interface TableRules {
  /** Columns whose values never leave the trigger. An event lists the column as changed, without its values. */
  readonly redact?: readonly string[];
  /** Columns that leave the trigger as a salted digest: equal values stay recognisable. */
  readonly digest?: readonly string[];
  /** Columns that are left out. A change of only these makes no event. */
  readonly ignore?: readonly string[];
  /** The type of the events' resource. @defaultValue the table's name */
  readonly resource?: string;
  /** Columns whose texts are never personal: they stay when a person is erased. They are shown even if their name looks like a secret. */
  readonly facts?: readonly string[];
  /** What a TRUNCATE does: `refuse` or `record`. @defaultValue 'refuse' */
  readonly truncate?: (typeof TRUNCATE_RULES)[number];
  /** What happens to a statement whose change cannot be captured: `fail`, or `pass`, which an event counts. @defaultValue 'fail' */
  readonly onCaptureFailure?: (typeof FAILURE_RULES)[number];
}

const NAMES: Readonly<Record<keyof TableRules, true>> = {
  redact: true,
  digest: true,
  ignore: true,
  resource: true,
  facts: true,
  truncate: true,
  onCaptureFailure: true,
};

const LISTS = ['redact', 'digest', 'ignore', 'facts'] as const;

/** Lists the problems in the rules of a table; JavaScript callers may pass anything. */
export function problemsOfRules(rules: unknown): readonly string[] {
  if (typeof rules !== 'object' || rules === null || Array.isArray(rules)) return ['its rules must be an object'];
  const given = rules as Readonly<Record<keyof TableRules, unknown>>; // any object may be read
  const problems = [...InvalidOptionsError.unknownOptions(rules, NAMES)];
  for (const name of LISTS) {
    if (given[name] !== undefined && !isListOfNames(given[name])) problems.push(`${name} must be a list of columns`);
  }
  if (given.resource !== undefined && (typeof given.resource !== 'string' || given.resource === '')) {
    problems.push('resource must be a non-empty text');
  }
  problems.push(...problemOfWord('truncate', given.truncate, TRUNCATE_RULES));
  problems.push(...problemOfWord('onCaptureFailure', given.onCaptureFailure, FAILURE_RULES));
  return problems.length > 0 ? problems : twice(rules);
}

/** Finds columns with several rules; only a digest may be a fact as well. */
function twice({ redact = [], digest = [], ignore = [] }: TableRules): readonly string[] {
  const all = [...redact, ...digest, ...ignore];
  const again = [...new Set(all.filter((name, index) => all.indexOf(name) !== index))];
  return again.map((name) => `${name} is named twice in redact, digest and ignore: name it in one of them`);
}

function problemOfWord(name: string, value: unknown, words: readonly string[]): readonly string[] {
  return value === undefined || words.some((word) => word === value)
    ? []
    : [`${name} is ${JSON.stringify(value)}, not ${words.map((word) => `'${word}'`).join(' or ')}`];
}

function isListOfNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== '');
}
