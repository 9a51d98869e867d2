import { statementStarts } from './split-statements.js';

/** First words of statements that change rows. */
const WRITES: ReadonlySet<string> = new Set([
  'insert',
  'update',
  'delete',
  'merge',
  'truncate',
  'call',
  'do',
  'execute',
]);
/** Of statements that change rows where one that does is within. */
const MAY_CONTAIN_WRITE: ReadonlySet<string> = new Set(['with', 'explain']);
const CONTAINS_WRITE = /\b(?:insert|update|delete|merge|truncate|call|do|execute)\b/i;
/** Not of a query, which has brackets. */
const COPIES_INTO = /copy\s+[^\s(][^;]*?\bfrom\b/iy;
/** After these the transaction, and its context with it, is another one. */
const ENDS_TRANSACTION: ReadonlySet<string> = new Set(['commit', 'end', 'rollback', 'abort', 'prepare']);
const WORD = /[\s(]*([a-z]*)/iy;

/** Words of a block that may end transactions, which PostgreSQL permits only where nothing was sent before it. */
const MAY_COMMIT = /\b(?:commit|rollback|call)\b/i;

/**
 * How the context gets before a text: not at all, as messages of the extended protocol, the same in a transaction alone, or within
 * the text at these places.
 */
export type WritePlan = 'reads' | WayToSend;
export type WayToSend = 'extended' | 'inTransaction' | readonly number[];

/**
 * Says whether a text can change rows, and how it is sent then. A text of several statements, which the extended protocol refuses,
 * and COPY, whose data comes in another order there, get the context within: before each statement that is the first of
 * its transaction to write.
 *
 * @param writingFunctions tells the SELECTs that change rows, and the CALLs that end no transaction
 */
export function planWrite(text: string, writingFunctions?: RegExp): WritePlan {
  const starts = statementStarts(text);
  const [only = 0] = starts;
  if (starts.length < 2) {
    if (!isWrite(text, only, text.length, writingFunctions)) return 'reads';
    const word = wordAt(text, only);
    if (word === 'copy') return [only];
    return mayCommit(word, text) && writingFunctions?.test(text) !== true ? 'inTransaction' : 'extended';
  }
  const places: number[] = [];
  let isMissing = true;
  for (const [index, start] of starts.entries()) {
    if (ENDS_TRANSACTION.has(wordAt(text, start))) isMissing = true;
    else if (isMissing && isWrite(text, start, starts[index + 1] ?? text.length, writingFunctions)) {
      places.push(start);
      isMissing = false;
    }
  }
  return places.length === 0 ? 'reads' : places;
}

function mayCommit(word: string, text: string): boolean {
  return word === 'call' || (word === 'do' && MAY_COMMIT.test(text));
}

function isWrite(text: string, start: number, end: number, writingFunctions: RegExp | undefined): boolean {
  const word = wordAt(text, start);
  if (WRITES.has(word)) return true;
  if (word === 'copy') {
    COPIES_INTO.lastIndex = start;
    return COPIES_INTO.test(text);
  }
  const isCompound = MAY_CONTAIN_WRITE.has(word);
  if (!isCompound && (word !== 'select' || !writingFunctions)) return false;
  const statement = text.slice(start, end);
  return (isCompound && CONTAINS_WRITE.test(statement)) || writingFunctions?.test(statement) === true;
}

function wordAt(text: string, start: number): string {
  WORD.lastIndex = start;
  return WORD.exec(text)?.[1]?.toLowerCase() ?? '';
}
