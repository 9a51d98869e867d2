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
import { ProfileService } from './accounts/profile.service.js';
import { RegistrationService } from './accounts/registration.service.js';
import { UserAccounts } from './accounts/user-accounts.service.js';
import { UserDirectory } from './accounts/user-directory.service.js';
import { UserStore } from './accounts/user-store.service.js';
import { UserEntity } from './accounts/user.entity.js';
import { ApiKeyStore } from './api-keys/api-key-store.service.js';
import { EmailChange } from './emails/email-change.service.js';
import { EmailVerification } from './emails/email-verification.service.js';
import { ApiKeysController } from './http/api-keys.controller.js';
import { AuthController } from './http/auth.controller.js';
import { EmailController } from './http/email.controller.js';
import { MfaController } from './http/mfa.controller.js';
import { PasswordController } from './http/password.controller.js';
import { SessionsController } from './http/sessions.controller.js';
import { UsersController } from './http/users.controller.js';
import { MfaSetup } from './mfa/mfa-setup.service.js';
import { SecondFactor } from './mfa/second-factor.service.js';
import { TotpStore } from './mfa/totp-store.service.js';
import { PasswordChange } from './passwords/password-change.service.js';
import { PasswordCheck } from './passwords/password-check.service.js';
import { PasswordReset } from './passwords/password-reset.service.js';
import { SecurityLogController } from './security-log/security-log.controller.js';
import { SecurityLogEntry } from './security-log/security-log.entity.js';
import { SecurityLogProvider } from './security-log/security-log.provider.js';
import { AccessTokens, createJwtService } from './sessions/access-tokens.service.js';
import { Lockout } from './sessions/lockout.service.js';
import { LoginService } from './sessions/login.service.js';
import { RefreshTokens } from './sessions/refresh-tokens.service.js';
import { SessionOpener } from './sessions/session-opener.service.js';
import { SessionRevocation } from './sessions/session-revocation.service.js';
import { SessionStore } from './sessions/session-store.service.js';
import { loadSigningSecret } from './sessions/signing-secret.js';
import { TokenRefreshService } from './sessions/token-refresh.service.js';
import { OneTimeTokens } from './tokens/one-time-tokens.service.js';
import { UserAdministration } from './users/user-administration.service.js';

/**
 * Accounts, sessions and access: from its import on, every route of the application needs an access token unless it is
 * `@Public()`. Needs the ConfigurationModule, the AuditModule and a migrated TypeORM data source.
 */
@Module({
  imports: [TypeOrmModule.forFeature([UserEntity, SecurityLogEntry]), MailModule],
  controllers: [
    AuthController,
    SessionsController,
    PasswordController,
    EmailController,
    MfaController,
    ApiKeysController,
    SecurityLogController,
    UsersController,
  ],
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
    SessionStore,
    SessionOpener,
    SessionRevocation,
    TokenRefreshService,
    Lockout,
    ApiKeyStore,
    TotpStore,
    SecondFactor,
    MfaSetup,
    PasswordCheck,
    PasswordChange,
    PasswordReset,
    EmailVerification,
    EmailChange,
    ProfileService,
    UserAdministration,
    UserStore,
    UserDirectory,
    UserAccounts,
    PasswordHasher,
    RegistrationService,
    LoginService,
    FirstAdministrator,
    SecurityLogProvider,
  ],
  exports: [UserDirectory, UserAccounts],
})
export class AuthModule {}
