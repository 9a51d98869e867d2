/** Characters that control a terminal: controls, marks that change the direction of text, and separators. */
const OBEYED = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Replaces each character that would control the terminal by U+FFFD, since the ledger's texts were written by others. */
export function plain(line: string): string {
  return line.replace(OBEYED, '\u{FFFD}');
}

/** Writes a value as JSON in which characters that would control the terminal are escaped; the value stays the same. */
export function plainJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(OBEYED, (character) =>
    character === '\n' ? character : character.split('').map(escape).join(''),
  );
}

function escape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
