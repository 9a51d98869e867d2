import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Role } from '../access/roles.js';

/** An account. The initial values only make a new instance complete; every row has all of them. */
@Entity('auth_user')
export class UserEntity {
  @PrimaryColumn('uuid')
  id = '';

  /** Lower case, trimmed; unique. */
  @Column('text')
  email = '';

  @Column('text')
  name = '';

  /** Argon2id in PHC format, with its parameters and salt. */
  @Column('text', { name: 'password_hash' })
  passwordHash = '';

  @Column('text', { array: true })
  roles: Role[] = [];

  /** An account that is not active can neither log in nor use an open session. */
  @Column('boolean')
  active = true;

  @Column('timestamptz', { name: 'created_at' })
  createdAt = new Date(0);
}
