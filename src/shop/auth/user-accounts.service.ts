import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { HoldsPersonalData, type PersonalDataHolder } from '../personal-data/index.js';
import { lockAdministrators, PasswordHasher } from './accounts.service.js';
import { readSecurityLog } from './security-log.provider.js';
import { UserEntity } from './user.entity.js';

const INSERT_PLACEHOLDER_USER = `
  INSERT INTO auth_user (id, email, name, password_hash, roles, active, created_at)
  VALUES ($1, $2, 'Deleted account', $3, '{}', false, $4)`;
const SESSIONS = `
  SELECT id, created_at AS "createdAt", revoked_at AS "revokedAt" FROM auth_session WHERE user_id = $1 ORDER BY id`;

/** Exports accounts, and makes them anonymous. */
@Injectable()
@HoldsPersonalData({ section: 'account' })
export class UserAccounts implements PersonalDataHolder {
  constructor(private readonly passwords: PasswordHasher) {}

  async exportFor(id: string, manager: EntityManager): Promise<object> {
    const { email, name, roles, active, createdAt } = await manager.findOneByOrFail(UserEntity, { id });
    const sessions = await manager.query<object[]>(SESSIONS, [id]);
    const securityLog = await readSecurityLog(id, manager);
    return { id, email, name, roles, active, createdAt, sessions, securityLog };
  }

  async identifiersFor(id: string, manager: EntityManager): Promise<readonly string[]> {
    const user = await manager.findOneBy(UserEntity, { id });
    return user ? [user.email] : [];
  }

  /**
   * Replaces the account with an anonymous account that has the same id, because other rows refer to the id. Nobody can log in with the new
   * account.
   */
  async eraseFor(id: string, manager: EntityManager): Promise<void> {
    const user = await lockAdministrators(id, manager);
    const passwordHash = await this.passwords.hash(randomBytes(32).toString('base64url'));
    await manager.delete(UserEntity, { id }); // also deletes the account's sessions, its security log and its other rows
    await manager.query(INSERT_PLACEHOLDER_USER, [id, `${id}@deleted.invalid`, passwordHash, user?.createdAt]);
  }
}
