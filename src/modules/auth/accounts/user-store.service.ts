import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, LessThan, Raw, type EntityManager } from 'typeorm';
import { AuditContext, errorCode } from '../../../audit/index.js';
import { UserEntity } from './user.entity.js';

/** An account to be made; it will be active. */
export interface NewUser extends Readonly<Pick<UserEntity, 'id' | 'email' | 'name' | 'passwordHash' | 'roles'>> {
  /** @defaultValue false */
  readonly passwordChangeRequired?: boolean;
}

/** What of an account can simply be set. */
export type UserChange = Partial<Readonly<Pick<UserEntity, 'name' | 'roles' | 'active'>>>;

const UNIQUE_VIOLATION = '23505';
const INSERT = `
  INSERT INTO auth_user (id, email, name, password_hash, roles, password_change_required)
  VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (lower(email)) DO NOTHING RETURNING id`;
/** What was given out under the old password ends with it: resets, changes of the address, challenges of a login. */
const SET_PASSWORD = `
  WITH ended AS (DELETE FROM auth_one_time_token WHERE user_id = $1 AND purpose <> 'email_verification')
  UPDATE auth_user SET password_hash = $2, password_change_required = false, failed_logins = 0, locked_until = NULL
   WHERE id = $1`;
/** Only who owns the mailbox can come here, so the new address is verified. */
const SET_EMAIL = 'UPDATE auth_user SET email = $2, email_verified_at = now() WHERE id = $1';
const SET_VERIFIED = 'UPDATE auth_user SET email_verified_at = now() WHERE id = $1';

/** Held until the transaction's end, so that two administrators who remove each other leave one. */
const LOCK = `SELECT pg_advisory_xact_lock(hashtextextended('auth: administrators', 0))`;
const OTHER_ADMINISTRATOR = `SELECT 1 FROM auth_user WHERE active AND roles @> ARRAY['admin'] AND id <> $1 LIMIT 1`;

/** The accounts in the database. */
@Injectable()
export class UserStore {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Stores an account. Resolves with whether it did: `false` when the e-mail address has one already. */
  async add(user: NewUser, manager: EntityManager = AuditContext.managerOf(this.dataSource)): Promise<boolean> {
    const { id, email, name, passwordHash, roles, passwordChangeRequired = false } = user;
    const values = [id, email, name, passwordHash, roles, passwordChangeRequired];
    const inserted = await manager.query<unknown[]>(INSERT, values);
    return inserted.length === 1;
  }

  /** The account of an e-mail address, active or not. */
  async findByEmail(email: string): Promise<UserEntity | null> {
    const sameEmail = Raw((column) => `lower(${column}) = lower(:email)`, { email });
    return AuditContext.managerOf(this.dataSource).findOneBy(UserEntity, { email: sameEmail });
  }

  /** The account of an id, active or not. `id` must be a UUID. */
  async findById(id: string): Promise<UserEntity | null> {
    return AuditContext.managerOf(this.dataSource).findOneBy(UserEntity, { id });
  }

  /** A page of the accounts, newest first; `before` is the id of the last one seen. */
  async list(limit: number, before?: string): Promise<UserEntity[]> {
    const where = before === undefined ? {} : { id: LessThan(before) };
    return AuditContext.managerOf(this.dataSource).find(UserEntity, { where, order: { id: 'DESC' }, take: limit });
  }

  /** Sets what `change` names. */
  async update(
    id: string,
    change: UserChange,
    manager: EntityManager = AuditContext.managerOf(this.dataSource),
  ): Promise<void> {
    if (Object.keys(change).length > 0) await manager.update(UserEntity, { id }, change);
  }

  /**
   * Does to an account what may cost it its administrator's rights, in a transaction, and resolves with whether it did:
   * `false` when nobody would be left to administer. Two who do it to each other at once leave one.
   */
  async unlessLastAdministrator(id: string, work: (manager: EntityManager) => Promise<void>): Promise<boolean> {
    return AuditContext.inTransaction(this.dataSource, async (manager) => {
      await lockAdministrators(manager);
      const user = await manager.findOneBy(UserEntity, { id });
      if (user && (await isLastAdministrator(user, manager))) return false;
      await work(manager);
      return true;
    });
  }

  /**
   * Sets the password, which nobody need change then, and unlocks the account. Ends every one-time token of the account but
   * those that verify its e-mail address.
   */
  async setPassword(id: string, passwordHash: string): Promise<void> {
    await AuditContext.managerOf(this.dataSource).query(SET_PASSWORD, [id, passwordHash]);
  }

  /** Sets a verified e-mail address. Resolves with whether it did: `false` when it has an account already. */
  async setEmail(id: string, email: string): Promise<boolean> {
    try {
      await AuditContext.managerOf(this.dataSource).query(SET_EMAIL, [id, email]);
      return true;
    } catch (error) {
      if (errorCode(error) === UNIQUE_VIOLATION) return false;
      throw error;
    }
  }

  /** Notes that the e-mail address is its owner's. */
  async setEmailVerified(id: string): Promise<void> {
    await AuditContext.managerOf(this.dataSource).query(SET_VERIFIED, [id]);
  }

  /** Removes the account with all that is only its own: sessions, keys, tokens, security log. */
  async remove(id: string, manager: EntityManager): Promise<void> {
    await manager.delete(UserEntity, { id });
  }
}

/** Lets one transaction at a time change who is an administrator. */
export async function lockAdministrators(manager: EntityManager): Promise<void> {
  await manager.query(LOCK);
}

/** Whether without this account there would be no active administrator. Call it behind {@link lockAdministrators}. */
export async function isLastAdministrator({ id, active, roles }: UserEntity, manager: EntityManager): Promise<boolean> {
  if (!active || !roles.includes('admin')) return false;
  return (await manager.query<unknown[]>(OTHER_ADMINISTRATOR, [id])).length === 0;
}
