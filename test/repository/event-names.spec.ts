import { expect, it } from '@jest/globals';
// The scripts have no types.
const { checkEndings } = (await import(new URL('../../scripts/catalogue/check-endings.mjs', import.meta.url).href)) as {
  checkEndings: (types: readonly { readonly name: string; readonly outcome: string }[]) => void;
};
const { readEventLists } = (await import(
  new URL('../../scripts/catalogue/read-event-lists.mjs', import.meta.url).href
)) as { readEventLists: () => { readonly types: Parameters<typeof checkEndings>[0] } };

it('a new event type whose name does not end by its outcome stops npm run generate', () => {
  const { types } = readEventLists();
  const check = (name: string, outcome: string) => () => checkEndings([...types, { name, outcome }]);
  expect(check('coupon_redemption_failed', 'failure')).not.toThrow();
  expect(check('coupon_redemption_failure', 'failure')).toThrow('coupon_redemption_failure: the name must end by');
  expect(check('coupon_redemption', 'success')).toThrow('coupon_redemption: the name must end by');
});
