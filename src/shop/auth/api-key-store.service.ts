import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { uuidv7 } from 'uuidv7';
import { hashSecret, makeSecret } from './sessions.service.js';
import type { AuthenticatedUser } from './user.entity.js';

interface KnownApiKey {
  readonly user: AuthenticatedUser;
  readonly userActive: boolean;
  readonly apiKeyId: string;
  readonly apiKeyName: string;
}

interface ListedApiKey {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
}

const INSERT = 'INSERT INTO auth_api_key (id, user_id, name, key_hash) VALUES ($1, $2, $3, $4)';
const LIST = `
  SELECT id, name, created_at AS "createdAt"
    FROM auth_api_key WHERE user_id = $1 AND revoked_at IS NULL ORDER BY id DESC`;
const FIND = `
  SELECT json_build_object('id', u.id, 'email', u.email, 'name', u.name, 'roles', u.roles) AS user, u.active AS "userActive",
         k.id AS "apiKeyId", k.name AS "apiKeyName"
    FROM auth_api_key k JOIN auth_user u ON u.id = k.user_id WHERE k.key_hash = $1 AND k.revoked_at IS NULL`;
const REVOKE = `
  WITH revoked AS (
    UPDATE auth_api_key SET revoked_at = now() WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING name)
  SELECT name FROM revoked`;

/** Stores API keys in the database, as hashes. */
@Injectable()
export class ApiKeyStore {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async create(userId: string, name: string): Promise<{ id: string; key: string }> {
    const made = { id: uuidv7(), key: makeSecret('nal_ak') };
    await this.dataSource.query(INSERT, [made.id, userId, name, hashSecret(made.key)]);
    return made;
  }

  /** Lists the user's keys that are not revoked, newest first. */
  list(userId: string): Promise<ListedApiKey[]> {
    return this.dataSource.query(LIST, [userId]);
  }

  /** Finds the key and its owner. Resolves with `undefined` if the key is unknown or revoked. */
  async find(key: string): Promise<KnownApiKey | undefined> {
    return (await this.dataSource.query<KnownApiKey[]>(FIND, [hashSecret(key)]))[0];
  }

  /** Revokes a key of the user. Resolves with the key's name, or with `undefined` if the user has no key with that id. */
  async revoke(userId: string, id: string): Promise<string | undefined> {
    return (await this.dataSource.query<{ name: string }[]>(REVOKE, [userId, id]))[0]?.name;
  }
}
