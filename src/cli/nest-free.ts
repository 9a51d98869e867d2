/** Characters that control a terminal: control characters, marks that change the direction of text, and line separators. */
const CONTROL_CHARACTERS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * Replaces each character that changes a terminal's output by U+FFFD. The texts of events are not trusted, since users of the application
 * wrote them.
 */
export function escapeControls(line: string): string {
  return line.replace(CONTROL_CHARACTERS, '\u{FFFD}');
}

/** Formats a value as JSON, and escapes characters that would control the terminal. */
export function formatPlainJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(CONTROL_CHARACTERS, (character) =>
    character === '\n' ? character : character.split('').map(escape).join(''),
  );
}

function escape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
