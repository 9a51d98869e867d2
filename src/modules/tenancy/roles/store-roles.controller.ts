import { Body, Controller, Get, Inject, Param, ParseUUIDPipe, Put } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiForbiddenResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { AuditedTransaction, NotAudited } from '../../../audit/index.js';
import { Roles } from '../../auth/index.js';
import { AUDITED_PERMISSIONS } from '../audited-tenancy.js';
import { SetPermissionsDto, StoreRoleList, StoreRoleParams, StoreRoleView } from './store-role.dto.js';
import { StoreRolesService } from './store-roles.service.js';

/** What the roles of a store may do, for administrators. */
@ApiTags('administration')
@ApiBearerAuth()
@ApiForbiddenResponse({ description: 'Not an administrator' })
@ApiNotFoundResponse()
@Roles('admin')
@Controller('admin/stores/:id/roles')
export class StoreRolesController {
  constructor(@Inject(StoreRolesService) private readonly roles: StoreRolesService) {}

  @Put(':role/permissions')
  @AuditedTransaction('permission_change', AUDITED_PERMISSIONS)
  @ApiOperation({ summary: 'Give a role of the store these permissions, in place of those it had' })
  @ApiOkResponse({ type: StoreRoleView })
  setPermissions(
    @Param() { id, role }: StoreRoleParams,
    @Body() { permissions }: SetPermissionsDto,
  ): Promise<Readonly<StoreRoleView>> {
    return this.roles.setPermissions(id, role, permissions);
  }

  @Get()
  @NotAudited('changes nothing')
  @ApiOperation({ summary: 'List the roles of the store that may do something' })
  @ApiOkResponse({ type: StoreRoleList })
  async list(@Param('id', ParseUUIDPipe) storeId: string): Promise<Readonly<StoreRoleList>> {
    return { items: await this.roles.list(storeId) };
  }
}
