import { FIELD_NAMES } from './field-filters.js';
import { comparisonsOf, RANGES } from './given-values.js';
import { isMoment, isNumber } from './query-values.js';
import { InvalidQueryError } from './query.errors.js';

/** Parameters of which each name holds a path: `details.payment.method`. */
const BY_PATH = /^(details|metadata)\.(.*)$/s;

/** `actorId[ne]`: the filter, and what it is compared by. */
const WITH_OPERATOR = /^([^[\]]+)\[([^[\]]+)\]$/;

const COMPARED: ReadonlySet<string> = new Set([...FIELD_NAMES, 'compliance']);

/**
 * A URL's parameters by the names and in the shapes of a query: `details.amount[gte]=5` as `{ details: { amount: { gte: '5' } } }`.
 * Parsers of URLs differ in whether they read brackets; both ways are right.
 *
 * @throws InvalidQueryError (`AUDIT_QUERY_INVALID`) for what looks like an operator and is none, and says how it is written
 */
export function readParameters(parameters: object): Readonly<Record<string, unknown>> {
  const given = new Map<string, unknown>();
  const byPath = new Map<string, Map<string, unknown>>();
  const problems: string[] = [];
  for (const [written, value] of Object.entries(parameters)) {
    const problem = misspelt(written, value);
    if (problem !== undefined) {
      problems.push(problem);
      continue;
    }
    const [, name = written, operator] = isCompared(written) ? (WITH_OPERATOR.exec(written) ?? []) : [];
    const [, root, path] = BY_PATH.exec(name) ?? [];
    const into = root === undefined ? given : (byPath.get(root) ?? new Map<string, unknown>());
    if (root !== undefined) byPath.set(root, into);
    const key = path ?? name;
    into.set(key, operator === undefined && !into.has(key) ? value : joined(into.get(key), operator ?? 'is', value));
  }
  if (problems.length > 0) throw InvalidQueryError.create(problems);
  // What is given without a path as well is wrong, and stays so.
  for (const [root, values] of byPath) if (!given.has(root)) given.set(root, Object.fromEntries(values));
  return Object.fromEntries(given);
}

function isCompared(written: string): boolean {
  const [name = ''] = written.split('[');
  return COMPARED.has(name) || BY_PATH.test(name);
}

/** Comparisons of one field, of which another was read before. */
function joined(before: unknown, operator: string, value: unknown): Readonly<Record<string, unknown>> {
  const comparisons = operator === 'is' ? comparisonsOf(value) : ([[operator, [value].flat()]] as const);
  return Object.fromEntries([...comparisonsOf(before), ...comparisons]);
}

/** What people and other products write for a comparison. */
const OPERATORS: Readonly<Record<string, string>> = {
  '>': 'gt',
  '>=': 'gte',
  '<': 'lt',
  '<=': 'lte',
  '!=': 'ne',
  '!': 'ne',
  '<>': 'ne',
  '==': 'eq',
  '~': 'eq',
};
const IN_NAME = /^([^=<>!~]+)(>=?|<>|<=?|!=?|~)(.*)$/s;
const BEHIND_NAME = /^(.+?)(?:__|\.\$|:)(gte?|lte?|ne|eq|not|in|like|exists)$/;
const RANGE_AS_NAME = new RegExp(`^(.+)\\.(${RANGES.join('|')})$`);
const BEFORE_VALUE = /^(>=|<>|<=|!=|==|[<>!])(.*)$/s;
const WORD_BEFORE_VALUE = /^(gte?|lte?|ne|eq):(.*)$/s;
const SPACE_FOR_PLUS = /\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?) (\d\d:\d\d)$/i;

/** What is wrong with a parameter that looks like a comparison; `undefined` for any other. */
function misspelt(name: string, value: unknown): string | undefined {
  const texts = comparisonsOf(value)
    .flatMap(([, values]) => values)
    .filter((text) => typeof text === 'string');
  const [base = ''] = name.split('[');
  const spaced = texts.map((text) => SPACE_FOR_PLUS.exec(text)?.[1]).find((offset) => offset !== undefined);
  if (spaced !== undefined && (TIMES.has(name) || BY_PATH.test(base))) {
    return `${name} has a space where its offset had a +: a URL needs it as %2B, so write %2B${spaced}`;
  }
  const [text = ''] = texts;
  const [, named, sign = '', rest = ''] = IN_NAME.exec(name) ?? [];
  if (TIMES.has(named ?? base) && !TIMES.has(name)) {
    return `${name} is no filter: write from=… (inclusive) and to=… (exclusive)`;
  }
  if (named !== undefined && !named.includes('[') && isFilter(named)) {
    return told(`${name}${text === '' ? '' : `=${text}`}`, named, meantBy(name, sign, text), text || rest);
  }
  const [, before, word = ''] = BEHIND_NAME.exec(name) ?? [];
  if (before !== undefined && isFilter(before)) return told(`${name}=${text}`, before, wordMeant(word), text);
  const [, within, range = ''] = RANGE_AS_NAME.exec(name) ?? [];
  if (within !== undefined && isFilter(within) && (isNumber(text) || isMoment(text))) {
    return `${told(`${name}=${text}`, within, range, text)}; for a field of that name, ${name}[eq]=${text}`;
  }
  if (BY_PATH.test(name) && /[[\]]/.test(name) && !WITH_OPERATOR.test(name)) {
    const plain = name.replaceAll(/\[[^\]]*\]?|\]/g, '');
    return `${name} is no filter: names have dots between them, and of a list each item counts; write ${plain}=…`;
  }
  if (!isFilter(name) || base !== name) return undefined;
  for (const each of texts) {
    const [, signOf, behind] = BEFORE_VALUE.exec(each) ?? [];
    const [, wordOf, after] = WORD_BEFORE_VALUE.exec(each) ?? [];
    const operator = signOf === undefined ? wordOf : OPERATORS[signOf];
    if (operator === undefined) continue;
    return `${told(`${name}=${each}`, name, operator, behind ?? after ?? '')}; for that very text, ${name}[eq]=${each}`;
  }
  return undefined;
}

const TIMES: ReadonlySet<string> = new Set(['from', 'to', 'since']);

/** Of `details.amount>=5` a URL's parser makes the name `details.amount>` and the value 5. */
function meantBy(name: string, sign: string, value: string): string {
  const isSplit = value !== '' && name.endsWith(sign);
  return OPERATORS[isSplit && (sign === '>' || sign === '<') ? `${sign}=` : sign] ?? 'eq';
}

function wordMeant(word: string): string {
  if (word === 'not') return 'ne';
  return word === 'in' || word === 'like' ? 'is' : word;
}

function told(written: string, name: string, operator: string, value: string): string {
  const isOrdered = BY_PATH.test(name) || name === 'statusCode';
  const form = !isOrdered && RANGES.some((range) => range === operator) ? 'eq' : operator;
  const right = form === 'is' ? `${name}=${value.trim()}` : `${name}[${form}]=${value.trim()}`;
  return `${written} is no filter: write ${right}`;
}

function isFilter(name: string): boolean {
  return COMPARED.has(name) || BY_PATH.test(name);
}
