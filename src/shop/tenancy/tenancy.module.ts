import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { defineAuditEvents } from '../../audit/index.js';
import { AuthModule } from '../auth/index.js';
import { AdminAuditLogProvider } from './admin-audit-log.provider.js';
import { StoreDirectory } from './store-directory.service.js';
import { StoresController } from './stores.controller.js';
import { MemberEntity, StoreEntity, StoreRoleEntity } from './tenancy.entities.js';

/** The event types that this module adds to the catalogue. The application must pass these event types to `AuditModule`. */
export const TENANCY_EVENTS = defineAuditEvents({
  store_created: { action: 'store_creation', outcome: 'success', category: 'administration' },
});

/** Provides stores and their members, and an audit provider that stores the log of administrators' actions. */
@Module({
  imports: [TypeOrmModule.forFeature([StoreEntity, MemberEntity, StoreRoleEntity]), AuthModule],
  controllers: [StoresController],
  providers: [StoreDirectory, AdminAuditLogProvider],
  exports: [StoreDirectory],
})
export class TenancyModule {}
