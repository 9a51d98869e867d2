import { Injectable } from '@nestjs/common';
import { isUUID } from 'class-validator';
import { randomBytes } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { RefusedError } from '../../../http-input/refused.error.js';
import { HoldsPersonalData, type PersonalDataHolder } from '../../personal-data/index.js';
import { securityLogOf } from '../security-log/security-log.provider.js';
import { PasswordHasher } from './password-hasher.service.js';
import { UserEntity } from './user.entity.js';
import { isLastAdministrator, lockAdministrators, UserStore } from './user-store.service.js';

const INSERT_NOBODY = `
  INSERT INTO auth_user (id, email, name, password_hash, roles, active, created_at)
  VALUES ($1, $2, 'Deleted account', $3, '{}', false, $4)`;
const SESSIONS = `
  SELECT id, created_at AS "createdAt", expires_at AS "expiresAt", revoked_at AS "revokedAt"
    FROM auth_session WHERE user_id = $1 ORDER BY id`;

/** What other features may do to an account: show what it holds, and end it. */
@Injectable()
@HoldsPersonalData({ section: 'account' })
export class UserAccounts implements PersonalDataHolder {
  constructor(private readonly passwords: PasswordHasher) {}

  async exportFor(id: string, manager: EntityManager): Promise<object> {
    const { email, name, roles, active, createdAt } = await manager.findOneByOrFail(UserEntity, { id });
    const sessions = await manager.query<object[]>(SESSIONS, [id]);
    const securityLog = await securityLogOf(id, manager);
    return { id, email, name, roles, active, createdAt, sessions, securityLog };
  }

  async identifiersFor(id: string, manager: EntityManager): Promise<readonly string[]> {
    const user = await manager.findOneBy(UserEntity, { id });
    return user ? [user.email] : [];
  }

  /** What stays, for what refers to it, is an account that names nobody and that nobody can log in with. */
  async eraseFor(id: string, manager: EntityManager): Promise<void> {
    await lockAdministrators(manager);
    const user = await manager.findOneByOrFail(UserEntity, { id });
    if (await isLastAdministrator(user, manager)) {
      const seen = 'it is the last administrator. Make somebody else an administrator first.';
      throw new RefusedError(409, 'last_admin_role', `Cannot delete the account: ${seen}`);
    }
    const passwordHash = await this.passwords.hash(randomBytes(32).toString('base64url'));
    await manager.delete(UserEntity, { id }); // its sessions, its security log and whatever else is its own go with it
    await manager.query(INSERT_NOBODY, [id, `${id}@deleted.invalid`, passwordHash, user.createdAt]);
  }
}

/** What other features may know of an account. */
export interface DirectoryUser {
  readonly id: string;
  readonly email: string;
  readonly name: string;
}

/** Tells other features who an id belongs to. */
@Injectable()
export class UserDirectory {
  constructor(private readonly users: UserStore) {}

  /** The account of an id, active or not; `undefined` without one, and for what is not a UUID. */
  async find(id: string): Promise<DirectoryUser | undefined> {
    const user = isUUID(id) ? await this.users.findById(id) : null;
    return user ? { id: user.id, email: user.email, name: user.name } : undefined;
  }
}
