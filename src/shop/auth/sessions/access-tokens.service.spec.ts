import { describe, expect, it } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import { uuidv7 } from 'uuidv7';
import { AccessTokens, createJwtService } from './access-tokens.service.js';

const SECRET = 'a secret of the tests that is long enough';
const claims = { userId: uuidv7(), sessionId: uuidv7() };
const tokens = new AccessTokens(createJwtService(SECRET));

function forge(options: object, payload: object = {}, secret = SECRET): string {
  const parties = { issuer: 'nestjs-audit-ledger', audience: 'nestjs-audit-ledger' };
  return new JwtService({ secret }).sign(
    { sub: claims.userId, sid: claims.sessionId, ...payload },
    { ...parties, ...options },
  );
}

describe('AccessTokens', () => {
  it('puts nothing into a token but the two ids and the registered claims', async () => {
    const payload: unknown = new JwtService().decode(await tokens.issue(claims));
    expect(Object.keys(payload as object).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'jti', 'sid', 'sub']); // a token's payload is an object
  });

  it('tells an expired token from an invalid one', async () => {
    await expect(tokens.verify(forge({ expiresIn: -1 }))).rejects.toMatchObject({ reason: 'token_expired' });
  });

  it.each([
    ['of another secret', forge({}, {}, 'another secret of the tests, long enough')],
    ['of another algorithm', forge({ algorithm: 'HS512' })],
    ['without a signature', `${Buffer.from('{"alg":"none"}').toString('base64url')}.${forge({}).split('.')[1] ?? ''}.`],
    ['of another issuer', forge({ issuer: 'somebody else' })],
    ['for another audience', forge({ audience: 'somebody else' })],
    ['with ids that are not UUIDs', forge({}, { sid: '1 OR 1=1' })],
    ['without ids', forge({}, { sub: undefined, sid: undefined })],
  ])('refuses a token %s', async (_, token) => {
    await expect(tokens.verify(token)).rejects.toMatchObject({ reason: 'token_invalid' });
  });
});
