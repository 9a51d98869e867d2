import { Body, Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBadRequestResponse,
  ApiBearerAuth,
  ApiNoContentResponse,
  ApiOperation,
  ApiTags,
  ApiTooManyRequestsResponse,
  ApiUnauthorizedResponse,
} from '@nestjs/swagger';
import { Audited } from '../../../audit/index.js';
import { BeforePasswordChange, Public, SessionOnly } from '../access/access.decorators.js';
import type { SessionUser } from '../access/authenticated-user.js';
import { CurrentSession } from '../access/current-user.decorator.js';
import { RateLimitGuard } from '../access/rate-limit.guard.js';
import { PasswordChange } from '../passwords/password-change.service.js';
import { PasswordReset } from '../passwords/password-reset.service.js';
import { PasswordChangeDto, PasswordResetConfirmationDto, PasswordResetDto } from './account-requests.dto.js';

/** The routes that set passwords. */
@ApiTags('auth')
@ApiTooManyRequestsResponse()
@UseGuards(RateLimitGuard)
@Controller('auth')
export class PasswordController {
  constructor(
    private readonly changes: PasswordChange,
    private readonly resets: PasswordReset,
  ) {}

  @Post('me/password')
  @HttpCode(204)
  @SessionOnly()
  @BeforePasswordChange()
  @Audited('user_password_change')
  @ApiOperation({ summary: 'Change the own password, and close the other sessions' })
  @ApiBearerAuth()
  @ApiNoContentResponse()
  @ApiBadRequestResponse({
    description: 'The body is not valid, or the current password is wrong, or both are the same.',
  })
  @ApiUnauthorizedResponse({ description: 'There is no valid access token.' })
  change(
    @CurrentSession() { id, sessionId }: SessionUser,
    @Body() { currentPassword, newPassword }: PasswordChangeDto,
  ): Promise<void> {
    return this.changes.change(id, sessionId, currentPassword, newPassword);
  }

  @Post('password-reset')
  @HttpCode(202)
  @Public()
  @Audited('password_reset_request')
  @ApiOperation({ summary: 'Have a token mailed that sets a new password' })
  @ApiAcceptedResponse({ description: 'If the address has an account, a mail is on its way.' })
  @ApiBadRequestResponse({ description: 'The body is not valid.' })
  async requestReset(@Body() { email }: PasswordResetDto): Promise<object> {
    await this.resets.request(email);
    return {};
  }

  @Post('password-reset/confirm')
  @HttpCode(204)
  @Public()
  @Audited('password_reset_confirm')
  @ApiOperation({ summary: 'Set a new password by the token of the mail, and close all sessions' })
  @ApiNoContentResponse()
  @ApiBadRequestResponse({ description: 'The body is not valid, or the token is wrong, used or past its end.' })
  confirmReset(@Body() { token, newPassword }: PasswordResetConfirmationDto): Promise<void> {
    return this.resets.confirm(token, newPassword);
  }
}
