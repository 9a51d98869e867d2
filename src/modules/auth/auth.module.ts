import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtService } from '@nestjs/jwt';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { AppConfig } from '../../config/index.js';
import { MailModule } from '../mail/index.js';
import { AccessTokenGuard } from './access/access-token.guard.js';
import { RateLimitGuard } from './access/rate-limit.guard.js';
import { RequestAuthenticator } from './access/request-authenticator.service.js';
import { RolesGuard } from './access/roles.guard.js';
import { FirstAdministrator } from './accounts/first-administrator.service.js';
import { PasswordHasher } from './accounts/password-hasher.service.js';
import { UserAccounts, UserDirectory } from './accounts/user-accounts.service.js';
import { UserStore } from './accounts/user-store.service.js';
import { UserEntity } from './accounts/user.entity.js';
import { Users } from './accounts/users.service.js';
import { ApiKeyStore } from './api-keys/api-key-store.service.js';
import { Emails } from './emails/emails.service.js';
import { AuthController } from './http/auth.controller.js';
import { CredentialsController } from './http/credentials.controller.js';
import { OwnAccountSecurityController } from './http/own-account.controller.js';
import { UsersController } from './http/users.controller.js';
import { MfaSetup } from './mfa/mfa-setup.service.js';
import { SecondFactor } from './mfa/second-factor.service.js';
import { PasswordCheck } from './passwords/password-check.service.js';
import { Passwords } from './passwords/passwords.service.js';
import { SecurityLogProvider } from './security-log/security-log.provider.js';
import { AccessTokens, createJwtService, loadSigningSecret } from './sessions/access-tokens.service.js';
import { Lockout } from './sessions/lockout.service.js';
import { LoginService } from './sessions/login.service.js';
import { RefreshTokens } from './sessions/refresh-tokens.service.js';
import { SessionStore } from './sessions/session-store.service.js';
import { Sessions } from './sessions/sessions.service.js';
import { TokenRefreshService } from './sessions/token-refresh.service.js';
import { MailTokens } from './tokens/mail-tokens.service.js';
import { OneTimeTokens } from './tokens/one-time-tokens.service.js';

/**
 * Accounts, sessions and access: from its import on, every route of the application needs an access token unless it is
 * `@Public()`. Needs the ConfigurationModule, the AuditModule and a migrated TypeORM data source.
 */
@Module({
  imports: [TypeOrmModule.forFeature([UserEntity]), MailModule],
  controllers: [AuthController, OwnAccountSecurityController, CredentialsController, UsersController],
  providers: [
    // Nest runs them in this order: who is unknown gets 401, and only who is known 403.
    { provide: APP_GUARD, useClass: AccessTokenGuard },
    { provide: APP_GUARD, useClass: RolesGuard },
    {
      provide: JwtService,
      useFactory: async (config: AppConfig, dataSource: DataSource) =>
        createJwtService(await loadSigningSecret(config, dataSource)),
      inject: [AppConfig, getDataSourceToken()],
    },
    RequestAuthenticator,
    RateLimitGuard,
    AccessTokens,
    RefreshTokens,
    OneTimeTokens,
    MailTokens,
    SessionStore,
    Sessions,
    TokenRefreshService,
    LoginService,
    Lockout,
    ApiKeyStore,
    SecondFactor,
    MfaSetup,
    PasswordCheck,
    Passwords,
    Emails,
    UserStore,
    UserDirectory,
    UserAccounts,
    Users,
    PasswordHasher,
    FirstAdministrator,
    SecurityLogProvider,
  ],
  exports: [UserDirectory, UserAccounts],
})
export class AuthModule {}
