import { expect, it } from '@jest/globals';
import { TruncationBudget } from '../truncation-budget.js';
import { JsonNormalizer } from '../normalize-json.js';
import { REDACTED, createSecretNameTest } from '../../../base/secrets/redact-names.js';

const isSecretName = createSecretNameTest([], new Set(['token', 'serial']));
const normalize = (value: unknown): unknown =>
  new JsonNormalizer(isSecretName, new TruncationBudget(4_096)).normalize(value);

it('shows the last four characters of the fields that are named, at any depth and in any spelling', () => {
  const input = { token: 'tok_0123456789', 'To-Ken': 'tok_012345abcd', deep: [{ serial: 'SN-0001-0002-9f' }] };
  expect(normalize(input)).toEqual({ token: '****6789', 'To-Ken': '****abcd', deep: [{ serial: '****2-9f' }] });
});

it('masks a text shorter than twelve characters, and any other value, as a whole', () => {
  for (const token of ['01234567890', '', 123_456_789_012, { a: 'tok_0123456789' }, ['tok_0123456789']]) {
    expect(normalize({ token })).toEqual({ token: REDACTED });
  }
  expect(normalize({ token: '012345678901' })).toEqual({ token: '****8901' });
  expect(normalize({ token: null })).toEqual({ token: null });
});

it('masks other secrets as a whole, also one whose name ends in the field’s', () => {
  const secret = 'a-secret-of-some-length';
  expect(normalize({ accessToken: secret, password: secret })).toEqual({ accessToken: REDACTED, password: REDACTED });
});
