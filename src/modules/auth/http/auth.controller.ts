import { Body, Controller, Get, Header, HttpCode, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditContext, Audited, AuditedTransaction } from '../../../audit/index.js';
import { BeforePasswordChange, Public, RateLimited, SessionOnly } from '../access/access.decorators.js';
import { CurrentUser, type AuthenticatedUser, type SessionUser } from '../access/authenticated-user.js';
import { Registration } from '../accounts/registration.service.js';
import { noteAccount, UserEntity } from '../accounts/user.entity.js';
import { LoginService } from '../sessions/login.service.js';
import { RefreshTokens } from '../sessions/refresh-tokens.service.js';
import { Sessions } from '../sessions/sessions.service.js';
import {
  CredentialsDto,
  CurrentUserView,
  LoginView,
  MfaLoginDto,
  NameDto,
  RefreshDto,
  RegisteredUserView,
  RegistrationDto,
  SessionTokensView,
} from './auth.dto.js';

/** The routes of accounts and of opening, keeping and closing sessions. */
@ApiTags('auth')
@Controller('auth')
export class AuthController {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly registration: Registration,
    private readonly logins: LoginService,
    private readonly refreshes: RefreshTokens,
    private readonly sessions: Sessions,
  ) {}

  /** Makes an account */
  @Post('register')
  @Public()
  @RateLimited()
  @AuditedTransaction('user_registration')
  async register(@Body() { email, name, password }: RegistrationDto): Promise<RegisteredUserView> {
    AuditContext.annotate({ details: { email, registrationMethod: 'email', emailVerified: false } });
    const { id } = await this.registration.add({ email, name, roles: ['user'] }, password);
    noteAccount({ id, name });
    return { id, email };
  }

  /** Opens a session, or gets the challenge of the second factor */
  @Post('login')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @Public()
  @RateLimited()
  @Audited('user_login')
  logIn(@Body() { email, password }: CredentialsDto): Promise<LoginView> {
    return this.logins.logIn(email, password);
  }

  /** Answers the challenge of a login, and opens the session */
  @Post('login/mfa')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @Public()
  @RateLimited()
  @Audited('mfa_challenge')
  answerChallenge(@Body() { challengeToken, code }: MfaLoginDto): Promise<SessionTokensView> {
    return this.logins.answerChallenge(challengeToken, code);
  }

  /** Uses a refresh token up for fresh tokens; one that comes again closes the session */
  @Post('refresh')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @Public()
  @RateLimited()
  @Audited('auth_token_refresh')
  refresh(@Body() { refreshToken }: RefreshDto): Promise<SessionTokensView> {
    return this.refreshes.refresh(refreshToken);
  }

  /** Closes the session: its tokens are refused from now on */
  @Post('logout')
  @HttpCode(204)
  @SessionOnly()
  @BeforePasswordChange()
  @Audited('user_logout')
  async logOut(@CurrentUser() { id, sessionId }: SessionUser): Promise<void> {
    AuditContext.annotate({ resource: { type: 'session', id: sessionId }, details: { logoutMethod: 'explicit' } });
    await this.sessions.revoke(id, sessionId);
  }

  /** Shows the account of the access token */
  @Get('me')
  @BeforePasswordChange()
  me(@CurrentUser() { id, email, name, roles }: AuthenticatedUser): CurrentUserView {
    return { id, email, name, roles: [...roles] };
  }

  /** Changes your own profile */
  @Patch('me')
  @AuditedTransaction('user_profile_update')
  async rename(@CurrentUser() user: AuthenticatedUser, @Body() { name }: NameDto): Promise<CurrentUserView> {
    AuditContext.annotate({ resource: { type: 'user', id: user.id } });
    await this.dataSource.manager.update(UserEntity, { id: user.id }, { name });
    AuditContext.annotate({ changes: { before: { name: user.name }, after: { name } } });
    return this.me({ ...user, name });
  }
}
