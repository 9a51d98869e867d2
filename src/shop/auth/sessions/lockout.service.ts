import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditAggregator, AuditContext } from '../../../audit/index.js';
import { AppConfig } from '../../config/index.js';
import { RefusedError } from '../../http-input/refused.error.js';
import { PasswordHasher } from '../accounts/password-hasher.service.js';
import type { UserEntity } from '../accounts/user.entity.js';
import { UserStore } from '../accounts/user-store.service.js';

/** The count restarts if a lock has ended since the last failure. */
const COUNT = `
  WITH counting AS (
    SELECT id, CASE WHEN locked_until <= now() THEN 1 ELSE failed_logins + 1 END AS attempts
      FROM auth_user WHERE id = $1 FOR UPDATE),
  counted AS (
    UPDATE auth_user u
       SET failed_logins = c.attempts,
           locked_until = CASE WHEN c.attempts >= $2 THEN now() + make_interval(mins => $3) END
      FROM counting c WHERE u.id = c.id)
  SELECT attempts FROM counting`;
/** Resets the count, unless the account is locked. For a locked account, the statement returns a row. */
const CLEAR = `
  WITH cleared AS (
    UPDATE auth_user SET failed_logins = 0, locked_until = NULL
     WHERE id = $1 AND (failed_logins > 0 OR locked_until IS NOT NULL) AND (locked_until > now()) IS NOT TRUE)
  SELECT id FROM auth_user WHERE id = $1 AND locked_until > now()`;

/** Locks accounts for a while after too many wrong passwords in a row. */
@Injectable()
export class Lockout {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly config: AppConfig,
    private readonly audit: AuditAggregator,
    private readonly users: UserStore,
    private readonly passwords: PasswordHasher,
  ) {}

  /** Whether the account is locked. During a lock, even the correct password is refused. */
  isLocked({ lockedUntil }: { readonly lockedUntil: Date | null }): boolean {
    return lockedUntil !== null && lockedUntil.getTime() > Date.now();
  }

  /**
   * Counts a wrong password, and adds the count to the route's event. If the count reaches the limit, also records
   * `suspicious_session_activity`.
   */
  async countFailure(userId: string): Promise<void> {
    const { AUTH_LOCKOUT_FAILURES: most, AUTH_LOCKOUT_MINUTES: minutes } = this.config;
    const [counted] = await this.dataSource.query<{ attempts: number }[]>(COUNT, [userId, most, minutes]);
    if (!counted) return;
    AuditContext.annotate({ details: { attempts: counted.attempts } });
    if (counted.attempts !== most) return;
    await this.audit.record('suspicious_session_activity', {
      severity: 'warning',
      resource: { type: 'user', id: userId },
      details: {
        activityType: 'repeated_failures',
        detectionReason: `${most} failures in a row`,
        lockedMinutes: minutes,
      },
    });
  }

  /**
   * Resets the count after a success. Resolves with `false` if the account was locked meanwhile. So if many guesses come at once, even the
   * correct guess is refused.
   */
  async clear(userId: string): Promise<boolean> {
    const locked = await this.dataSource.query<unknown[]>(CLEAR, [userId]);
    return locked.length === 0;
  }

  /**
   * Checks the password of a logged-in user, before an action that the thief of a session must not be able to do. Resolves with the account if
   * the password is correct. Wrong passwords are counted.
   *
   * @param reason the audit event's reason if the password is wrong; for a locked account, the reason is `locked`
   * @throws RefusedError (400) if the password is wrong, or the account is locked
   */
  async checkPassword(userId: string, password: string, reason = 'wrong_password'): Promise<UserEntity> {
    const user = await this.users.findById(userId);
    const matches = await this.passwords.matches(user?.passwordHash, password);
    const isLocked = user !== null && this.isLocked(user);
    if (user && matches && !isLocked) return user;
    if (!isLocked) await this.countFailure(userId);
    const message = 'Cannot change the account: the current password is wrong. Check it and try again.';
    throw new RefusedError(400, isLocked ? 'locked' : reason, message);
  }
}
