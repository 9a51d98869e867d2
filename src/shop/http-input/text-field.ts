import { Matches } from 'class-validator';

/**
 * A text field of a request body: 1 to `most` characters, which are not all blank. Control characters and lone surrogates are refused, because
 * PostgreSQL refuses them. With `isLong`, line breaks and tabs are allowed.
 */
export function TextField(most: number, { isLong = false } = {}): PropertyDecorator {
  const character = isLong ? String.raw`(?:[^\p{Cc}\p{Cs}]|[\t\r\n])` : String.raw`[^\p{Cc}\p{Cs}]`;
  const message = `$property must be 1 to ${most} characters, not all blank, without control characters`;
  return Matches(new RegExp(String.raw`^(?=[^]*\S)${character}{1,${most}}$`, 'u'), { message });
}
