import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AuditContext, Audited } from '../../../audit/index.js';
import { RefusedError } from '../../http-input/refused.error.js';
import { BeforePasswordChange, Public, RateLimited, SessionOnly } from '../access/access.decorators.js';
import { CurrentUser, type SessionUser } from '../access/authenticated-user.js';
import { ApiKeyStore } from '../api-keys/api-key-store.service.js';
import { PasswordHasher } from '../accounts/password-hasher.service.js';
import { UserStore } from '../accounts/user-store.service.js';
import { Lockout } from '../sessions/lockout.service.js';
import { Sessions } from '../sessions/sessions.service.js';
import { OneTimeTokens } from '../tokens/one-time-tokens.service.js';
import { PasswordChangeDto, PasswordResetConfirmationDto, PasswordResetDto } from './auth.dto.js';

const RESET_TEXT = `Somebody requested a new password for your account. If you did, POST this token with the new password to
/auth/password-reset/confirm within an hour. A new password closes all of your sessions, and revokes all of your API keys. If you
did not request it, ignore this mail.`;

/** Changes the passwords of people who know their password, and resets forgotten passwords by mail. */
@ApiTags('auth')
@RateLimited()
@SessionOnly()
@Controller('auth')
export class PasswordsController {
  constructor(
    private readonly users: UserStore,
    private readonly passwords: PasswordHasher,
    private readonly lockout: Lockout,
    private readonly tokens: OneTimeTokens,
    private readonly sessions: Sessions,
    private readonly keys: ApiKeyStore,
  ) {}

  /** Changes your password, and closes your other sessions; your API keys stay valid, and you can revoke them */
  @Post('me/password')
  @HttpCode(204)
  @BeforePasswordChange()
  @Audited('user_password_change')
  async change(
    @CurrentUser() { id, sessionId: exceptSessionId }: SessionUser,
    @Body() { currentPassword, newPassword }: PasswordChangeDto,
  ): Promise<void> {
    AuditContext.annotate({ resource: { type: 'user', id }, details: { initiatedBy: 'user' } });
    const user = await this.lockout.checkPassword(id, currentPassword, 'wrong_current_password');
    if (await this.passwords.matches(user.passwordHash, newPassword)) {
      const message = 'Cannot change the password: the new password is the current one. Choose another password.';
      throw new RefusedError(400, 'weak_new_password', message);
    }
    const forced = user.passwordChangeRequired;
    AuditContext.annotate({ details: { forced, method: forced ? 'forced_reset' : 'self_service' } });
    await this.users.setPassword(id, await this.passwords.hash(newPassword));
    await this.sessions.revokeAll(id, { revokedBy: 'user', reason: 'password_change', exceptSessionId });
  }

  /**
   * Mails a token for a new password, if the address has an account
   *
   * @remarks The response does not reveal whether the address has an account, but the audit event does.
   */
  @Post('password-reset')
  @HttpCode(202)
  @Public()
  @Audited('password_reset_request')
  async requestReset(@Body() { email }: PasswordResetDto): Promise<object> {
    AuditContext.annotate({ details: { email, method: 'email_link' } });
    const user = await this.users.findByEmail(email);
    if (user?.active) {
      AuditContext.annotate({ resource: { type: 'user', id: user.id } });
      this.tokens.mailLater('password_reset', user, 'Reset your password', RESET_TEXT);
    } else AuditContext.annotate({ outcome: 'failure', reason: user ? 'user_inactive' : 'unknown_user' });
    return {};
  }

  /** Sets a new password with the token in the mail, closes all sessions, and revokes all API keys, since somebody else may have made them */
  @Post('password-reset/confirm')
  @HttpCode(204)
  @Public()
  @Audited('password_reset_confirm')
  async confirmReset(@Body() { token, newPassword }: PasswordResetConfirmationDto): Promise<void> {
    const { user } = await this.tokens.take('password_reset', token, 'expired_link');
    await this.users.setPassword(user.id, await this.passwords.hash(newPassword));
    await this.sessions.revokeAll(user.id, { revokedBy: 'user', reason: 'password_reset' });
    await this.keys.revokeAll(user.id, 'password_reset');
  }
}
