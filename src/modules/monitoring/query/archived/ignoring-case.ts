/** Which letters a database has in two cases: those of its locale; of the locale C, those of ASCII. */
export type CaseFolding = 'unicode' | 'ascii';

/** A test for a text within another, letter by letter in either case, as PostgreSQL's regular expressions ignore it. */
export function holdsIgnoringCase(text: string, folding: CaseFolding): (other: string) => boolean {
  const classes = Array.from(text, (letter) => casesOf(letter, folding).map(escapeInClass).join(''));
  const pattern = new RegExp(classes.map((letters) => `[${letters}]`).join(''), 'u');
  return (other) => pattern.test(other);
}

/** A text in lower case, letter by letter. */
export function toLowerCase(text: string, folding: CaseFolding): string {
  return Array.from(text, (letter) => casesOf(letter, folding)[1] ?? letter).join('');
}

/** A letter itself, and as lower and upper case, where these are one letter, too. */
function casesOf(letter: string, folding: CaseFolding): readonly string[] {
  if (folding === 'ascii' && !/^[A-Za-z]$/.test(letter)) return [letter];
  const cases = [letter.toLowerCase(), letter.toUpperCase()];
  return [letter, ...cases.map((one) => (Array.from(one).length === 1 ? one : letter))];
}

function escapeInClass(letter: string): string {
  return /[\\\]^-]/.test(letter) ? `\\${letter}` : letter;
}
