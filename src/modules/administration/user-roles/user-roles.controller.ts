import { Controller, Delete, Inject, Param, Put } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiConflictResponse,
  ApiForbiddenResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { AuditedTransaction, type AuditedOptions } from '../../../audit/index.js';
import { Roles } from '../../auth/index.js';
import { UserRoleParams, UserRolesView } from './user-role.dto.js';
import { UserRolesService } from './user-roles.service.js';

const USER_ROLE: AuditedOptions = {
  resource: ({ request }) => ({ type: 'user', id: request.params?.id }),
  details: ({ request }) => ({ roleName: request.params?.role }),
};

/** What users may do in the whole application, for administrators. */
@ApiTags('administration')
@ApiBearerAuth()
@ApiForbiddenResponse({ description: 'Not an administrator' })
@ApiNotFoundResponse({ description: 'Nobody has that id' })
@Roles('admin')
@Controller('admin/users/:id/roles/:role')
export class UserRolesController {
  constructor(@Inject(UserRolesService) private readonly roles: UserRolesService) {}

  @Put()
  @AuditedTransaction('role_assignment', USER_ROLE)
  @ApiOperation({ summary: 'Give a user a role' })
  @ApiOkResponse({ type: UserRolesView })
  @ApiConflictResponse({ description: 'The user has the role' })
  assign(@Param() { id, role }: UserRoleParams): Promise<Readonly<UserRolesView>> {
    return this.roles.assign(id, role);
  }

  @Delete()
  @AuditedTransaction('role_revocation', USER_ROLE)
  @ApiOperation({ summary: 'Take a role of a user' })
  @ApiOkResponse({ type: UserRolesView })
  @ApiConflictResponse({ description: 'The user does not have the role, or is the last administrator' })
  revoke(@Param() { id, role }: UserRoleParams): Promise<Readonly<UserRolesView>> {
    return this.roles.revoke(id, role);
  }
}
