import { expect, it } from '@jest/globals';
import { ACTOR_TYPES, getDefaultSeverity, isOneOf, OUTCOMES, SEVERITIES } from './outcomes.js';

it('success and attempted are information, everything else is a warning', () => {
  expect(Object.fromEntries(OUTCOMES.map((outcome) => [outcome, getDefaultSeverity(outcome)]))).toEqual({
    attempted: 'info',
    success: 'info',
    failure: 'warning',
    denied: 'warning',
    partial: 'warning',
  });
});

it('a word is one of a list only when it is a text of that list', () => {
  expect(SEVERITIES.every((word) => isOneOf(SEVERITIES, word))).toBe(true);
  for (const other of ['Info', '', 'toString', 'length', 0, null, undefined, ['info'], { toString: () => 'info' }]) {
    expect(isOneOf(SEVERITIES, other)).toBe(false);
  }
  expect(isOneOf(ACTOR_TYPES, 'anonymous')).toBe(true);
});
