import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditContext, Audited } from '../../../audit/index.js';
import { errorCode } from '../../../audit/nest-free.js';
import { MailTransport } from '../../mail/index.js';
import { Public, RateLimited, SessionOnly } from '../access/access.decorators.js';
import { CurrentUser, type AuthenticatedUser } from '../access/authenticated-user.js';
import { alreadyDone, emailTaken } from '../account.error.js';
import { UserStore } from '../accounts/user-store.service.js';
import { Lockout } from '../sessions/lockout.service.js';
import { OneTimeTokens } from '../tokens/one-time-tokens.service.js';
import { CredentialsDto, MailTokenDto } from './auth.dto.js';

const UNIQUE_VIOLATION = '23505';
const SET_VERIFIED = 'UPDATE auth_user SET email_verified_at = now() WHERE id = $1';
const SET_EMAIL = `
  WITH ended AS (DELETE FROM auth_one_time_token WHERE user_id = $1 AND purpose = 'email_change')
  UPDATE auth_user SET email = $2, email_verified_at = now() WHERE id = $1`;
const CHANGED = `Your account has a new e-mail address now. If you did not change it, ask an administrator for help.`;

/** Confirms e-mail addresses. Changes an account's address after the account's owner has confirmed the new address. */
@ApiTags('auth')
@RateLimited()
@SessionOnly()
@Controller('auth')
export class EmailsController {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly users: UserStore,
    private readonly lockout: Lockout,
    private readonly tokens: OneTimeTokens,
    private readonly mails: MailTransport,
  ) {}

  /** Mails a new token that confirms the e-mail address */
  @Post('me/email-verification')
  @HttpCode(202)
  @Audited('user_email_verification')
  async sendVerification(@CurrentUser() user: AuthenticatedUser): Promise<object> {
    AuditContext.annotate({ details: { email: user.email } });
    const account = await this.users.findById(user.id);
    if (!account || account.emailVerifiedAt) throw alreadyVerified();
    AuditContext.annotate({ outcome: 'attempted' });
    await this.tokens.mailVerification(account);
    return {};
  }

  /** Confirms the e-mail address with the token in the mail */
  @Post('email-verification/confirm')
  @HttpCode(204)
  @Public()
  @Audited('user_email_verification')
  async confirmVerification(@Body() { token }: MailTokenDto): Promise<void> {
    const { user } = await this.tokens.take('email_verification', token, 'expired_token');
    if (user.emailVerifiedAt) throw alreadyVerified();
    await this.dataSource.query(SET_VERIFIED, [user.id]);
  }

  /** Mails a token to a new e-mail address */
  @Post('me/email')
  @HttpCode(202)
  @Audited('email_change')
  async requestChange(
    @CurrentUser() { id }: AuthenticatedUser,
    @Body() { email, password }: CredentialsDto,
  ): Promise<object> {
    AuditContext.annotate({ resource: { type: 'user', id }, details: { email } });
    const user = await this.lockout.checkPassword(id, password);
    if (await this.users.findByEmail(email)) throw emailTaken();
    AuditContext.annotate({ outcome: 'attempted' });
    const text = 'POST this token to /auth/email-change/confirm within a day.';
    await this.tokens.mail('email_change', user, 'Confirm your new e-mail address', text, email);
    return {};
  }

  /** Sets the new e-mail address; needs the token in the mail */
  @Post('email-change/confirm')
  @HttpCode(204)
  @Public()
  @Audited('email_change')
  async confirmChange(@Body() { token }: MailTokenDto): Promise<void> {
    const { user, email } = await this.tokens.take('email_change', token, 'expired_token');
    await this.dataSource.query(SET_EMAIL, [user.id, email]).catch((error: unknown) => {
      throw errorCode(error) === UNIQUE_VIOLATION ? emailTaken() : error;
    });
    AuditContext.annotate({ changes: { before: { email: user.email }, after: { email } } });
    this.mails.post({ to: user.email, subject: 'Your e-mail address was changed', text: CHANGED });
  }
}

function alreadyVerified(): Error {
  return alreadyDone('already_verified', 'the e-mail address is confirmed');
}
