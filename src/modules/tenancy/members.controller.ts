import { Body, Controller, Delete, Get, HttpCode, Inject, Param, ParseUUIDPipe, Post } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiForbiddenResponse,
  ApiNoContentResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { AuditedTransaction, NotAudited } from '../../audit/index.js';
import { Roles } from '../auth/index.js';
import { AUDITED_ASSIGNMENT, AUDITED_REVOCATION } from './audited-tenancy.js';
import { AssignRoleDto } from './dto/assign-role.dto.js';
import { MemberList, MemberView } from './dto/store.dto.js';
import { MembersService } from './members.service.js';

/** The members of a store and their roles, for administrators. */
@ApiTags('administration')
@ApiBearerAuth()
@ApiForbiddenResponse({ description: 'Not an administrator' })
@ApiNotFoundResponse()
@Roles('admin')
@Controller('admin/stores/:id/members')
export class MembersController {
  constructor(@Inject(MembersService) private readonly members: MembersService) {}

  @Post()
  @AuditedTransaction('role_assignment', AUDITED_ASSIGNMENT)
  @ApiOperation({ summary: 'Give a user a role in the store, in place of the one before' })
  @ApiCreatedResponse({ type: MemberView })
  assign(
    @Param('id', ParseUUIDPipe) storeId: string,
    @Body() assignment: AssignRoleDto,
  ): Promise<Readonly<MemberView>> {
    return this.members.assign(storeId, assignment);
  }

  @Delete(':userId')
  @HttpCode(204)
  @AuditedTransaction('role_revocation', AUDITED_REVOCATION)
  @ApiOperation({ summary: "Take a member's role, and with it the membership" })
  @ApiNoContentResponse()
  revoke(@Param('id', ParseUUIDPipe) storeId: string, @Param('userId', ParseUUIDPipe) userId: string): Promise<void> {
    return this.members.revoke(storeId, userId);
  }

  @Get()
  @NotAudited('changes nothing')
  @ApiOperation({ summary: "List the store's members" })
  @ApiOkResponse({ type: MemberList })
  async list(@Param('id', ParseUUIDPipe) storeId: string): Promise<Readonly<MemberList>> {
    return { items: await this.members.list(storeId) };
  }
}
