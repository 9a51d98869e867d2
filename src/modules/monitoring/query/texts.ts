import { z } from 'zod';
import { isTime } from './query-times.js';
import { isStorable, isText } from './query-values.js';

/** A text of a body that `test` must accept; the message is "<field> must be <says>". */
export function text(says: string, test: (value: string) => boolean) {
  return z.string(says).refine(test, says);
}

/** A text that people write, such as a comment or a reason: not blank, and storable by PostgreSQL. */
export function prose(mostCharacters: number) {
  return text(
    `a text of 1 to ${mostCharacters} characters`,
    (value) => value.trim() !== '' && value.length <= mostCharacters && isStorable(value),
  ).meta({ minLength: 1, maxLength: mostCharacters });
}

/** A name or an id. */
export const shortText = text('a text of 1 to 512 characters', isText).meta({ minLength: 1, maxLength: 512 });

/** A day or a time; without an offset, it is in UTC. */
export const moment = text('a day or an RFC 3339 time, such as 2026-11-20 or 2026-11-20T08:00:00Z', isTime).meta({
  example: '2026-11-20T08:00:00Z',
});
