import { statementStarts } from '../row-context/split-statements.js';

/** A statement that begins or ends a savepoint, or ends the transaction. */
export type TransactionStep =
  | { readonly kind: 'savepoint' | 'release' | 'rollBackTo'; readonly name: string }
  /** `isPlain`: the text has only this statement, without options. */
  | { readonly kind: 'commit' | 'rollBack'; readonly isPlain: boolean };

const MAY_STEP = /\b(?:savepoint|release|rollback|abort|commit|end|prepare)\b/i;
const COMMENTS = /\/\*[^]*?\*\/|--[^\n]*/g;
const NAME = String.raw`("(?:[^"]|"")+"|[^\s;]+)`;
const SAVEPOINT = new RegExp(String.raw`^savepoint\s+${NAME}`, 'i');
const RELEASE = new RegExp(String.raw`^release\s+(?:savepoint\s+)?${NAME}`, 'i');
const ROLLS_BACK_TO = new RegExp(
  String.raw`^rollback\s+(?:(?:work|transaction)\s+)?to\s+(?:savepoint\s+)?${NAME}`,
  'i',
);
const COMMITS = /^(?:commit(?!\s+prepared\b)|end|prepare\s+transaction)\b/i;
const ROLLS_BACK = /^(?:rollback(?!\s+prepared\b)|abort)\b/i;
const PLAIN_COMMIT = /^\s*commit\s*;?\s*$/i;

const NONE: readonly TransactionStep[] = [];

/** Lists the statements in a text that begin or end a savepoint, or end the transaction, in order. */
export function transactionSteps(text: string): readonly TransactionStep[] {
  if (!MAY_STEP.test(text)) return NONE;
  const starts = statementStarts(text);
  return starts.flatMap((start, index) => stepOf(text.slice(start, starts[index + 1]), text) ?? []);
}

function stepOf(statement: string, text: string): TransactionStep | undefined {
  if (!MAY_STEP.test(statement)) return undefined;
  const plain = statement.replace(COMMENTS, ' ');
  const to = ROLLS_BACK_TO.exec(plain)?.[1];
  if (to !== undefined) return { kind: 'rollBackTo', name: nameOf(to) };
  const made = SAVEPOINT.exec(plain)?.[1];
  if (made !== undefined) return { kind: 'savepoint', name: nameOf(made) };
  const released = RELEASE.exec(plain)?.[1];
  if (released !== undefined) return { kind: 'release', name: nameOf(released) };
  if (COMMITS.test(plain)) return { kind: 'commit', isPlain: PLAIN_COMMIT.test(text) };
  return ROLLS_BACK.test(plain) ? { kind: 'rollBack', isPlain: false } : undefined;
}

/** Like PostgreSQL, this function converts a name to lower case unless the name is quoted. */
function nameOf(written: string): string {
  return written.startsWith('"') ? written.slice(1, -1).replaceAll('""', '"') : written.toLowerCase();
}
