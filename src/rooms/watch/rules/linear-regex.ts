const MOST_STATES = 2000;
/** The maximum count of a repetition in PostgreSQL. */
const MOST_COUNTED = 255;

const CLASSES = 'dDwWsS';
const ESCAPES: Readonly<Record<string, string>> = {
  b: '\\y',
  B: '\\Y',
  t: '\\t',
  n: '\\n',
  r: '\\r',
  f: '\\f',
  v: '\\v',
};
const QUANTIFIER = /[*+?]\??|\{(\d{1,4})(?:(,)(\d{1,4})?)?\}\??/y;

/**
 * Translates a regular expression of a rule for PostgreSQL. The function accepts only expressions that a finite automaton can match, so no
 * look-around and no back-references. The time for a match is then linear in the length of the text.
 *
 * @returns the translation, or the problem
 */
export function translateRegex(given: string): { readonly sql: string } | { readonly problem: string } {
  const isAnyCase = given.startsWith('(?i)');
  const reader = new RegexReader(isAnyCase ? given.slice('(?i)'.length) : given);
  try {
    return { sql: `${isAnyCase ? '(?i)' : ''}(?:${reader.read()})` };
  } catch (error) {
    if (error instanceof SyntaxError) return { problem: error.message };
    throw error;
  }
}

interface Part {
  readonly sql: string;
  readonly states: number;
}

class RegexReader {
  private at = 0;

  constructor(private readonly given: string) {}

  /** @throws SyntaxError */
  read(): string {
    const { sql, states } = this.branches();
    if (this.at < this.given.length) this.refuse(') without (');
    if (states > MOST_STATES) this.refuse(`more than ${MOST_STATES} states: use smaller counts`);
    return sql;
  }

  private branches(): Part {
    let all: Part = { sql: '', states: 0 };
    while (this.at < this.given.length && this.given[this.at] !== ')') {
      const part = this.given[this.at] === '|' ? this.take('|') : this.quantified(this.atom());
      all = { sql: all.sql + part.sql, states: all.states + part.states };
    }
    return all;
  }

  private quantified({ sql, states }: Part): Part {
    QUANTIFIER.lastIndex = this.at;
    const [quantifier = '', least, hasMost, most] = QUANTIFIER.exec(this.given) ?? [];
    if (quantifier === '') return { sql, states };
    if (states === 0) this.refuse(`${quantifier} after an expression that matches no character`);
    this.at += quantifier.length;
    QUANTIFIER.lastIndex = this.at;
    if (QUANTIFIER.test(this.given) || this.given[this.at] === '+') this.refuse('two quantifiers in a row');
    const counted = Math.max(Number(least ?? 1), Number(most ?? 1), 1);
    if (counted > MOST_COUNTED) this.refuse(`a count of more than ${MOST_COUNTED}`);
    if (most !== undefined && Number(least) > Number(most)) this.refuse(`${quantifier} with swapped bounds`);
    return { sql: sql + quantifier, states: states * (counted + (hasMost && most === undefined ? 1 : 0)) };
  }

  private atom(): Part {
    const character = this.given[this.at] ?? '';
    switch (character) {
      case '(':
        return this.group();
      case '[':
        return this.set();
      case '\\':
        return this.escaped();
      case '^':
      case '$':
        return { ...this.take(character), states: 0 };
      case '*':
      case '+':
      case '?':
      case '{':
        return this.refuse(`${character} without an expression to repeat: write \\${character}`);
      default:
        return this.take(character);
    }
  }

  private group(): Part {
    const [begin = ''] = /^\((\?:)?/.exec(this.given.slice(this.at)) ?? [];
    this.at += begin.length;
    if (this.given[this.at] === '?') this.refuse('look-around, a named group or flags');
    const { sql, states } = this.branches();
    if (this.given[this.at] !== ')') this.refuse('( without )');
    this.at += 1;
    return { sql: `(?:${sql})`, states };
  }

  private escaped(): Part {
    const escaped = this.given[this.at + 1] ?? '';
    this.at += 2;
    if (CLASSES.includes(escaped) && escaped !== '') return { sql: `\\${escaped}`, states: 1 };
    if (escaped in ESCAPES) return { sql: ESCAPES[escaped] ?? '', states: /b/i.test(escaped) ? 0 : 1 };
    if (escaped === '' || /[\da-z]/i.test(escaped)) this.refuse(`\\${escaped}`);
    return { sql: `\\${escaped}`, states: 1 };
  }

  private set(): Part {
    const [all] = /^\[\^?(?:\\[^]|[^\\[\]])+\]/.exec(this.given.slice(this.at)) ?? [];
    if (all === undefined) return this.refuse('[ without ], or a [ in a set: write \\[');
    const strange = /\\(?![dwstnrfv]|[^\da-z])./i.exec(all)?.[0];
    if (strange !== undefined) this.refuse(`${strange} in a set`);
    if (/\\[dws]-[^\]]|[^[^]-\\[dws]/.test(all)) this.refuse('a range that begins or ends with a class');
    for (const [range, from = '', to = ''] of all
      .replace(/^\[\^?/, '')
      .slice(0, -1)
      .matchAll(/(\\.|[^\\])-(\\.|[^\\])/g)) {
      if (from.slice(-1) > to.slice(-1)) this.refuse(`the range ${range} with swapped bounds`);
    }
    this.at += all.length;
    return { sql: all, states: 1 };
  }

  private take(character: string): Part {
    this.at += 1;
    return { sql: character, states: 1 };
  }

  private refuse(what: string): never {
    throw new SyntaxError(`${what} at character ${this.at + 1}`);
  }
}
