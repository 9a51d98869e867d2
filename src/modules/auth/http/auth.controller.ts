import { Body, Controller, Get, Header, HttpCode, Patch, Post, UseGuards } from '@nestjs/common';
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
import { Audited, AuditedTransaction } from '../../../audit/index.js';
import { BeforePasswordChange, Public, SessionOnly } from '../access/access.decorators.js';
import type { AuthenticatedUser, SessionUser } from '../access/authenticated-user.js';
import { CurrentSession, CurrentUser } from '../access/current-user.decorator.js';
import { RateLimitGuard } from '../access/rate-limit.guard.js';
import { ProfileService } from '../accounts/profile.service.js';
import { RegistrationService } from '../accounts/registration.service.js';
import { LoginService } from '../sessions/login.service.js';
import { TokenRefreshService } from '../sessions/token-refresh.service.js';
import { ProfileDto } from './account-requests.dto.js';
import { CurrentUserView, LoginView, RegisteredUserView, SessionTokensView } from './account-views.dto.js';
import { LoginDto, MfaLoginDto, RefreshDto, RegistrationDto } from './credentials.dto.js';

/** The routes of accounts and of opening, keeping and closing sessions. */
@ApiTags('auth')
@Controller('auth')
export class AuthController {
  constructor(
    private readonly registrations: RegistrationService,
    private readonly logins: LoginService,
    private readonly refreshes: TokenRefreshService,
    private readonly profiles: ProfileService,
  ) {}

  @Post('register')
  @Public()
  @UseGuards(RateLimitGuard)
  @AuditedTransaction('user_registration')
  @ApiOperation({ summary: 'Make an account' })
  @ApiCreatedResponse({ type: RegisteredUserView })
  @ApiBadRequestResponse({ description: 'The body is not valid.' })
  @ApiConflictResponse({ description: 'The e-mail address has an account.' })
  @ApiTooManyRequestsResponse()
  register(@Body() request: RegistrationDto): Promise<Readonly<RegisteredUserView>> {
    return this.registrations.register(request);
  }

  @Post('login')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @Public()
  @UseGuards(RateLimitGuard)
  @Audited('user_login')
  @ApiOperation({ summary: 'Open a session, or get the challenge of the second factor' })
  @ApiOkResponse({ type: LoginView })
  @ApiBadRequestResponse({ description: 'The body is not valid.' })
  @ApiUnauthorizedResponse({ description: 'The e-mail address or the password is wrong, or the account is locked.' })
  @ApiTooManyRequestsResponse()
  logIn(@Body() { email, password }: LoginDto): Promise<Readonly<LoginView>> {
    return this.logins.logIn(email, password);
  }

  @Post('login/mfa')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @Public()
  @UseGuards(RateLimitGuard)
  @Audited('mfa_challenge')
  @ApiOperation({ summary: 'Answer the challenge of a login, and open the session' })
  @ApiOkResponse({ type: SessionTokensView })
  @ApiBadRequestResponse({ description: 'The body is not valid.' })
  @ApiUnauthorizedResponse({ description: 'The code or the challenge is wrong or past its end.' })
  @ApiTooManyRequestsResponse()
  answerChallenge(@Body() { challengeToken, code }: MfaLoginDto): Promise<Readonly<SessionTokensView>> {
    return this.logins.answerChallenge(challengeToken, code);
  }

  @Post('refresh')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @Public()
  @UseGuards(RateLimitGuard)
  @Audited('auth_token_refresh')
  @ApiOperation({ summary: 'Use a refresh token up for fresh tokens; one that comes again closes the session' })
  @ApiOkResponse({ type: SessionTokensView })
  @ApiBadRequestResponse({ description: 'The body is not valid.' })
  @ApiUnauthorizedResponse({ description: 'The refresh token is not good any more.' })
  @ApiTooManyRequestsResponse()
  refresh(@Body() { refreshToken }: RefreshDto): Promise<Readonly<SessionTokensView>> {
    return this.refreshes.refresh(refreshToken);
  }

  @Post('logout')
  @HttpCode(204)
  @SessionOnly()
  @BeforePasswordChange()
  @Audited('user_logout')
  @ApiOperation({ summary: 'Close the session' })
  @ApiBearerAuth()
  @ApiNoContentResponse({ description: "The session's tokens are refused from now on." })
  @ApiUnauthorizedResponse({ description: 'There is no valid access token.' })
  logOut(@CurrentSession() { id, sessionId }: SessionUser): Promise<void> {
    return this.logins.logOut(id, sessionId);
  }

  @Get('me')
  @BeforePasswordChange()
  @ApiOperation({ summary: 'The account of the access token' })
  @ApiBearerAuth()
  @ApiOkResponse({ type: CurrentUserView })
  @ApiUnauthorizedResponse({ description: 'There is no valid access token.' })
  me(@CurrentUser() user: AuthenticatedUser): Readonly<CurrentUserView> {
    return viewOf(user);
  }

  @Patch('me')
  @AuditedTransaction('user_profile_update')
  @ApiOperation({ summary: 'Change the own profile' })
  @ApiBearerAuth()
  @ApiOkResponse({ type: CurrentUserView })
  @ApiBadRequestResponse({ description: 'The body is not valid.' })
  @ApiUnauthorizedResponse({ description: 'There is no valid access token.' })
  async rename(
    @CurrentUser() user: AuthenticatedUser,
    @Body() { name }: ProfileDto,
  ): Promise<Readonly<CurrentUserView>> {
    return viewOf(await this.profiles.rename(user, name));
  }
}

function viewOf({ id, email, name, roles }: AuthenticatedUser): Readonly<CurrentUserView> {
  return { id, email, name, roles };
}
