import { Injectable } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';
import { emailTaken } from '../account.error.js';
import { PasswordHasher } from './password-hasher.service.js';
import { UserStore, type NewUser } from './user-store.service.js';

@Injectable()
export class Registration {
  constructor(
    private readonly users: UserStore,
    private readonly passwords: PasswordHasher,
  ) {}

  /** Stores an account. @throws RefusedError (409) if the address has an account */
  async add(user: Omit<NewUser, 'id' | 'passwordHash'>, password: string): Promise<NewUser> {
    const added = { ...user, id: uuidv7(), passwordHash: await this.passwords.hash(password) };
    if (!(await this.users.add(added))) throw emailTaken();
    return added;
  }
}
