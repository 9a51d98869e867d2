import { Body, Controller, Delete, Get, Param, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AuditedTransaction, NotAudited, type AuditedOptions } from '../../audit/index.js';
import { Roles } from '../auth/index.js';
import {
  ChangeSettingDto,
  FeatureList,
  FeatureParams,
  FeatureView,
  MaintenanceView,
  SettingList,
  SettingParams,
  SettingView,
  SwitchFeatureDto,
  SwitchMaintenanceDto,
  UserRoleParams,
  UserRolesView,
} from './administration.dto.js';
import { FeatureFlags } from './feature-flags.service.js';
import { MaintenanceMode } from './maintenance-mode.service.js';
import { Settings } from './settings.service.js';
import { UserRolesService } from './user-roles.service.js';

const FEATURE: AuditedOptions = { resource: ({ request }) => ({ type: 'feature', id: request.params?.name }) };
const APPLICATION: AuditedOptions = {
  resource: () => ({ type: 'application' }),
  details: ({ request }) => ({ message: request.body?.message }),
};
const USER_ROLE: AuditedOptions = {
  resource: ({ request }) => ({ type: 'user', id: request.params?.id }),
  details: ({ request }) => ({ roleName: request.params?.role }),
};

/** The call does not switch off: it switches on, or does not say what it wants. */
const switchesOn: NonNullable<AuditedOptions['when']> = ({ request }) => !isOff(request.body?.enabled);
const switchesOff: NonNullable<AuditedOptions['when']> = ({ request }) => isOff(request.body?.enabled);
const isOff = (enabled: unknown): boolean => enabled === false;

/** What administrators decide for the whole application. */
@ApiTags('administration')
@Roles('admin')
@Controller('admin')
export class AdministrationController {
  constructor(
    private readonly settings: Settings,
    private readonly features: FeatureFlags,
    private readonly maintenance: MaintenanceMode,
    private readonly roles: UserRolesService,
  ) {}

  /** Sets a setting, in place of what it was */
  @Put('settings/:key')
  @AuditedTransaction('settings_change', { resource: ({ request }) => ({ type: 'setting', id: request.params?.key }) })
  changeSetting(@Param() { key }: SettingParams, @Body() { value }: ChangeSettingDto): Promise<SettingView> {
    return this.settings.change(key, value);
  }

  /** Lists the settings, without their values */
  @Get('settings')
  @NotAudited('changes nothing')
  async listSettings(): Promise<SettingList> {
    return { items: await this.settings.list() };
  }

  /** Switches a feature on or off */
  @Put('features/:name')
  @AuditedTransaction('feature_enablement', { ...FEATURE, when: switchesOn })
  @AuditedTransaction('feature_disablement', { ...FEATURE, when: switchesOff })
  switchFeature(@Param() { name }: FeatureParams, @Body() { enabled }: SwitchFeatureDto): Promise<FeatureView> {
    return this.features.switch(name, enabled);
  }

  /** Lists the features that somebody switched */
  @Get('features')
  @NotAudited('changes nothing')
  async listFeatures(): Promise<FeatureList> {
    return { items: await this.features.list() };
  }

  /** Serves administrators alone, or everybody again */
  @Put('maintenance')
  @AuditedTransaction('maintenance_mode_enablement', { ...APPLICATION, when: switchesOn })
  @AuditedTransaction('maintenance_mode_disablement', { ...APPLICATION, when: switchesOff })
  switchMaintenance(@Body() { enabled, message }: SwitchMaintenanceDto): Promise<MaintenanceView> {
    return this.maintenance.switch(enabled, message ?? null);
  }

  /** Shows whether the application is under maintenance */
  @Get('maintenance')
  @NotAudited('changes nothing')
  currentMaintenance(): Promise<MaintenanceView> {
    return this.maintenance.current();
  }

  /** Gives a user a role in the whole application */
  @Put('users/:id/roles/:role')
  @AuditedTransaction('role_assignment', USER_ROLE)
  assignRole(@Param() { id, role }: UserRoleParams): Promise<UserRolesView> {
    return this.roles.assign(id, role);
  }

  /** Takes a role of a user; the last administrator stays one */
  @Delete('users/:id/roles/:role')
  @AuditedTransaction('role_revocation', USER_ROLE)
  revokeRole(@Param() { id, role }: UserRoleParams): Promise<UserRolesView> {
    return this.roles.revoke(id, role);
  }
}
