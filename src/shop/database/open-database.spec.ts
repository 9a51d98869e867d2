import { expect, it } from '@jest/globals';
import { isSameDatabase } from './open-database.js';

it.each([
  ['postgresql://app:a@localhost:5432/app', 'postgres://audit:b@localhost/app?sslmode=disable', true],
  ['postgresql://app@localhost/app', 'postgresql://app@localhost/audit', false],
  ['postgresql://app@localhost/app', 'postgresql://app@localhost:5433/app', false],
  ['postgresql://app@one/app', 'postgresql://app@two/app', false],
])('two addresses name one database %s and %s: %s', (one, other, expected) => {
  expect(isSameDatabase(one, other)).toBe(expected);
});
