import { Body, Controller, Get, Header, HttpCode, Post } from '@nestjs/common';
import {
  ApiBadRequestResponse,
  ApiBearerAuth,
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  ApiUnauthorizedResponse,
} from '@nestjs/swagger';
import { Audited } from '../../../audit/index.js';
import { Public } from '../access/access.decorators.js';
import type { AuthenticatedUser } from '../access/authenticated-user.js';
import { CurrentUser } from '../access/current-user.decorator.js';
import { RegistrationService } from '../accounts/registration.service.js';
import { LoginService } from '../sessions/login.service.js';
import { AccessTokenView, CurrentUserView, RegisteredUserView } from './account.views.js';
import { LoginRequest, RegistrationRequest } from './credentials.requests.js';

/** The routes of accounts and sessions. */
@ApiTags('auth')
@Controller('auth')
export class AuthController {
  constructor(
    private readonly registrations: RegistrationService,
    private readonly logins: LoginService,
  ) {}

  @Post('register')
  @Public()
  @Audited('user_registration')
  @ApiOperation({ summary: 'Make an account' })
  @ApiCreatedResponse({ type: RegisteredUserView })
  @ApiBadRequestResponse({ description: 'The body is not valid.' })
  @ApiConflictResponse({ description: 'The e-mail address has an account.' })
  register(@Body() request: RegistrationRequest): Promise<Readonly<RegisteredUserView>> {
    return this.registrations.register(request);
  }

  @Post('login')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @Public()
  @Audited('user_login')
  @ApiOperation({ summary: 'Open a session' })
  @ApiOkResponse({ type: AccessTokenView })
  @ApiBadRequestResponse({ description: 'The body is not valid.' })
  @ApiUnauthorizedResponse({ description: 'The e-mail address or the password is wrong.' })
  async logIn(@Body() { email, password }: LoginRequest): Promise<Readonly<AccessTokenView>> {
    return { accessToken: await this.logins.logIn(email, password) };
  }

  @Post('logout')
  @HttpCode(204)
  @Audited('user_logout')
  @ApiOperation({ summary: 'Close the session' })
  @ApiBearerAuth()
  @ApiNoContentResponse({ description: 'The access token is refused from now on.' })
  @ApiUnauthorizedResponse({ description: 'There is no valid access token.' })
  logOut(@CurrentUser() { sessionId }: AuthenticatedUser): Promise<void> {
    return this.logins.logOut(sessionId);
  }

  @Get('me')
  @ApiOperation({ summary: 'The account of the access token' })
  @ApiBearerAuth()
  @ApiOkResponse({ type: CurrentUserView })
  @ApiUnauthorizedResponse({ description: 'There is no valid access token.' })
  me(@CurrentUser() { id, email, name, roles }: AuthenticatedUser): Readonly<CurrentUserView> {
    return { id, email, name, roles };
  }
}
