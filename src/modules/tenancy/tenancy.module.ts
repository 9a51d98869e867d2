import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuthModule } from '../auth/index.js';
import { AdminAuditLogProvider } from './admin-log/admin-audit-log.provider.js';
import { AdminLogEntryEntity } from './admin-log/admin-log-entry.entity.js';
import { AdminLogReader } from './admin-log/admin-log-reader.service.js';
import { AdminLogController } from './admin-log/admin-log.controller.js';
import { MemberHolder } from './member-holder.service.js';
import { MemberEntity } from './member.entity.js';
import { MembersController } from './members.controller.js';
import { MembersService } from './members.service.js';
import { StoreRoleEntity } from './roles/store-role.entity.js';
import { StoreRolesController } from './roles/store-roles.controller.js';
import { StoreRolesService } from './roles/store-roles.service.js';
import { StoreDirectory } from './store-directory.service.js';
import { StoreEntity } from './store.entity.js';
import { StoresController } from './stores.controller.js';
import { StoresService } from './stores.service.js';

/** Stores and their members, and the log of what administrators do that its audit provider keeps. */
@Module({
  imports: [TypeOrmModule.forFeature([StoreEntity, MemberEntity, StoreRoleEntity, AdminLogEntryEntity]), AuthModule],
  controllers: [StoresController, MembersController, StoreRolesController, AdminLogController],
  providers: [
    StoresService,
    MembersService,
    StoreRolesService,
    StoreDirectory,
    MemberHolder,
    AdminLogReader,
    AdminAuditLogProvider,
  ],
  exports: [StoreDirectory],
})
export class TenancyModule {}
