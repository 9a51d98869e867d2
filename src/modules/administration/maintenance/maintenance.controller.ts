import { Body, Controller, Get, Inject, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiForbiddenResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AuditedTransaction, NotAudited, type AuditedOptions } from '../../../audit/index.js';
import { Roles } from '../../auth/index.js';
import { switchesOff, switchesOn } from '../audited-switch.js';
import { MaintenanceMode } from './maintenance-mode.service.js';
import { MaintenanceView, SwitchMaintenanceDto } from './maintenance.dto.js';

const APPLICATION: AuditedOptions = {
  resource: () => ({ type: 'application' }),
  details: ({ request }) => ({ message: request.body?.message }),
};

/** The maintenance mode, for administrators. */
@ApiTags('administration')
@ApiBearerAuth()
@ApiForbiddenResponse({ description: 'Not an administrator' })
@Roles('admin')
@Controller('admin/maintenance')
export class MaintenanceController {
  constructor(@Inject(MaintenanceMode) private readonly mode: MaintenanceMode) {}

  @Put()
  @AuditedTransaction('maintenance_mode_enablement', { ...APPLICATION, when: switchesOn })
  @AuditedTransaction('maintenance_mode_disablement', { ...APPLICATION, when: switchesOff })
  @ApiOperation({ summary: 'Serve administrators alone, or everybody again' })
  @ApiOkResponse({ type: MaintenanceView })
  switch(@Body() { enabled, message }: SwitchMaintenanceDto): Promise<Readonly<MaintenanceView>> {
    return this.mode.switch(enabled, message ?? null);
  }

  @Get()
  @NotAudited('changes nothing')
  @ApiOperation({ summary: 'Show whether the application is under maintenance' })
  @ApiOkResponse({ type: MaintenanceView })
  current(): Promise<Readonly<MaintenanceView>> {
    return this.mode.current();
  }
}
