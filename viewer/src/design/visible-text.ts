export type TextPiece = { readonly text: string } | { readonly hidden: string; readonly code: string };

/** Ranges of code points that can deceive a reader: controls, direction controls, characters without width, lone surrogates, tags. */
const DECEPTIVE_CHARACTERS: readonly (readonly [number, number])[] = [
  [0x00, 0x08],
  [0x0b, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x61c, 0x61c],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0x3164, 0x3164],
  [0xd800, 0xdfff],
  [0xfe00, 0xfe0e],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff0, 0xfffb],
  [0xe0000, 0xe0fff],
];
const ZERO_WIDTH_JOINER = 0x200d;
const FIRST_STRONG_ISOLATE = '\u2068';
const POP_ISOLATE = '\u2069';
const PLAIN = /^[\t\n\x20-\x7e]*$/;
const EMOJI_BEFORE = /(?:\p{Extended_Pictographic}|\p{Emoji_Modifier})\ufe0f?$/u;
const EMOJI_AFTER = /^\p{Extended_Pictographic}/u;

/** The marked characters could hide or reorder parts of the text. */
export function splitVisible(text: string): TextPiece[] {
  if (PLAIN.test(text)) return [{ text }];
  const pieces: TextPiece[] = [];
  let from = 0;
  for (let at = 0; at < text.length;) {
    const code = text.codePointAt(at) ?? 0;
    const next = at + (code > 0xffff ? 2 : 1);
    if (isDeceiving(code) && !(code === ZERO_WIDTH_JOINER && joinsEmoji(text, at))) {
      if (at > from) pieces.push({ text: text.slice(from, at) });
      pieces.push({ hidden: text.slice(at, next), code: `U+${code.toString(16).toUpperCase().padStart(4, '0')}` });
      from = next;
    }
    at = next;
  }
  if (from < text.length) pieces.push({ text: text.slice(from) });
  return pieces;
}

/** Makes a text safe for titles, labels and sentences: shows hidden characters as code points, and isolates the text's direction. */
export function toVisibleText(text: string): string {
  if (PLAIN.test(text)) return text;
  const visible = splitVisible(text).map((piece) => ('text' in piece ? piece.text : `[${piece.code}]`));
  return `${FIRST_STRONG_ISOLATE}${visible.join('')}${POP_ISOLATE}`;
}

function isDeceiving(code: number): boolean {
  return DECEPTIVE_CHARACTERS.some(([first, last]) => code >= first && code <= last);
}

/** A joiner between two emoji only combines the two emoji, and hides nothing. */
function joinsEmoji(text: string, at: number): boolean {
  return EMOJI_BEFORE.test(text.slice(Math.max(0, at - 3), at)) && EMOJI_AFTER.test(text.slice(at + 1, at + 3));
}
