import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuthModule } from '../auth/index.js';
import { FeaturesController } from './features/features.controller.js';
import { MaintenanceMode } from './maintenance/maintenance-mode.service.js';
import { MaintenanceController } from './maintenance/maintenance.controller.js';
import { MaintenanceEntity } from './maintenance/maintenance.entity.js';
import { MaintenanceGuard } from './maintenance/maintenance.guard.js';
import { SettingsController } from './settings/settings.controller.js';
import { SwitchesModule } from './switches.module.js';
import { UserRolesController } from './user-roles/user-roles.controller.js';
import { UserRolesService } from './user-roles/user-roles.service.js';

/**
 * What administrators decide for the whole application: settings, features, maintenance, and who may do what. Import it
 * after AuthModule in the root module: its guard asks who the caller is, so it runs after auth's.
 */
@Module({
  imports: [TypeOrmModule.forFeature([MaintenanceEntity]), AuthModule, SwitchesModule],
  controllers: [SettingsController, FeaturesController, MaintenanceController, UserRolesController],
  providers: [{ provide: APP_GUARD, useClass: MaintenanceGuard }, MaintenanceMode, UserRolesService],
})
export class AdministrationModule {}
