const UNSEEN = /(?:[\s;]|--[^\n]*)*/y;
/** Matches a semicolon, a quoted text, or the beginning of a comment. The code counts nested comments to find where a comment ends. */
const TOKEN = /\be'(?:[^'\\]|\\[^]|'')*'|'[^']*'|"[^"]*"|\$(\w*)\$[^]*?\$\1\$|--[^\n]*|\/\*|;/giu;

/** Returns the position of the first word of each statement in a text. */
export function statementStarts(text: string): readonly number[] {
  const first = skipUnseen(text, 0);
  if (!text.includes(';', first)) return first < text.length ? [first] : [];
  const starts: number[] = [];
  for (let at = first; at < text.length; at = skipUnseen(text, endOfStatement(text, at))) starts.push(at);
  return starts;
}

function skipUnseen(text: string, from: number): number {
  for (let at = from; ;) {
    UNSEEN.lastIndex = at;
    UNSEEN.test(text);
    at = UNSEEN.lastIndex;
    if (!text.startsWith('/*', at)) return at;
    at = endOfComment(text, at);
  }
}

function endOfStatement(text: string, start: number): number {
  TOKEN.lastIndex = start;
  for (let found = TOKEN.exec(text); found; found = TOKEN.exec(text)) {
    if (found[0] === ';') return TOKEN.lastIndex;
    if (found[0] === '/*') TOKEN.lastIndex = endOfComment(text, found.index);
  }
  return text.length;
}

function endOfComment(text: string, start: number): number {
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
