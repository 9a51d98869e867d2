import { randomBytes, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwtService, TokenExpiredError } from '@nestjs/jwt';
import { isUUID } from 'class-validator';
import type { DataSource } from 'typeorm';
import type { AppConfig } from '../../config/index.js';
import { UnauthenticatedError } from '../access/access.error.js';

/** How long a session and its access token are valid. A log-out ends them earlier. */
export const SESSION_SECONDS = 28_800;

/** The claims that an access token contains. */
export interface AccessClaims {
  readonly userId: string;
  readonly sessionId: string;
}

/** Makes a JwtService that signs and accepts only access tokens of this application: HS256, with issuer, audience and expiry. */
export function createJwtService(secret: string): JwtService {
  const parties = { issuer: 'nestjs-audit-ledger', audience: 'nestjs-audit-ledger' };
  return new JwtService({
    secret,
    signOptions: { ...parties, algorithm: 'HS256', expiresIn: SESSION_SECONDS },
    verifyOptions: { ...parties, algorithms: ['HS256'], maxAge: SESSION_SECONDS },
  });
}

/** Issues and verifies access tokens. A token contains an id of its own, the ids of the user and of the session, and no other personal data. */
@Injectable()
export class AccessTokens {
  constructor(private readonly jwt: JwtService) {}

  /** Issues a token that is valid for {@link SESSION_SECONDS} seconds. */
  async issue({ userId, sessionId }: AccessClaims): Promise<string> {
    return this.jwt.signAsync({ sub: userId, sid: sessionId }, { jwtid: randomUUID() });
  }

  /** Verifies a token. @throws UnauthenticatedError with the reason `token_expired` or `token_invalid` */
  async verify(token: string): Promise<AccessClaims> {
    const claims = await this.jwt.verifyAsync<Readonly<Record<string, unknown>>>(token).catch((error: unknown) => {
      throw new UnauthenticatedError(error instanceof TokenExpiredError ? 'token_expired' : 'token_invalid');
    });
    const { sub: userId, sid: sessionId } = claims;
    if (!isUUID(userId) || !isUUID(sessionId)) throw new UnauthenticatedError('token_invalid');
    return { userId: String(userId), sessionId: String(sessionId) };
  }
}

const SECRET_BYTES = 48;
const NAME = 'access-token';

/**
 * Returns the secret that signs access tokens: from the configuration, else from the database. At the first start, the function makes and
 * stores a secret. If several instances start at once, only one insert succeeds, and every instance reads the secret that was stored.
 */
export async function loadSigningSecret(config: AppConfig, dataSource: DataSource): Promise<string> {
  if (config.AUTH_JWT_SECRET !== undefined) return config.AUTH_JWT_SECRET;
  const fresh = randomBytes(SECRET_BYTES).toString('base64url');
  await dataSource.query('INSERT INTO auth_secret (name, secret) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING', [
    NAME,
    fresh,
  ]);
  const rows = await dataSource.query<{ secret: string }[]>('SELECT secret FROM auth_secret WHERE name = $1', [NAME]);
  const kept = rows[0]?.secret;
  if (kept !== undefined) return kept;
  throw new Error(
    `Cannot sign access tokens: table auth_secret lost its row "${NAME}". Start again, or set AUTH_JWT_SECRET.`,
  );
}
