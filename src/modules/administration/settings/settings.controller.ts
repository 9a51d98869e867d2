import { Body, Controller, Get, Inject, Param, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiForbiddenResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AuditedTransaction, NotAudited } from '../../../audit/index.js';
import { Roles } from '../../auth/index.js';
import { ChangeSettingDto, SettingList, SettingParams, SettingView } from './setting.dto.js';
import { Settings } from './settings.service.js';

/** The settings of the whole application, for administrators. */
@ApiTags('administration')
@ApiBearerAuth()
@ApiForbiddenResponse({ description: 'Not an administrator' })
@Roles('admin')
@Controller('admin/settings')
export class SettingsController {
  constructor(@Inject(Settings) private readonly settings: Settings) {}

  @Put(':key')
  @AuditedTransaction('settings_change', { resource: ({ request }) => ({ type: 'setting', id: request.params?.key }) })
  @ApiOperation({ summary: 'Set a setting, in place of what it was' })
  @ApiOkResponse({ type: SettingView })
  change(@Param() { key }: SettingParams, @Body() { value }: ChangeSettingDto): Promise<Readonly<SettingView>> {
    return this.settings.change(key, value);
  }

  @Get()
  @NotAudited('changes nothing')
  @ApiOperation({ summary: 'List the settings, without their values' })
  @ApiOkResponse({ type: SettingList })
  async list(): Promise<Readonly<SettingList>> {
    return { items: await this.settings.list() };
  }
}
