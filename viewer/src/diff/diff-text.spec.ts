import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { diffText, type TextPiece } from './diff-text.js';

const without = (pieces: readonly TextPiece[], kind: TextPiece['kind']) =>
  pieces
    .filter((piece) => piece.kind !== kind)
    .map((piece) => piece.text)
    .join('');

it('diffText gives both texts again, whatever they are', () => {
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
