/** Controls, marks that turn the order of what is read, and separators: a terminal obeys them. */
const OBEYED = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Shows a line with U+FFFD for each character that a terminal would obey: what a ledger holds was written by others. */
export function plain(line: string): string {
  return line.replace(OBEYED, '\u{FFFD}');
}

/** Writes a value as JSON whose characters a terminal would not obey: they are escaped, and the value stays the same. */
export function plainJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(OBEYED, (character) =>
    character === '\n' ? character : character.split('').map(escape).join(''),
  );
}

function escape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
