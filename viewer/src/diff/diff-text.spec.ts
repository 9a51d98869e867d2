import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { diffText, type TextPiece } from './diff-text.js';

const without = (pieces: readonly TextPiece[], kind: TextPiece['kind']) =>
  pieces
    .filter((piece) => piece.kind !== kind)
    .map((piece) => piece.text)
    .join('');

describe('diffText', () => {
  it('names the words that differ', () => {
    expect(diffText('a quick brown fox', 'a slow brown dog')).toEqual([
      { kind: 'same', text: 'a ' },
      { kind: 'removed', text: 'quick' },
      { kind: 'added', text: 'slow' },
      { kind: 'same', text: ' brown ' },
      { kind: 'removed', text: 'fox' },
      { kind: 'added', text: 'dog' },
    ]);
  });

  it('gives both texts again, whatever they are', () => {
    const words = fc
      .array(fc.constantFrom('a', ' ', 'ß', '👍', '\n', '<b>', '.'), { maxLength: 30 })
      .map((all) => all.join(''));
    fc.assert(
      fc.property(words, words, (before, after) => {
        const pieces = diffText(before, after);
        expect(without(pieces, 'added')).toBe(before);
        expect(without(pieces, 'removed')).toBe(after);
      }),
    );
  });

  it('takes what is too long to compare as a whole', () => {
    const [before, after] = [
      Array.from({ length: 3000 }, (_, n) => `a${n}`).join(' '),
      Array.from({ length: 3000 }, (_, n) => `b${n}`).join(' '),
    ];
    expect(diffText(`x ${before} y`, `x ${after} y`).map(({ kind }) => kind)).toEqual([
      'same',
      'removed',
      'added',
      'same',
    ]);
  });
});
