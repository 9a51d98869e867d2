import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Audited } from '../../../audit/index.js';
import { BeforePasswordChange, Public, RateLimited, SessionOnly } from '../access/access.decorators.js';
import { CurrentUser, type AuthenticatedUser, type SessionUser } from '../access/authenticated-user.js';
import { Emails } from '../emails/emails.service.js';
import { Passwords } from '../passwords/passwords.service.js';
import {
  CredentialsDto,
  MailTokenDto,
  PasswordChangeDto,
  PasswordResetConfirmationDto,
  PasswordResetDto,
} from './auth.dto.js';

/** The routes that set passwords and e-mail addresses. */
@ApiTags('auth')
@RateLimited()
@Controller('auth')
export class CredentialsController {
  constructor(
    private readonly passwords: Passwords,
    private readonly emails: Emails,
  ) {}

  /** Changes the own password, and closes the other sessions */
  @Post('me/password')
  @HttpCode(204)
  @SessionOnly()
  @BeforePasswordChange()
  @Audited('user_password_change')
  changePassword(
    @CurrentUser() { id, sessionId }: SessionUser,
    @Body() { currentPassword, newPassword }: PasswordChangeDto,
  ): Promise<void> {
    return this.passwords.change(id, sessionId, currentPassword, newPassword);
  }

  /** Mails a token that sets a new password, if the address has an account */
  @Post('password-reset')
  @HttpCode(202)
  @Public()
  @Audited('password_reset_request')
  async requestReset(@Body() { email }: PasswordResetDto): Promise<object> {
    await this.passwords.requestReset(email);
    return {};
  }

  /** Sets a new password by the token of the mail, and closes all sessions */
  @Post('password-reset/confirm')
  @HttpCode(204)
  @Public()
  @Audited('password_reset_confirm')
  confirmReset(@Body() { token, newPassword }: PasswordResetConfirmationDto): Promise<void> {
    return this.passwords.confirmReset(token, newPassword);
  }

  /** Mails another token that confirms the e-mail address */
  @Post('me/email-verification')
  @HttpCode(202)
  @SessionOnly()
  @Audited('user_email_verification')
  async sendVerification(@CurrentUser() user: AuthenticatedUser): Promise<object> {
    await this.emails.sendVerificationAgain(user);
    return {};
  }

  /** Confirms the e-mail address by the token of the mail */
  @Post('email-verification/confirm')
  @HttpCode(204)
  @Public()
  @Audited('user_email_verification')
  confirmVerification(@Body() { token }: MailTokenDto): Promise<void> {
    return this.emails.confirmVerification(token);
  }

  /** Mails a token to a new e-mail address */
  @Post('me/email')
  @HttpCode(202)
  @SessionOnly()
  @Audited('email_change')
  async requestChange(
    @CurrentUser() { id }: AuthenticatedUser,
    @Body() { email, password }: CredentialsDto,
  ): Promise<object> {
    await this.emails.requestChange(id, email, password);
    return {};
  }

  /** Takes the new e-mail address by the token of the mail */
  @Post('email-change/confirm')
  @HttpCode(204)
  @Public()
  @Audited('email_change')
  confirmChange(@Body() { token }: MailTokenDto): Promise<void> {
    return this.emails.confirmChange(token);
  }
}
