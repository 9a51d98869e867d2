import { findStatementStarts } from './split-statements.js';

const WRITE_COMMANDS = ['insert', 'update', 'delete', 'merge', 'truncate', 'call', 'do', 'execute'];
const WRAPPING_COMMANDS = ['with', 'explain'];
/** A function that these call may write. */
const CALLING_COMMANDS = ['select', 'values', 'table', 'fetch', ...WRAPPING_COMMANDS];
const CONTAINS_WRITE = new RegExp(String.raw`\b(?:${WRITE_COMMANDS.join('|')})\b`, 'i');
/** The pattern excludes a COPY of a query, which has a bracket after its first word. */
const COPIES_INTO = /copy\s+[^\s(][^;]*?\bfrom\b/iy;
const ENDS_TRANSACTION = ['commit', 'end', 'rollback', 'abort', 'prepare'];
const WORD = /[\s(]*([a-z]*)/iy;

/** PostgreSQL allows a DO block that ends a transaction only if no other statement precedes the block. */
const MAY_COMMIT = /\b(?:commit|rollback|call)\b/i;

/**
 * How to send the context: never, by the extended protocol (always, only in a transaction, or only in place of another context), or within
 * the text at these positions.
 */
export type WritePlan = 'reads' | SendMode;
export type SendMode = 'extended' | 'inTransaction' | 'calls' | readonly number[];

/**
 * Determines whether a text can change rows, and how to send its context. The extended protocol refuses a text of several statements. The
 * context is inserted into such a text, or into a COPY, before the first write of each transaction.
 * @param writingFunctions matches functions that change rows, and procedures that do not end a transaction
 */
export function planWrite(text: string, writingFunctions?: RegExp): WritePlan {
  const starts = findStatementStarts(text);
  const [only = 0] = starts;
  if (starts.length < 2) {
    const word = readWordAt(text, only);
    if (!isWrite(text, only, text.length, writingFunctions)) return CALLING_COMMANDS.includes(word) ? 'calls' : 'reads';
    if (word === 'copy') return [only];
    return canCommit(word, text) && writingFunctions?.test(text) !== true ? 'inTransaction' : 'extended';
  }
  const positions: number[] = [];
  let isMissing = true;
  for (const [index, start] of starts.entries()) {
    if (ENDS_TRANSACTION.includes(readWordAt(text, start))) isMissing = true;
    else if (isMissing && isWrite(text, start, starts[index + 1] ?? text.length, writingFunctions)) {
      positions.push(start);
      isMissing = false;
    }
  }
  return positions.length === 0 ? 'reads' : positions;
}

function canCommit(word: string, text: string): boolean {
  return word === 'call' || (word === 'do' && MAY_COMMIT.test(text));
}

function isWrite(text: string, start: number, end: number, writingFunctions: RegExp | undefined): boolean {
  const word = readWordAt(text, start);
  if (WRITE_COMMANDS.includes(word)) return true;
  if (word === 'copy') {
    COPIES_INTO.lastIndex = start;
    return COPIES_INTO.test(text);
  }
  const isCompound = WRAPPING_COMMANDS.includes(word);
  if (!isCompound && (word !== 'select' || !writingFunctions)) return false;
  const statement = text.slice(start, end);
  return (isCompound && CONTAINS_WRITE.test(statement)) || writingFunctions?.test(statement) === true;
}

function readWordAt(text: string, start: number): string {
  WORD.lastIndex = start;
  return WORD.exec(text)?.[1]?.toLowerCase() ?? '';
}
