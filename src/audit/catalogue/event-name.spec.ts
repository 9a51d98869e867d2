import { describe, expect, it } from '@jest/globals';
import { OUTCOMES } from '../../base/event/outcomes.js';
import { derivedTypeName, EVENT_NAME_PATTERN, splitTypeName } from './event-name.js';

describe('an event name', () => {
  it.each(['a', 'user_login', 'invoice.paid', 'shop:order-1.v2', 'a'.repeat(128)])('is %s', (name) => {
    expect(EVENT_NAME_PATTERN.test(name)).toBe(true);
  });

  it.each(['', 'A', 'User_login', '1st', '_x', 'a b', 'a\n', 'a/b', 'é', 'a'.repeat(129)])('is not %j', (name) => {
    expect(EVENT_NAME_PATTERN.test(name)).toBe(false);
  });
});

describe('the outcome at the end of a name', () => {
  it.each(OUTCOMES)('%s is read back from the name that is derived for it', (outcome) => {
    expect(splitTypeName(derivedTypeName('invoice_export', outcome))).toEqual({ action: 'invoice_export', outcome });
  });

  it.each([
    ['invoice_export_failed', 'failure'],
    ['invoice_export_failure', 'failure'],
    ['invoice_export_success', 'success'],
    ['invoice_export_succeeded', 'success'],
    ['invoice_export.failed', 'failure'],
    ['invoice_export-failed', 'failure'],
    ['invoice_export:failed', 'failure'],
  ])('%s is a %s', (name, outcome) => {
    expect(splitTypeName(name)).toEqual({ action: 'invoice_export', outcome });
  });

  it.each(['invoice_export', 'failed', '_failed', 'invoice_failed_export', 'unfailed'])('%s has none', (name) => {
    expect(splitTypeName(name)).toBeUndefined();
  });
});
