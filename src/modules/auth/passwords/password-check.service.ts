import { Injectable } from '@nestjs/common';
import { wrongPassword } from '../account.error.js';
import { PasswordHasher } from '../accounts/password-hasher.service.js';
import type { UserEntity } from '../accounts/user.entity.js';
import { UserStore } from '../accounts/user-store.service.js';
import { Lockout } from '../sessions/lockout.service.js';

/** Asks somebody who is logged in for his password again, before what a stolen session must not do. */
@Injectable()
export class PasswordCheck {
  constructor(
    private readonly users: UserStore,
    private readonly passwords: PasswordHasher,
    private readonly lockout: Lockout,
  ) {}

  /**
   * Resolves with the account when the password is its. Wrong ones count towards the lock-out.
   *
   * @param reason that of the audit event when the password is wrong; when the account is locked it is `locked`
   * @throws RefusedError (400)
   */
  async check(userId: string, password: string, reason: string): Promise<UserEntity> {
    const user = await this.users.findById(userId);
    const matches = await this.passwords.matches(user?.passwordHash, password);
    if (user && this.lockout.isLocked(user)) throw wrongPassword('locked');
    if (user && matches) return user;
    await this.lockout.countFailure(userId);
    throw wrongPassword(reason);
  }
}
