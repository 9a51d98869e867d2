import { z } from 'zod';
import { isTime } from './query-times.js';
import { isStorable, isText } from './query-parameters.js';

/** Returns the schema of a text that `test` accepts. The message is "<field> must be <says>". */
export function text(message: string, test: (value: string) => boolean) {
  return z.string(message).refine(test, message);
}

/** Returns the schema of a text that people write, such as a reason: not blank, and storable by PostgreSQL. */
export function longText(maxCharacters: number) {
  return text(
    `a text of 1 to ${maxCharacters} characters`,
    (value) => value.trim() !== '' && value.length <= maxCharacters && isStorable(value),
  ).meta({ minLength: 1, maxLength: maxCharacters });
}

/** Accepts a name or an id. */
export const shortText = text('a text of 1 to 512 characters', isText).meta({ minLength: 1, maxLength: 512 });

/** Accepts a day or a time. A time without an offset is in UTC. */
export const moment = text('a day or an RFC 3339 time, such as 2026-11-20 or 2026-11-20T08:00:00Z', isTime).meta({
  example: '2026-11-20T08:00:00Z',
});
