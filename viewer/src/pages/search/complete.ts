import type { Span } from '../../../../src/monitoring/read/query/search-language/parse-query.js';
import {
  toFilterName,
  findQualifier,
  QUALIFIERS,
  type Qualifier,
} from '../../../../src/monitoring/read/query/search-language/qualifiers.js';
import { quote } from '../../../../src/monitoring/read/query/search-language/query-text.js';

export type CompletionTarget =
  | { readonly kind: 'name'; readonly prefix: string; readonly isNegated: boolean; readonly span: Span }
  | {
      readonly kind: 'value';
      readonly qualifier: Qualifier;
      readonly filter: string;
      readonly name: string;
      readonly prefix: string;
      readonly span: Span;
    };

export interface Suggestion {
  readonly label: string;
  readonly note?: string;
  readonly text: string;
  readonly span: Span;
  readonly isComplete: boolean;
}

/** Returns `undefined` if the caret is within quotation marks. */
export function findCompletionTarget(text: string, caret: number): CompletionTarget | undefined {
  const before = text.slice(0, caret);
  if ((before.replace(/\\./g, '').match(/"/g)?.length ?? 0) % 2 === 1) return undefined;
  const start = before.search(/(?<!\S)\S*$/);
  const end = caret + (/^[^\s,]*/.exec(text.slice(caret))?.[0].length ?? 0);
  const token = text.slice(start, caret);
  const [matched = '', , name = ''] = /^(-?)([A-Za-z][\w-]*(?:\.[^\s:"]*)?):/.exec(token) ?? [];
  if (matched === '') {
    const isNegated = token.startsWith('-');
    const from = start + (isNegated ? 1 : 0);
    return { kind: 'name', prefix: text.slice(from, caret), isNegated, span: { start: from, end } };
  }
  const qualifier = findQualifier(name);
  if (qualifier === undefined) return undefined;
  const typed = token.slice(matched.length);
  const from = start + matched.length + typed.lastIndexOf(',') + 1;
  return {
    kind: 'value',
    qualifier,
    filter: toFilterName(qualifier, name),
    name,
    prefix: text.slice(from, caret),
    span: { start: from, end },
  };
}

export function suggestNames({ prefix, span }: Extract<CompletionTarget, { kind: 'name' }>): Suggestion[] {
  return QUALIFIERS.filter(({ name }) => name.startsWith(prefix.toLowerCase())).map(({ name, kind, description }) => ({
    label: kind === 'path' ? `${name}…` : `${name}:`,
    note: description,
    text: kind === 'path' ? name : `${name}:`,
    span,
    isComplete: false,
  }));
}

const TIMES = ['15m', '1h', '24h', '7d', '30d', '90d'];
const DAYS = ['today', 'yesterday'];

export function suggestKnown({ qualifier, prefix, span }: Extract<CompletionTarget, { kind: 'value' }>): Suggestion[] {
  const known = qualifier.name === 'on' ? DAYS : qualifier.kind === 'time' ? TIMES : (qualifier.words ?? []);
  return known
    .filter((word) => word.startsWith(prefix.toLowerCase()))
    .map((word) => ({ label: word, text: word, span, isComplete: true }));
}

export function suggestValues(
  { span }: Pick<CompletionTarget, 'span'>,
  values: readonly { readonly value: string; readonly name?: string; readonly count: number }[],
  counted: (count: number) => string,
  before = '',
): Suggestion[] {
  return values.map(({ value, name, count }) => ({
    label: `${before}${name ?? value}`,
    note: [name === undefined ? '' : value, count === 0 ? '' : counted(count)]
      .filter((each) => each !== '')
      .join(' · '),
    text: `${before}${value.endsWith('*') ? `"${value}"` : quote(value)}`,
    span,
    isComplete: true,
  }));
}

export function applySuggestion(
  text: string,
  { span, text: chosen, isComplete }: Suggestion,
): { readonly text: string; readonly caret: number } {
  const rest = text.slice(span.end);
  const space = isComplete && !rest.startsWith(' ') && !rest.startsWith(',') ? ' ' : '';
  const head = `${text.slice(0, span.start)}${chosen}${space}`;
  return { text: `${head}${rest}`, caret: head.length + (isComplete && rest.startsWith(' ') ? 1 : 0) };
}
