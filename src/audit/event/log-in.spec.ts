import { describe, expect, it } from '@jest/globals';
import { loggedInAccount } from './log-in.js';

const jwt = (claims: unknown): string =>
  ['{"alg":"HS256"}', JSON.stringify(claims), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');

describe('loggedInAccount', () => {
  it.each<[string, unknown, object | undefined]>([
    ['a user', { user: { id: 7, name: 'Ada', email: 'ada@example.com' }, token: 'opaque' }, { id: 7, name: 'Ada' }],
    ['a user by its subject', { user: { sub: 'u-1', username: 'ada' } }, { id: 'u-1', name: 'ada' }],
    ['an account', { id: 'u-1', email: 'ada@example.com' }, { id: 'u-1' }],
    ['an id of an account', { userId: 'u-1', sessionId: 's-1' }, { id: 'u-1' }],
    [
      'a JWT as the documentation of Nest has it',
      { access_token: jwt({ sub: 1, username: 'john' }) },
      { id: 1, name: 'john' },
    ],
    ['a JWT with claims of its own', { accessToken: jwt({ id: 'u-1', role: 'admin' }) }, { id: 'u-1' }],
    [
      'a JWT beside the name of its user',
      { user: { email: 'ada@example.com', token: jwt({ sub: 'u-1', username: 'ada' }) } },
      { id: 'u-1', name: 'ada' },
    ],
    ['a JWT among tokens', { tokens: { accessToken: jwt({ sub: 'u-1' }), refreshToken: 'opaque' } }, { id: 'u-1' }],
    ['a user in an envelope', { data: { user: { id: 'u-1' }, accessToken: jwt({ sub: 'other' }) } }, { id: 'u-1' }],
    [
      'a JWT in an envelope',
      { data: { user: { email: 'ada@example.com' }, accessToken: jwt({ sub: 'u-1' }) } },
      { id: 'u-1' },
    ],
    ['a user beside an envelope', { user: { id: 'u-1' }, data: { user: { id: 'u-2' } } }, { id: 'u-1' }],
    ['the token of another field', { invitation: { token: jwt({ sub: 'u-2' }) } }, undefined],
    ['an id in an envelope', { data: { id: 's-1', expiresAt: 1 } }, undefined],
    ['the id of a session', { id: 's-1', expiresAt: 1 }, undefined],
    ['an opaque token', { token: 'a.b' }, undefined],
    ['a token that looks like a JWT', { token: 'a.b.c' }, undefined],
    ['a user without an id', { user: { name: 'Ada' } }, undefined],
    ['an empty id', { user: { id: '' } }, undefined],
    ['nothing', undefined, undefined],
    ['a text', jwt({ sub: 'u-1' }), undefined],
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
