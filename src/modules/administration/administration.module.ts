import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuthModule } from '../auth/index.js';
import { AdministrationController } from './administration.controller.js';
import { FeatureEntity, MaintenanceEntity, SettingEntity } from './administration.entities.js';
import { FeatureFlags } from './feature-flags.service.js';
import { MaintenanceMode } from './maintenance-mode.service.js';
import { MaintenanceGuard } from './maintenance.guard.js';
import { Settings } from './settings.service.js';
import { UserRolesService } from './user-roles.service.js';

/** Settings and features, for the modules that read them. */
@Module({
  imports: [TypeOrmModule.forFeature([SettingEntity, FeatureEntity])],
  providers: [Settings, FeatureFlags],
  exports: [Settings, FeatureFlags],
})
export class SwitchesModule {}

/**
 * What administrators decide for the whole application: settings, features, maintenance, and who may do what. Import it
 * after AuthModule in the root module: its guard asks who the caller is, so it runs after auth's.
 */
@Module({
  imports: [TypeOrmModule.forFeature([MaintenanceEntity]), AuthModule, SwitchesModule],
  controllers: [AdministrationController],
  providers: [{ provide: APP_GUARD, useClass: MaintenanceGuard }, MaintenanceMode, UserRolesService],
})
export class AdministrationModule {}
