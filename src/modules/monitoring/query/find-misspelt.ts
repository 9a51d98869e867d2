import { COMPARISONS, comparisonsOf, RANGES } from './given-values.js';
import { BY_PATH, isComparable, isRangeable, TIMES, WITH_OPERATOR } from './parameter-names.js';
import { isMoment, isNumber } from './query-values.js';

/** A parameter as it was read from a URL. */
interface Written {
  readonly name: string;
  /** The name up to its first bracket. */
  readonly base: string;
  readonly texts: readonly string[];
}

/** What signs mean, by themselves. */
const SIGNS: Readonly<Record<string, string>> = {
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
/** What other products write for a comparison that has another name here. */
const WORDS: Readonly<Record<string, string>> = { not: 'ne', in: 'is', like: 'is' };

/** Behind a dot, a sign is a field's own name. */
const SIGN_IN_NAME = /^([^=<>!~[\]]*[^=<>!~[\].])(>=?|<>|<=?|!=?|~)(.*)$/s;
const WORD_BEHIND_NAME = /^(.+?)(?:__|\.\$|:)(gte?|lte?|ne|eq|not|in|like|exists)$/;
const RANGE_AS_FIELD = new RegExp(`^(.+)\\.(${RANGES.join('|')})$`);
const SIGN_BEFORE_VALUE = /^(>=|<>|<=|!=|==|[<>!])(.*)$/s;
const WORD_BEFORE_VALUE = /^(gte?|lte?|ne|eq):(.*)$/s;
const SPACE_FOR_PLUS = /\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)? (\d\d:\d\d)$/i;
const OBJECT_IN_BRACKETS = /^(details|metadata)((?:\[[^[\]]+\])+)$/;

/** Each says what is wrong with a parameter of its kind; nothing of any other. */
const CHECKS: readonly ((written: Written) => string | undefined)[] = [
  function spaceForPlus({ name, base, texts }) {
    const offset = texts.map((text) => SPACE_FOR_PLUS.exec(text)?.[1]).find((found) => found !== undefined);
    if (offset === undefined || !(TIMES.has(name) || BY_PATH.test(base))) return undefined;
    return `${name} has a space where its offset had a +: a URL needs it as %2B, so write %2B${offset}`;
  },
  function comparedTime({ name, base }) {
    const [, named = base] = SIGN_IN_NAME.exec(name) ?? [];
    if (!TIMES.has(named) || TIMES.has(name)) return undefined;
    return `${name} is not a filter: write from=… (inclusive) and to=… (exclusive)`;
  },
  function signInName({ name, texts: [text = ''] }) {
    const [, named, sign = '', rest = ''] = SIGN_IN_NAME.exec(name) ?? [];
    if (named === undefined || !isComparable(named)) return undefined;
    // Of `details.amount>=5` a URL's parser makes the name `details.amount>` and the value 5.
    const isSplit = text !== '' && rest === '' && (sign === '>' || sign === '<');
    const written = text === '' ? name : `${name}=${text}`;
    return told(written, named, SIGNS[isSplit ? `${sign}=` : sign], text === '' ? rest : text);
  },
  function wordBehindName({ name, texts: [text = ''] }) {
    const [, named, word = ''] = WORD_BEHIND_NAME.exec(name) ?? [];
    return named === undefined || !isComparable(named)
      ? undefined
      : told(`${name}=${text}`, named, WORDS[word] ?? word, text);
  },
  function rangeAsField({ name, texts: [text = ''] }) {
    const [, named, range] = RANGE_AS_FIELD.exec(name) ?? [];
    if (named === undefined || !isComparable(named) || !(isNumber(text) || isMoment(text))) return undefined;
    return `${told(`${name}=${text}`, named, range, text)}; for a field of that name, ${name}[eq]=${text}`;
  },
  function objectInBrackets({ name }) {
    const [, root, brackets = ''] = OBJECT_IN_BRACKETS.exec(name) ?? [];
    if (root === undefined) return undefined;
    const names = brackets.slice(1, -1).split('][');
    const operators: readonly string[] = [...COMPARISONS, ...RANGES];
    const operator = names.length > 1 && operators.includes(names.at(-1) ?? '') ? `[${names.pop() ?? ''}]` : '';
    return `${name} is not a filter: write ${[root, ...names].join('.')}${operator}=…`;
  },
  function placeInList({ name }) {
    if (!BY_PATH.test(name) || !/[[\]]/.test(name) || WITH_OPERATOR.test(name)) return undefined;
    const plain = name.replaceAll(/\[[^\]]*\]?|\]/g, '');
    return `${name} is not a filter: names have dots between them, and of a list each item counts; write ${plain}=…`;
  },
  function emptyBrackets({ name, base }) {
    if (name !== `${base}[]` || !isComparable(base)) return undefined;
    return `${name} is not a filter: for several values, write ${base}=…&${base}=…`;
  },
  function incomparable({ name, base }) {
    if (name === base || !['q', 'changed'].includes(base)) return undefined;
    return `${name} is not a filter: ${base} has no comparisons; write ${base}=…`;
  },
  function comparisonInValue({ name, base, texts }) {
    if (name !== base || !isComparable(name)) return undefined;
    for (const text of texts) {
      const [, sign, behind = ''] = SIGN_BEFORE_VALUE.exec(text) ?? [];
      const [, word, after = ''] = WORD_BEFORE_VALUE.exec(text) ?? [];
      const operator = sign === undefined ? word : SIGNS[sign];
      if (operator === undefined) continue;
      const right = told(`${name}=${text}`, name, operator, sign === undefined ? after : behind);
      return `${right}; for that very text, ${name}[eq]=${text}`;
    }
    return undefined;
  },
];

/** What is wrong with a parameter that only looks like a comparison, with its right form; `undefined` for any other. */
export function findMisspelt(name: string, value: unknown): string | undefined {
  const [base = ''] = name.split('[');
  const texts = comparisonsOf(value)
    .flatMap(([, values]) => values)
    .filter((text) => typeof text === 'string');
  for (const check of CHECKS) {
    const problem = check({ name, base, texts });
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function told(written: string, name: string, operator = 'eq', value = ''): string {
  const hasIt = isRangeable(name) || !RANGES.some((range) => range === operator);
  const form = operator === 'is' ? name : `${name}[${hasIt ? operator : 'eq'}]`;
  return `${written} is not a filter: write ${form}=${value.trim()}`;
}
