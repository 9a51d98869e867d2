/** `npm run test:long -- whole` tries all cases; `npm test` tries only some of the similar cases. */
export const WHOLE = process.env.TEST_WHOLE === 'true';

export function runs(count: number): number {
  return WHOLE ? count : Math.ceil(count / 5);
}
