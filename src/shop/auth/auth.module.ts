import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtService } from '@nestjs/jwt';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { AppConfig } from '../config/index.js';
import { PersonalDataModule } from '../personal-data/index.js';
import { AccessGuard } from './access/access.guard.js';
import { RateLimitGuard } from './access/rate-limit.guard.js';
import { FirstAdministrator } from './accounts/first-administrator.service.js';
import { PasswordHasher } from './accounts/password-hasher.service.js';
import { Registration } from './accounts/registration.service.js';
import { UserAccounts } from './accounts/user-accounts.service.js';
import { UserStore } from './accounts/user-store.service.js';
import { UserEntity } from './accounts/user.entity.js';
import { ApiKeyStore } from './api-keys/api-key-store.service.js';
import { LoginController } from './http/login.controller.js';
import { OwnAccountController } from './http/own-account.controller.js';
import { OwnDataController } from './http/own-data.controller.js';
import { UsersController } from './http/users.controller.js';
import { SecurityLogProvider } from './security-log/security-log.provider.js';
import { AccessTokens, createJwtService, loadSigningSecret } from './sessions/access-tokens.service.js';
import { Lockout } from './sessions/lockout.service.js';
import { Sessions } from './sessions/sessions.service.js';
import { ViewerCookie } from './sessions/viewer-cookie.service.js';

/**
 * Provides accounts, sessions and access control. Every route needs an access token or an API key, except routes with `@Public()` or
 * `@OptionalUser()`. Needs the AuditModule and a migrated TypeORM data source.
 */
@Module({
  imports: [TypeOrmModule.forFeature([UserEntity]), PersonalDataModule],
  controllers: [LoginController, OwnAccountController, OwnDataController, UsersController],
  providers: [
    { provide: APP_GUARD, useClass: AccessGuard },
    {
      provide: JwtService,
      useFactory: async (config: AppConfig, dataSource: DataSource) =>
        createJwtService(await loadSigningSecret(config, dataSource)),
      inject: [AppConfig, getDataSourceToken()],
    },
    RateLimitGuard,
    AccessTokens,
    Sessions,
    ViewerCookie,
    Lockout,
    ApiKeyStore,
    UserStore,
    UserAccounts,
    Registration,
    PasswordHasher,
    FirstAdministrator,
    SecurityLogProvider,
  ],
  exports: [UserStore, UserAccounts, Sessions, ViewerCookie],
})
export class AuthModule {}
