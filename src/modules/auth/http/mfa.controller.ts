import { Body, Controller, Header, HttpCode, Post, UseGuards } from '@nestjs/common';
import {
  ApiBadRequestResponse,
  ApiBearerAuth,
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  ApiTooManyRequestsResponse,
  ApiUnauthorizedResponse,
} from '@nestjs/swagger';
import { Audited } from '../../../audit/index.js';
import { SessionOnly } from '../access/access.decorators.js';
import type { AuthenticatedUser } from '../access/authenticated-user.js';
import { CurrentUser } from '../access/current-user.decorator.js';
import { RateLimitGuard } from '../access/rate-limit.guard.js';
import { MfaSetup } from '../mfa/mfa-setup.service.js';
import { MfaConfirmationDto, MfaDisableDto, MfaSetupDto } from './account-requests.dto.js';
import { MfaSetupView, RecoveryCodesView } from './security.dto.js';

/** The own second factor. */
@ApiTags('auth')
@ApiBearerAuth()
@ApiUnauthorizedResponse({ description: 'There is no valid access token.' })
@ApiTooManyRequestsResponse()
@SessionOnly()
@UseGuards(RateLimitGuard)
@Controller('auth/me/mfa')
export class MfaController {
  constructor(private readonly setup: MfaSetup) {}

  @Post()
  @Header('cache-control', 'no-store')
  @Audited('user_mfa_enable')
  @ApiOperation({ summary: 'Get the secret for an authenticator' })
  @ApiCreatedResponse({ type: MfaSetupView })
  @ApiBadRequestResponse({ description: 'The body is not valid, or the password is wrong.' })
  @ApiConflictResponse({ description: 'There is a second factor already.' })
  begin(@CurrentUser() user: AuthenticatedUser, @Body() { password }: MfaSetupDto): Promise<Readonly<MfaSetupView>> {
    return this.setup.begin(user, password);
  }

  @Post('confirm')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @Audited('user_mfa_enable')
  @ApiOperation({ summary: 'Show that the authenticator has the secret: from now on a login needs a code' })
  @ApiOkResponse({ type: RecoveryCodesView })
  @ApiBadRequestResponse({ description: 'The body is not valid, or the code is wrong.' })
  @ApiConflictResponse({ description: 'There is a second factor already.' })
  async confirm(
    @CurrentUser() { id }: AuthenticatedUser,
    @Body() { code }: MfaConfirmationDto,
  ): Promise<Readonly<RecoveryCodesView>> {
    return { recoveryCodes: await this.setup.confirm(id, code) };
  }

  @Post('disable')
  @HttpCode(204)
  @Audited('user_mfa_disable')
  @ApiOperation({ summary: 'Take the second factor away' })
  @ApiNoContentResponse()
  @ApiBadRequestResponse({ description: 'The body is not valid, or the password or the code is wrong.' })
  disable(@CurrentUser() { id }: AuthenticatedUser, @Body() { password, code }: MfaDisableDto): Promise<void> {
    return this.setup.disable(id, password, code);
  }
}
