import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { uuidv7 } from 'uuidv7';
import { RefusedError } from '../../http-input/refused.error.js';
import type { AuthenticatedUser } from '../access/authenticated-user.js';
import type { ApiKeyView } from '../http/auth.dto.js';
import { hashSecret, makeOpaqueToken } from '../tokens/opaque-token.js';

export interface KnownApiKey {
  readonly user: AuthenticatedUser;
  readonly userActive: boolean;
  readonly apiKeyId: string;
  readonly apiKeyName: string;
}

type RevokedKey = Pick<KnownApiKey, 'apiKeyId' | 'apiKeyName'>;

const INSERT = `
  INSERT INTO auth_api_key (id, user_id, name, key_hash)
  SELECT $1, user_id, $3, $4 FROM auth_session WHERE id = $2 AND revoked_at IS NULL FOR SHARE RETURNING id`;
const LIST = `
  SELECT id, name, created_at AS "createdAt", last_used_at AS "lastUsedAt"
    FROM auth_api_key WHERE user_id = $1 AND revoked_at IS NULL ORDER BY id DESC`;
/** A key in frequent use must not cause a write for every request, so USE sets last_used_at at most once a minute. */
const USE = `
  WITH noted AS (
    UPDATE auth_api_key SET last_used_at = now()
     WHERE key_hash = $1 AND revoked_at IS NULL
       AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute'))
  SELECT json_build_object('id', u.id, 'email', u.email, 'name', u.name, 'roles', u.roles) AS user, u.active AS "userActive", k.id AS "apiKeyId", k.name AS "apiKeyName"
    FROM auth_api_key k JOIN auth_user u ON u.id = k.user_id
   WHERE k.key_hash = $1 AND k.revoked_at IS NULL`;
const REVOKE = `
  WITH revoked AS (
    UPDATE auth_api_key SET revoked_at = now()
     WHERE user_id = $1 AND id = coalesce($2, id) AND revoked_at IS NULL RETURNING id, name)
  SELECT id AS "apiKeyId", name AS "apiKeyName" FROM revoked`;

/** Stores API keys in the database, as hashes. */
@Injectable()
export class ApiKeyStore {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Makes a key for the owner of a session. @throws RefusedError (401) if the session was closed meanwhile */
  async create(sessionId: string, name: string): Promise<{ id: string; key: string }> {
    const id = uuidv7();
    const key = makeOpaqueToken('nal_ak');
    const made = await this.dataSource.query<unknown[]>(INSERT, [id, sessionId, name, hashSecret(key)]);
    if (made.length === 1) return { id, key };
    throw new RefusedError(401, 'session_revoked', 'Cannot make an API key: the session is closed. Log in again.');
  }

  /** Lists the user's keys that are not revoked, newest first. */
  async list(userId: string): Promise<ApiKeyView[]> {
    return this.dataSource.query<ApiKeyView[]>(LIST, [userId]);
  }

  /** Returns the owner of the key, and updates the time of the key's last use. Returns `undefined` if the key is unknown or revoked. */
  async use(key: string): Promise<KnownApiKey | undefined> {
    const [known] = await this.dataSource.query<KnownApiKey[]>(USE, [hashSecret(key)]);
    return known;
  }

  /** Revokes a key of the user. Resolves with the key's name, or with `undefined` if the user has no key with that id. */
  async revoke(userId: string, id: string): Promise<string | undefined> {
    const [revoked] = await this.dataSource.query<RevokedKey[]>(REVOKE, [userId, id]);
    return revoked?.apiKeyName;
  }
}
