import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isHarmless } from '../../base/secrets/harmless-text.js';
import { cleanText, normalizeText } from './normalize-text.js';
import { maskSecrets } from '../../base/secrets/redact-values.js';
import { runs } from '../../../test/support/whole.js';

const PARTS = [
  'bearer ', 'Basic ', 'BEARER\t', 'abcdef123', 'eyJ', 'hbGciOi.J9.x', '-----BEGIN', ' KEY-----', '-----END', '://', 'user:',
  'pw@', 'password', 'token', '=', '"', "'", '\\', ':', ' ', '-', '4111', '1111 ', '11-11', '1111', '378282246310005', '\0', '\n',
  '\u0007', '\ud800', 'é', '\u00a0', 'ba', 'be', 'B', 'J', 'y', '@', '.', '0', '12', 'AKIA', 'sk-', 'otp ', 'curl ', '_', 'mmk',
]; // prettier-ignore

const text = fc.oneof(
  fc.array(fc.constantFrom(...PARTS), { maxLength: 12 }).map((parts) => parts.join('')),
  fc.string(),
  fc.string({ unit: fc.constantFrom('0', '1', '4', '5', '9', '-', ' ') }),
);

describe('a harmless text', () => {
  it('is what cleaning, masking and JSON make of it', () => {
    let harmless = 0;
    fc.assert(
      fc.property(text, (one) => {
        if (!isHarmless(one)) return;
        harmless++;
        expect(cleanText(one)).toBe(one);
        expect(maskSecrets(one)).toBe(one);
        expect(normalizeText(one, one.length) ?? '').toBe(one);
        expect(JSON.stringify(one)).toBe(`"${one}"`);
      }),
      { numRuns: runs(5_000) },
    );
    expect(harmless).toBeGreaterThan(500);
  });

  it('is every UUID, since no shape of a secret is in one, also where it has the digits of a card', () => {
    const digits = fc.string({ unit: fc.constantFrom('4', '1', '3', '7', '8', 'a'), minLength: 32, maxLength: 32 });
    const uuid = fc.oneof(
      fc.uuid(),
      digits.map((hex) => hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')),
    );
    fc.assert(
      fc.property(uuid, (one) => {
        expect(isHarmless(one)).toBe(true);
        expect(maskSecrets(`é ${one}`)).toBe(`é ${one}`); // the é makes the text not harmless, so every mask reads it
      }),
      { numRuns: runs(5_000) },
    );
  });
});
