import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { PersonalDataModule } from '../personal-data/index.js';
import { AccessGuard } from './access.guard.js';
import { FirstAdministrator, Lockout, PasswordHasher, UserStore } from './accounts.service.js';
import { ApiKeyStore } from './api-key-store.service.js';
import { LoginController } from './login.controller.js';
import { OwnAccountController } from './own-account.controller.js';
import { SecurityLogProvider } from './security-log.provider.js';
import { Sessions } from './sessions.service.js';
import { UserAccounts } from './user-accounts.service.js';
import { UserEntity } from './user.entity.js';
import { UsersController } from './users.controller.js';
import { ViewerCookie } from './viewer-cookie.service.js';

/**
 * Provides accounts, sessions and access control. Every route needs an access token or an API key, except routes with `@Public()` or
 * `@OptionalUser()`. Needs the AuditModule and a migrated TypeORM data source.
 */
@Module({
  imports: [TypeOrmModule.forFeature([UserEntity]), PersonalDataModule],
  controllers: [LoginController, OwnAccountController, UsersController],
  providers: [
    ...[{ provide: APP_GUARD, useClass: AccessGuard }, Sessions, ViewerCookie, ApiKeyStore],
    ...[PasswordHasher, UserStore, Lockout, FirstAdministrator, UserAccounts, SecurityLogProvider],
  ],
  exports: [UserStore, Sessions, ViewerCookie],
})
export class AuthModule {}
