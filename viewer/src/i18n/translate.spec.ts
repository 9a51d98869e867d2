import { describe, expect, it } from '@jest/globals';
import { de } from './de/index.js';
import { en } from './en/index.js';
import { chooseLanguage, createTranslate, localeOf } from './translate.js';

describe('createTranslate', () => {
  it('fills in names, and formats numbers as the language does', () => {
    expect(createTranslate('en', en)('search.results', { count: 1234 })).toBe('1,234 events');
    expect(createTranslate('de', de)('search.results', { count: 1234 })).toBe('1.234 Ereignisse');
  });

  it('chooses the form by the number', () => {
    expect(createTranslate('en', en)('search.results', { count: 1 })).toBe('1 event');
  });

  it('has every text in both languages, with the same names to fill in', () => {
    const names = (message: unknown) => [...new Set(JSON.stringify(message).match(/\{\w+\}/g))].sort();
    expect(Object.keys(de).sort()).toEqual(Object.keys(en).sort());
    for (const [key, message] of Object.entries(en)) {
      expect([key, names(de[key as keyof typeof en])]).toEqual([key, names(message)]);
    }
  });
});

describe('localeOf', () => {
  it('takes the variety that the reader wants, and leaves out what Intl refuses', () => {
    expect(localeOf('en', ['de-AT', 'en-GB', 'en-US'])).toBe('en-GB');
    expect(localeOf('en', ['en-US@posix'])).toBe('en');
    expect(localeOf('de', [])).toBe('de');
  });
});

describe('chooseLanguage', () => {
  it('takes the first that it has, and English otherwise', () => {
    expect(chooseLanguage(['fr', 'de-AT', 'en'])).toBe('de');
    expect(chooseLanguage(['fr'])).toBe('en');
  });
});
