import { Body, Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBadRequestResponse,
  ApiBearerAuth,
  ApiConflictResponse,
  ApiNoContentResponse,
  ApiOperation,
  ApiTags,
  ApiTooManyRequestsResponse,
} from '@nestjs/swagger';
import { Audited } from '../../../audit/index.js';
import { Public, SessionOnly } from '../access/access.decorators.js';
import type { AuthenticatedUser } from '../access/authenticated-user.js';
import { CurrentUser } from '../access/current-user.decorator.js';
import { RateLimitGuard } from '../access/rate-limit.guard.js';
import { EmailChange } from '../emails/email-change.service.js';
import { EmailVerification } from '../emails/email-verification.service.js';
import { EmailChangeDto, MailTokenDto } from './account-requests.dto.js';

/** The routes of e-mail addresses. */
@ApiTags('auth')
@ApiTooManyRequestsResponse()
@UseGuards(RateLimitGuard)
@Controller('auth')
export class EmailController {
  constructor(
    private readonly verifications: EmailVerification,
    private readonly changes: EmailChange,
  ) {}

  @Post('me/email-verification')
  @HttpCode(202)
  @SessionOnly()
  @Audited('user_email_verification')
  @ApiOperation({ summary: 'Have another token mailed that confirms the e-mail address' })
  @ApiBearerAuth()
  @ApiAcceptedResponse({ description: 'A mail is on its way.' })
  @ApiConflictResponse({ description: 'The address is confirmed already.' })
  async sendVerification(@CurrentUser() user: AuthenticatedUser): Promise<object> {
    await this.verifications.sendAgain(user);
    return {};
  }

  @Post('email-verification/confirm')
  @HttpCode(204)
  @Public()
  @Audited('user_email_verification')
  @ApiOperation({ summary: 'Confirm the e-mail address by the token of the mail' })
  @ApiNoContentResponse()
  @ApiBadRequestResponse({ description: 'The body is not valid, or the token is wrong, used or past its end.' })
  @ApiConflictResponse({ description: 'The address is confirmed already.' })
  confirmVerification(@Body() { token }: MailTokenDto): Promise<void> {
    return this.verifications.confirm(token);
  }

  @Post('me/email')
  @HttpCode(202)
  @SessionOnly()
  @Audited('email_change')
  @ApiOperation({ summary: 'Have a token mailed to a new e-mail address' })
  @ApiBearerAuth()
  @ApiAcceptedResponse({ description: 'A mail is on its way.' })
  @ApiBadRequestResponse({ description: 'The body is not valid, or the password is wrong.' })
  @ApiConflictResponse({ description: 'The address has an account.' })
  async requestChange(
    @CurrentUser() { id }: AuthenticatedUser,
    @Body() { email, password }: EmailChangeDto,
  ): Promise<object> {
    await this.changes.request(id, email, password);
    return {};
  }

  @Post('email-change/confirm')
  @HttpCode(204)
  @Public()
  @Audited('email_change')
  @ApiOperation({ summary: 'Take the new e-mail address by the token of the mail' })
  @ApiNoContentResponse()
  @ApiBadRequestResponse({ description: 'The body is not valid, or the token is wrong, used or past its end.' })
  @ApiConflictResponse({ description: 'The address has an account by now.' })
  confirmChange(@Body() { token }: MailTokenDto): Promise<void> {
    return this.changes.confirm(token);
  }
}
