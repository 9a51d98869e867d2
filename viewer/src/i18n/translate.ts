import { visibleText } from '../design/visible-text.js';
import type { en } from './en/index.js';

/** A text with `{names}` that are filled in, or a form for one and a form for several, between which `{count}` decides. */
export type Message = string | { readonly one: string; readonly other: string };
export type Translated<T> = { readonly [K in keyof T]: T[K] extends string ? string : Message };

export type MessageKey = keyof typeof en;
export type MessageParams = Readonly<Record<string, string | number>>;
export type Translate = (key: MessageKey, params?: MessageParams) => string;

export const LANGUAGES = ['en', 'de'] as const;
export type Language = (typeof LANGUAGES)[number];

export function chooseLanguage(wanted: readonly string[]): Language {
  const known = (tag: string) => LANGUAGES.find((language) => tag.toLowerCase().split('-')[0] === language);
  return wanted.map(known).find((language) => language !== undefined) ?? 'en';
}

/** The reader's variant, such as British English, decides the format of times and numbers. */
export function localeOf(language: Language, wanted: readonly string[]): string {
  return wanted.find((tag) => tag.startsWith(language) && isLocale(tag)) ?? language;
}

/** Under a POSIX locale, a browser may report a tag that `Intl` refuses, such as `en-US@posix`. */
function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length > 0;
  } catch {
    return false;
  }
}

/** Filled-in values cannot hide or reorder other text. */
export function createTranslate<Key extends string>(
  language: Language,
  messages: Readonly<Record<Key, Message>>,
): (key: Key, params?: MessageParams) => string {
  const plurals = new Intl.PluralRules(language);
  const numbers = new Intl.NumberFormat(language);
  return (key, params = {}) => {
    const message: Message = messages[key];
    const text =
      typeof message === 'string'
        ? message
        : plurals.select(Number(params.count)) === 'one'
          ? message.one
          : message.other;
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = params[name];
      return value === undefined ? whole : typeof value === 'number' ? numbers.format(value) : visibleText(value);
    });
  };
}
