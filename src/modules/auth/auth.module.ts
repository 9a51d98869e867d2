import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtService } from '@nestjs/jwt';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { AppConfig } from '../../config/index.js';
import { AccessTokenGuard } from './access/access-token.guard.js';
import { RolesGuard } from './access/roles.guard.js';
import { FirstAdministrator } from './accounts/first-administrator.service.js';
import { PasswordHasher } from './accounts/password-hasher.service.js';
import { RegistrationService } from './accounts/registration.service.js';
import { UserAccounts } from './accounts/user-accounts.service.js';
import { UserDirectory } from './accounts/user-directory.service.js';
import { UserStore } from './accounts/user-store.service.js';
import { UserEntity } from './accounts/user.entity.js';
import { AuthController } from './http/auth.controller.js';
import { SecurityLogController } from './security-log/security-log.controller.js';
import { SecurityLogEntry } from './security-log/security-log.entity.js';
import { SecurityLogProvider } from './security-log/security-log.provider.js';
import { AccessTokens, createJwtService } from './sessions/access-tokens.service.js';
import { LoginService } from './sessions/login.service.js';
import { SessionStore } from './sessions/session-store.service.js';
import { loadSigningSecret } from './sessions/signing-secret.js';

/**
 * Accounts, sessions and access: from its import on, every route of the application needs an access token unless it is
 * `@Public()`. Needs the ConfigurationModule, the AuditModule and a migrated TypeORM data source.
 */
@Module({
  imports: [TypeOrmModule.forFeature([UserEntity, SecurityLogEntry])],
  controllers: [AuthController, SecurityLogController],
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
    AccessTokens,
    SessionStore,
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
