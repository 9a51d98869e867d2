import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { resolveCredential } from './request-credential.js';

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwt = (claims: unknown): string => [{ alg: 'HS256' }, claims].map(encoded).join('.') + '.c2ln';
const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex').slice(0, 32);
const withHeader = (authorization: string, user?: object) => resolveCredential({ headers: { authorization }, user });

describe('the credential of a request', () => {
  it('is the jti of a JSON Web Token, with the scopes', () => {
    const token = jwt({ jti: 't-1', scope: 'orders:read openid' });
    const credential = { credentialId: 't-1', credentialKind: 'bearer', credentialScopes: 'orders:read openid' };
    expect(withHeader(`Bearer ${token}`)).toEqual(credential);
    expect(withHeader(`bearer ${jwt({ jti: 't-1', scp: ['a', 'b'] })}`)).toMatchObject({ credentialScopes: 'a b' });
  });

  it.each([
    ['an opaque token', 'nal_at_0123456789'],
    ['a JSON Web Token without a jti', jwt({ sub: 'u-1' })],
    ['a JSON Web Token with another jti than a text', jwt({ jti: { a: 1 } })],
    ['three parts without JSON', 'a.b.c'],
    ['null as claims', jwt(null)],
  ])('is a hash of %s', (_, token) => {
    expect(withHeader(`Bearer ${token}`)).toEqual({ credentialId: hashToken(token), credentialKind: 'bearer' });
  });

  it('has no id that depends on a password', () => {
    expect(withHeader('Basic YWRhOnNlY3JldA==')).toEqual({ credentialKind: 'basic' });
  });

  it('is what the guard left in the user, before what the token says', () => {
    const user = { jti: 't-2', scopes: ['admin'] };
    expect(withHeader(`Bearer ${jwt({ jti: 't-1', scope: 'all' })}`, user)).toEqual({
      credentialId: 't-2',
      credentialKind: 'bearer',
      credentialScopes: 'admin',
    });
    expect(resolveCredential({ headers: {}, user })).toEqual({ credentialId: 't-2', credentialScopes: 'admin' });
  });

  it.each([
    {},
    { headers: null },
    { headers: { authorization: ['Bearer a'] } },
    { headers: { authorization: 'Digest a=1' } },
  ])('is nothing in %j', (request) => {
    expect(resolveCredential(request)).toEqual({});
  });
});
