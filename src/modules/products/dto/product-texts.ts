import { PRODUCT_LIMITS } from '../product-limits.js';

/** Not only white space; neither control characters nor lone surrogates, which PostgreSQL's text cannot hold. */
export const NAME = new RegExp(`^(?=.*\\S)[^\\p{Cc}\\p{Cs}]{1,${PRODUCT_LIMITS.nameLength}}$`, 'u');
export const NAME_MESSAGE = `name must be 1 to ${PRODUCT_LIMITS.nameLength} characters, not all blank, without control characters`;

/** Line breaks and tabs are welcome; other control characters and lone surrogates are not. */
export const DESCRIPTION = new RegExp(
  `^(?:[^\\p{Cc}\\p{Cs}]|[\\t\\r\\n]){0,${PRODUCT_LIMITS.descriptionLength}}$`,
  'u',
);
export const DESCRIPTION_MESSAGE = `description must be at most ${PRODUCT_LIMITS.descriptionLength} characters without control characters`;
