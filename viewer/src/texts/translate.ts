import { toVisibleText } from '../design/visible-text.js';

/** A text with `{names}` that are filled in, or a form for each plural category in which `{count}` may be. */
type Message = string | { readonly one: string; readonly other: string };

export type MessageParams = Readonly<Record<string, string | number>>;

const LANGUAGE = 'en';

/** Filled-in values cannot hide or reorder other text. */
export function createTranslate<Key extends string>(
  messages: Readonly<Record<Key, Message>>,
): (key: Key, params?: MessageParams) => string {
  const plurals = new Intl.PluralRules(LANGUAGE);
  const numbers = new Intl.NumberFormat(LANGUAGE);
  return (key, params = {}) => {
    const message: Message = messages[key];
    const text =
      typeof message === 'string'
        ? message
        : plurals.select(Number(params.count)) === 'one'
          ? message.one
          : message.other;
    return text.replace(/\{(\w+)\}/g, (match, name: string) => {
      const value = params[name];
      return value === undefined ? match : typeof value === 'number' ? numbers.format(value) : toVisibleText(value);
    });
  };
}
