import { describe, expect, it } from '@jest/globals';
import { loggedInAccount } from './login.js';

describe('loggedInAccount', () => {
  it.each<[string, unknown, object | undefined]>([
    ['a user', { user: { id: 7, name: 'Ada', email: 'ada@example.com' }, token: 'opaque' }, { id: 7, name: 'Ada' }],
    ['a user by its subject', { user: { sub: 'u-1', username: 'ada' } }, { id: 'u-1', name: 'ada' }],
    ['an account', { id: 'u-1', email: 'ada@example.com' }, { id: 'u-1' }],
    ['an id of an account', { userId: 'u-1', sessionId: 's-1' }, { id: 'u-1' }],
    ['a token', { access_token: 'a.b.c' }, undefined],
    ['an envelope', { data: { user: { id: 'u-1' } } }, undefined],
    ['the id of a session', { id: 's-1', expiresAt: 1 }, undefined],
    ['a user without an id', { user: { name: 'Ada' } }, undefined],
    ['an empty id', { user: { id: '' } }, undefined],
    ['nothing', undefined, undefined],
    ['a text', 'u-1', undefined],
  ])('of %s', (_name, result, account) => {
    expect(loggedInAccount(result)).toEqual(account && { type: 'user', ...account });
  });

  it('takes no account from a result whose fields throw', () => {
    const result = {
      get user(): never {
        throw new Error('lazy');
      },
    };
    expect(loggedInAccount(result)).toBeUndefined();
  });
});
