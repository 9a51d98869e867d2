const BLANKS_AND_COMMENTS = /(?:[\s;]|--[^\n]*)*/y;
/** Matches a semicolon, a quoted text, or the beginning of a comment. The code counts nested comments to find where a comment ends. */
const TOKEN = /\be'(?:[^'\\]|\\[^]|'')*'|'[^']*'|"[^"]*"|\$(\w*)\$[^]*?\$\1\$|--[^\n]*|\/\*|;/giu;

/** Returns the position of the first word of each statement in a text. */
export function findStatementStarts(text: string): readonly number[] {
  const first = skipBlanksAndComments(text, 0);
  if (!text.includes(';', first)) return first < text.length ? [first] : [];
  const starts: number[] = [];
  for (let at = first; at < text.length; at = skipBlanksAndComments(text, findStatementEnd(text, at))) starts.push(at);
  return starts;
}

function skipBlanksAndComments(text: string, from: number): number {
  for (let at = from; ;) {
    BLANKS_AND_COMMENTS.lastIndex = at;
    BLANKS_AND_COMMENTS.test(text);
    at = BLANKS_AND_COMMENTS.lastIndex;
    if (!text.startsWith('/*', at)) return at;
    at = findCommentEnd(text, at);
  }
}

function findStatementEnd(text: string, start: number): number {
  TOKEN.lastIndex = start;
  for (let found = TOKEN.exec(text); found; found = TOKEN.exec(text)) {
    if (found[0] === ';') return TOKEN.lastIndex;
    if (found[0] === '/*') TOKEN.lastIndex = findCommentEnd(text, found.index);
  }
  return text.length;
}

function findCommentEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text.startsWith('/*', at)) depth++;
    else if (text.startsWith('*/', at)) depth--;
    else continue;
    at++;
    if (depth === 0) return at + 1;
  }
  return text.length;
}
