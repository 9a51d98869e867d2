import { statementStarts } from './split-statements.js';

/** The first words of statements that change rows. */
const WRITES = ['insert', 'update', 'delete', 'merge', 'truncate', 'call', 'do', 'execute'];
/** The first words of statements that change rows if they contain a statement that does. */
const MAY_CONTAIN_WRITE = ['with', 'explain'];
const CONTAINS_WRITE = new RegExp(String.raw`\b(?:${WRITES.join('|')})\b`, 'i');
/** A COPY into a table; a COPY of a query has brackets. */
const COPIES_INTO = /copy\s+[^\s(][^;]*?\bfrom\b/iy;
/** Statements after which there is another transaction, with another context. */
const ENDS_TRANSACTION = ['commit', 'end', 'rollback', 'abort', 'prepare'];
const WORD = /[\s(]*([a-z]*)/iy;

/** Words of a block that may end transactions, which PostgreSQL permits only if nothing was sent before it. */
const MAY_COMMIT = /\b(?:commit|rollback|call)\b/i;

/** How the context gets before a text: never, by the extended protocol (always, or only in a transaction), or at these positions. */
export type WritePlan = 'reads' | WayToSend;
export type WayToSend = 'extended' | 'inTransaction' | readonly number[];

/**
 * Determines whether a text can change rows, and how to send it then. Texts of several statements, which the extended protocol refuses, and
 * COPY get the context inside: before each statement that is the first one of its transaction to write.
 * @param writingFunctions matches SELECTs that change rows, and CALLs that end no transaction
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
    if (ENDS_TRANSACTION.includes(wordAt(text, start))) isMissing = true;
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
  if (WRITES.includes(word)) return true;
  if (word === 'copy') {
    COPIES_INTO.lastIndex = start;
    return COPIES_INTO.test(text);
  }
  const isCompound = MAY_CONTAIN_WRITE.includes(word);
  if (!isCompound && (word !== 'select' || !writingFunctions)) return false;
  const statement = text.slice(start, end);
  return (isCompound && CONTAINS_WRITE.test(statement)) || writingFunctions?.test(statement) === true;
}

function wordAt(text: string, start: number): string {
  WORD.lastIndex = start;
  return WORD.exec(text)?.[1]?.toLowerCase() ?? '';
}
