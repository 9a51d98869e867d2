import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, Raw, type EntityManager } from 'typeorm';
import { UserEntity } from './user.entity.js';

/** An account to be made; it will be active. */
export type NewUser = Readonly<Pick<UserEntity, 'id' | 'email' | 'name' | 'passwordHash' | 'roles'>>;

const INSERT = `
  INSERT INTO auth_user (id, email, name, password_hash, roles) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (lower(email)) DO NOTHING RETURNING id`;

/** The accounts in the database. */
@Injectable()
export class UserStore {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Stores an account. Resolves with whether it did: `false` when the e-mail address has one already. */
  async add(user: NewUser, manager: EntityManager = this.dataSource.manager): Promise<boolean> {
    const { id, email, name, passwordHash, roles } = user;
    const inserted = await manager.query<unknown[]>(INSERT, [id, email, name, passwordHash, roles]);
    return inserted.length === 1;
  }

  /** The account of an e-mail address, active or not. */
  async findByEmail(email: string): Promise<UserEntity | null> {
    const sameEmail = Raw((column) => `lower(${column}) = lower(:email)`, { email });
    return this.dataSource.manager.findOneBy(UserEntity, { email: sameEmail });
  }

  /** The account of an id, active or not. `id` must be a UUID. */
  async findById(id: string): Promise<UserEntity | null> {
    return this.dataSource.manager.findOneBy(UserEntity, { id });
  }
}
