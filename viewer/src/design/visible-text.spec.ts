import { describe, expect, it } from '@jest/globals';
import { visiblePieces, visibleText } from './visible-text.js';

const shown = (text: string) =>
  visiblePieces(text)
    .map((piece) => ('text' in piece ? piece.text : `<${piece.code}>`))
    .join('');

describe('visiblePieces', () => {
  it('leaves ordinary text as it is, in every script', () => {
    for (const text of ['', 'Ada', 'Zoë 李 نور', 'line\nnext\tcell', '👩‍💻 👍🏽 ❤️', 'a‐b']) expect(shown(text)).toBe(text);
  });

  it('names controls of direction and characters without width', () => {
    expect(shown('invoice\u202Efdp.exe')).toBe('invoice<U+202E>fdp.exe');
    expect(shown('ad\u200Bmin\u2066\uFEFF')).toBe('ad<U+200B>min<U+2066><U+FEFF>');
    expect(shown('\u0000\u001B[31m')).toBe('<U+0000><U+001B>[31m');
    expect(shown('a\u200Db')).toBe('a<U+200D>b');
  });

  it('names lone halves of surrogate pairs and tags', () => {
    expect(shown('a\uD83D')).toBe('a<U+D83D>');
    expect(shown('x\u{E0041}')).toBe('x<U+E0041>');
  });
});

describe('visibleText', () => {
  it('leaves plain text as it is', () => {
    expect(visibleText('order 17 (Ada)')).toBe('order 17 (Ada)');
  });

  it('names what hides, and keeps the direction inside', () => {
    expect(visibleText('Ada\u202Elory')).toBe('\u2068Ada[U+202E]lory\u2069');
    expect(visibleText('نور')).toBe('\u2068نور\u2069');
  });
});
