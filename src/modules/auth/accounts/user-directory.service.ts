import { Injectable } from '@nestjs/common';
import { isUUID } from 'class-validator';
import { UserStore } from './user-store.service.js';

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
