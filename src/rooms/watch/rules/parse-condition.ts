import type { Condition } from './rule.js';

/**
 * Parses Sigma's `condition`: names of selections, `not`, `and`, `or`, parentheses, `1 of name*`, `all of name*`, `1 of them`,
 * `all of them`. `not` binds tighter than `and`; `and` binds tighter than `or`.
 *
 * @param names the names of the selections
 * @returns the condition, or the problem
 */
export function parseCondition(text: string, names: readonly string[]): Condition | string {
  try {
    return new ConditionParser(text.match(TOKENS) ?? [], names).whole();
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
  whole(): Condition {
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
    if ((name === '1' || name === 'all') && this.take('of')) return this.several(name === '1' ? 'or' : 'and');
    if (WORDS.has(name)) return this.refuse(`condition has "${name}" where a selection should be`);
    if (!this.names.includes(name)) {
      return this.refuse(`condition names ${name}, but the detection has ${this.names.join(', ')}`);
    }
    return { is: 'selection', name };
  }

  private several(is: 'and' | 'or'): Condition {
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
