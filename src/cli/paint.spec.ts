import { describe, expect, it } from '@jest/globals';
import { hasColours } from './paint.js';

describe('colours', () => {
  it.each([
    ['a terminal has them', true, {}, true],
    ['a file has none', false, {}, false],
    ['NO_COLOR is stronger than a terminal', true, { NO_COLOR: '1' }, false],
    ['and than FORCE_COLOR', true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    ['an empty NO_COLOR counts as absent', true, { NO_COLOR: '' }, true],
    ['FORCE_COLOR gives them to a file', false, { FORCE_COLOR: '' }, true],
    ['FORCE_COLOR=0 takes them from a terminal', true, { FORCE_COLOR: '0' }, false],
    ['a dumb terminal has none', true, { TERM: 'dumb' }, false],
  ])('%s', (_what, isTTY, environment, has) => {
    expect(hasColours({ isTTY }, environment)).toBe(has);
  });
});
