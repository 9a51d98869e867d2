import { expect, it } from '@jest/globals';
import { de } from './de/index.js';
import { en } from './en/index.js';

it('createTranslate has every text in both languages, with the same names to fill in', () => {
  const names = (message: unknown) => [...new Set(JSON.stringify(message).match(/\{\w+\}/g))].sort();
  expect(Object.keys(de).sort()).toEqual(Object.keys(en).sort());
  for (const [key, message] of Object.entries(en)) {
    expect([key, names(de[key as keyof typeof en])]).toEqual([key, names(message)]);
  }
});
