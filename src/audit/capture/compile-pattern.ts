import { readSafely } from '../event/read-safely.js';

/** A router's pattern as a regular expression whose groups are the parameters. */
export interface CompiledPattern {
  readonly pattern: RegExp;
  readonly parameters: readonly string[];
}

/** How a pattern is compared. */
export interface PatternRules {
  readonly isCaseSensitive: boolean;
  /** Whether a trailing slash makes a different path. */
  readonly isStrict: boolean;
}

/** The parts of a pattern in Express and Nest's hosts (path-to-regexp) and in Fastify (find-my-way). */
const PART =
  /\\(.)|::|:([A-Za-z_$][\w$]*)(\((?:[^()\\]|\\.)*\))?(\?)?|\(\.\*\)|\*([A-Za-z_$][\w$]*)?|([{}])|([^\\:*{}()]+|.)/gs;

/** Compiles parameters, wildcards and optional parts. Returns `undefined` for a pattern that has anything else. */
export function compilePattern(text: string, { isCaseSensitive, isStrict }: PatternRules): CompiledPattern | undefined {
  const parameters: string[] = [];
  const source = text.replace(PART, (whole, escaped, name, own, isOptional, wild, brace, fixed) => {
    if (typeof escaped === 'string') return literal(escaped);
    if (whole === '::') return ':';
    if (typeof name === 'string') {
      parameters.push(name);
      // Groups inside a parameter's own expression would shift the numbers of the groups after it.
      const expression = typeof own === 'string' ? `(${own.slice(1, -1).replace(/\((?!\?)/g, '(?:')})` : '([^/]+?)';
      return expression + (isOptional === '?' ? '?' : '');
    }
    if (whole === '(.*)' || whole.startsWith('*')) {
      parameters.push(typeof wild === 'string' ? wild : '*');
      return '(.*)';
    }
    if (brace === '{') return '(?:';
    return brace === '}' ? ')?' : literal(String(fixed));
  });
  const end = isStrict || text.endsWith('/') ? '' : '/?';
  const pattern = readSafely(() => new RegExp(`^${source}${end}$`, isCaseSensitive ? 's' : 'is'));
  return pattern && { pattern, parameters };
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
