/** Whether all cases of everything are tried, as `npm run test:long -- whole` does; `npm test` tries some of those that are alike. */
export const WHOLE = process.env.TEST_WHOLE === 'true';

/** So many cases of a property, and a fifth of them in `npm test`. */
export function runs(count: number): number {
  return WHOLE ? count : Math.ceil(count / 5);
}
