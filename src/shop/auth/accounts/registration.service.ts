import { Injectable } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';
import { emailTaken } from '../account.error.js';
import { OneTimeTokens } from '../tokens/one-time-tokens.service.js';
import { PasswordHasher } from './password-hasher.service.js';
import { UserStore, type NewUser } from './user-store.service.js';

@Injectable()
export class Registration {
  constructor(
    private readonly users: UserStore,
    private readonly passwords: PasswordHasher,
    private readonly tokens: OneTimeTokens,
  ) {}

  /**
   * Stores an account, and mails the owner a token that confirms the address. If the transaction is rolled back, the token does not exist, so
   * the mail is harmless.
   *
   * @throws RefusedError (409)
   */
  async add(user: Omit<NewUser, 'id' | 'passwordHash'>, password: string): Promise<NewUser> {
    const added = { ...user, id: uuidv7(), passwordHash: await this.passwords.hash(password) };
    if (!(await this.users.add(added))) throw emailTaken();
    await this.tokens.mailVerification(added);
    return added;
  }
}
