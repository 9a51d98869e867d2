import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { FeatureFlags } from './features/feature-flags.service.js';
import { FeatureEntity } from './features/feature.entity.js';
import { SettingEntity } from './settings/setting.entity.js';
import { Settings } from './settings/settings.service.js';

/** Settings and features, for the modules that read them. */
@Module({
  imports: [TypeOrmModule.forFeature([SettingEntity, FeatureEntity])],
  providers: [Settings, FeatureFlags],
  exports: [Settings, FeatureFlags],
})
export class SwitchesModule {}
