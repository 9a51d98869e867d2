import { randomBytes } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { AppConfig } from '../../../config/index.js';

const SECRET_BYTES = 48;
const NAME = 'access-token';

/**
 * The secret that signs access tokens: the configuration's, else the database's, which the first start makes. Instances
 * that start at once agree: only one insert succeeds, and each reads what is there then.
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
