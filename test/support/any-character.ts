import fc from 'fast-check';

const SURROGATES = 0x800;

/** Any character of Unicode, as `unit: 'binary'`, which makes tables of all 1,112,064 of them first, for a second. */
export const ANY_CHARACTER = fc
  .integer({ min: 0, max: 0x10_ffff - SURROGATES })
  .map((nth) => String.fromCodePoint(nth < 0xd800 ? nth : nth + SURROGATES));
