import { Must } from './must.decorator.js';
import { isStorable } from '../query/query-values.js';

/** What somebody writes, such as a comment or a reason: a text that is not blank, and that PostgreSQL stores as it is. */
export function IsProse(mostCharacters: number): PropertyDecorator {
  return Must(
    `a text of 1 to ${mostCharacters} characters`,
    (value) => typeof value === 'string' && value.trim() !== '' && value.length <= mostCharacters && isStorable(value),
  );
}
