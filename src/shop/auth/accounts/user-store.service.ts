import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, Raw, type EntityManager } from 'typeorm';
import { RefusedError } from '../../http-input/refused.error.js';
import { UserEntity } from './user.entity.js';

/** The data of a new account. The new account is active. */
export type NewUser = Readonly<Pick<UserEntity, 'id' | 'email' | 'name' | 'passwordHash' | 'roles'>>;

const INSERT = `
  INSERT INTO auth_user (id, email, name, password_hash, roles)
  VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (lower(email)) DO NOTHING RETURNING id`;
const LOCK = `SELECT pg_advisory_xact_lock(hashtextextended('auth: administrators', 0))`;
const OTHER_ADMINISTRATOR = `SELECT 1 FROM auth_user WHERE active AND roles @> ARRAY['admin'] AND id <> $1 LIMIT 1`;

/** Reads and writes the accounts in the database. */
@Injectable()
export class UserStore {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Stores an account. Resolves with `false` if the e-mail address already has an account. */
  async add(user: NewUser, manager = this.dataSource.manager): Promise<boolean> {
    const { id, email, name, passwordHash, roles } = user;
    const values = [id, email, name, passwordHash, roles];
    const inserted = await manager.query<unknown[]>(INSERT, values);
    return inserted.length === 1;
  }

  /** Finds an account by its e-mail address, even if the account is inactive. */
  async findByEmail(email: string): Promise<UserEntity | null> {
    const sameEmail = Raw((column) => `lower(${column}) = lower(:email)`, { email });
    return this.dataSource.manager.findOneBy(UserEntity, { email: sameEmail });
  }

  /** Finds an account by its id, a UUID, even if the account is inactive. */
  async findById(id: string): Promise<UserEntity | null> {
    return this.dataSource.manager.findOneBy(UserEntity, { id });
  }
}

/**
 * Takes a lock until the transaction ends, so that two administrators cannot remove each other at the same time. Resolves with the account.
 *
 * @throws RefusedError (409) if the account is the only active administrator
 */
export async function lockAdministrators(id: string, manager: EntityManager): Promise<UserEntity | null> {
  await manager.query(LOCK);
  const user = await manager.findOneBy(UserEntity, { id });
  if (!user?.active || !user.roles.includes('admin')) return user;
  if ((await manager.query<unknown[]>(OTHER_ADMINISTRATOR, [id])).length > 0) return user;
  const seen = 'it is the last administrator. Make another account an administrator first.';
  throw new RefusedError(409, 'last_admin_role', `Cannot do this to the account: ${seen}`);
}
