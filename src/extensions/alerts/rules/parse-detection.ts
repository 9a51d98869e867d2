import { Catalogue, hasCode } from '../../../audit/nest-free.js';
import { EventFilters } from '../../../monitoring/read/query/event-query.dto.js';
import { isRange } from '../../../monitoring/read/query/filter-values.js';
import { parseQuery } from '../../../monitoring/read/query/parse-query.js';
import { buildPredicates } from '../../../monitoring/read/query/predicates.js';
import {
  findFieldProblem,
  findValueProblem,
  getJsonRoot,
  hasInnerStar,
  isTextModifier,
  TEXT_MODIFIERS,
  parseTextPattern,
  type TextPattern,
} from './rule-field.js';
import { isMap, type SelectedFields, type Selection, type Condition } from './rule.js';

const CATALOGUE = new Catalogue();

const MODIFIERS = ['startswith', ...TEXT_MODIFIERS, 'cidr', 'exists', 'fieldref', 'gt', 'gte', 'lt', 'lte'] as const;

/**
 * Translates a selection of Sigma into filters of `GET /audit/events`. A selection is a map of the route's fields, or a list of such maps. A text
 * that ends in `*` is a prefix; `null` means a field without a value.
 *
 * @param report gets each problem with the path of its key; the path is empty for the whole selection
 */
export function parseSelection(
  input: unknown,
  report: (path: readonly (string | number)[], problem: string) => void,
): Selection {
  const isList = Array.isArray(input);
  const maps: readonly unknown[] = isList ? input : [input];
  if (maps.length === 0) report([], 'must have a field');
  return maps.map((map, index) => {
    const at = isList ? [index] : [];
    if (isMap(map) && Object.keys(map).length > 0)
      return parseFilter(map, (key, problem) => report([...at, key], problem));
    report(at, 'must be a map of fields and their values; lists of words are not supported');
    return { filter: {}, same: [], patterns: [] };
  });
}

function parseFilter(
  map: Readonly<Record<string, unknown>>,
  reportAt: (key: string, problem: string) => void,
): SelectedFields {
  const same: [string, string][] = [];
  const patterns: TextPattern[] = [];
  const filter: Record<string, Record<string, unknown>> = {};
  const byPath: Record<string, Record<string, Record<string, unknown>>> = {};
  let words: { readonly q?: unknown } = {};
  for (const [key, value] of Object.entries(map)) {
    const report = (problem: string): void => reportAt(key, problem);
    if (key === 'q') {
      if (isFilter({ q: value }, report)) words = { q: value };
      continue;
    }
    const [field = '', modifier, ...more] = key.split('|');
    const problem =
      findFieldProblem(field) ??
      findModifierProblem(modifier, more) ??
      (modifier === 'fieldref' ? findValueProblem(String(value)) : undefined);
    if (problem !== undefined) report(problem);
    else if (modifier === 'fieldref') same.push([field, String(value)]);
    else if (isTextModifier(modifier) || (modifier === undefined && hasInnerStar(value))) {
      const pattern = parseTextPattern(field, [modifier, ...more], value, report);
      if (pattern) patterns.push(pattern);
    } else {
      const root = getJsonRoot(field);
      const path = field.slice((root?.length ?? -1) + 1);
      const comparisons = buildComparisons(modifier, value);
      if (!isFilter(root ? { [root]: { [path]: comparisons } } : { [field]: comparisons }, report)) continue;
      if (root) (byPath[root] ??= {})[path] = { ...byPath[root][path], ...comparisons };
      else filter[field] = { ...filter[field], ...comparisons };
    }
  }
  return { filter: { ...filter, ...byPath, ...words }, same, patterns };
}

function isFilter(filter: Readonly<Record<string, unknown>>, report: (problem: string) => void): boolean {
  try {
    buildPredicates(parseQuery(EventFilters, filter), CATALOGUE);
    return true;
  } catch (error) {
    if (!hasCode(error, 'AUDIT_QUERY_INVALID')) throw error;
    for (const problem of error.problems ?? []) report(problem);
    return false;
  }
}

function findModifierProblem(modifier: string | undefined, more: readonly string[]): string | undefined {
  if (modifier === undefined) return undefined;
  const allowed = isTextModifier(modifier) ? (modifier === 're' ? ['all', 'i'] : ['all']) : [];
  if (more.some((each) => !allowed.includes(each))) {
    return `has several modifiers (${[modifier, ...more].join(', ')}): use only one, or combine "all" with one of ${TEXT_MODIFIERS.join(', ')}`;
  }
  if (MODIFIERS.some((known) => known === modifier)) return undefined;
  return `has the modifier ${modifier}, which is not supported: use ${MODIFIERS.join(', ')}`;
}

function buildComparisons(modifier: string | undefined, value: unknown): Readonly<Record<string, unknown>> {
  if (modifier === undefined || modifier === 'cidr') return value === null ? { exists: false } : { is: value };
  if (modifier === 'exists') return { exists: value };
  if (isRange(modifier)) return { [modifier]: value };
  const beginnings = [value].flat().map((text) => `${String(text)}*`);
  return { is: beginnings };
}

/**
 * Parses Sigma's `condition`: names of selections, `not`, `and`, `or`, parentheses, `1 of name*`, `all of name*`, `1 of them`,
 * `all of them`. `not` binds tighter than `and`; `and` binds tighter than `or`.
 *
 * @param names the names of the selections
 * @returns the condition, or the problem
 */
export function parseCondition(text: string, names: readonly string[]): Condition | string {
  try {
    return new ConditionParser(text.match(TOKENS) ?? [], names).parse();
  } catch (error) {
    if (error instanceof SyntaxError) return error.message;
    throw error;
  }
}

const TOKENS = /[()]|[^\s()]+/g;
const WORDS: ReadonlySet<string> = new Set(['and', 'or', 'not', 'of', '(', ')']);

class ConditionParser {
  private at = 0;

  constructor(
    private readonly tokens: readonly string[],
    private readonly names: readonly string[],
  ) {}

  /** @throws SyntaxError */
  parse(): Condition {
    const condition = this.either();
    const next = this.tokens[this.at];
    if (next === undefined) return condition;
    return this.refuse(`condition has "${next}" after a complete condition: continue with "and" or "or"`);
  }

  private either(): Condition {
    return this.joined('or', () => this.joined('and', () => this.one()));
  }

  private joined(word: 'and' | 'or', next: () => Condition): Condition {
    const first = next();
    const of = [first];
    while (this.take(word)) of.push(next());
    return of.length === 1 ? first : { is: word, of };
  }

  private one(): Condition {
    if (this.take('not')) return { is: 'not', of: this.one() };
    if (this.take('(')) {
      const inner = this.either();
      if (!this.take(')')) return this.refuse('condition has a "(" without its ")"');
      return inner;
    }
    const name = this.tokens[this.at++];
    if (name === undefined) return this.refuse('condition ends where a selection should follow');
    if ((name === '1' || name === 'all') && this.take('of')) return this.parseQuantifier(name === '1' ? 'or' : 'and');
    if (WORDS.has(name)) return this.refuse(`condition has "${name}" where a selection should be`);
    if (!this.names.includes(name)) {
      return this.refuse(`condition names ${name}, but the detection has ${this.names.join(', ')}`);
    }
    return { is: 'selection', name };
  }

  private parseQuantifier(is: 'and' | 'or'): Condition {
    const pattern = this.tokens[this.at++] ?? '';
    const isNamed = (name: string): boolean =>
      pattern === 'them' || name === pattern || (pattern.endsWith('*') && name.startsWith(pattern.slice(0, -1)));
    const of = this.names.filter(isNamed).map((name): Condition => ({ is: 'selection', name }));
    const [first] = of;
    if (!first) return this.refuse(`condition names ${pattern || 'nothing after "of"'}: no selection has this name`);
    return of.length === 1 ? first : { is, of };
  }

  private refuse(problem: string): never {
    throw new SyntaxError(problem);
  }

  private take(word: string): boolean {
    const isNext = this.tokens[this.at] === word;
    if (isNext) this.at += 1;
    return isNext;
  }
}
