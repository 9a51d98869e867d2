import { Body, Controller, Get, Inject, Param, ParseUUIDPipe, Post } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiForbiddenResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { Audited, NotAudited } from '../../audit/index.js';
import { Roles } from '../auth/index.js';
import { AUDITED_ASSIGNMENT } from './audited-tenancy.js';
import { AssignRoleDto } from './dto/assign-role.dto.js';
import { MemberList, MemberView } from './dto/store.responses.js';
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
  @Audited('role_assignment', AUDITED_ASSIGNMENT)
  @ApiOperation({ summary: 'Give a user a role in the store, in place of the one before' })
  @ApiCreatedResponse({ type: MemberView })
  assign(
    @Param('id', ParseUUIDPipe) storeId: string,
    @Body() assignment: AssignRoleDto,
  ): Promise<Readonly<MemberView>> {
    return this.members.assign(storeId, assignment);
  }

  @Get()
  @NotAudited('changes nothing')
  @ApiOperation({ summary: "List the store's members" })
  @ApiOkResponse({ type: MemberList })
  async list(@Param('id', ParseUUIDPipe) storeId: string): Promise<Readonly<MemberList>> {
    return { items: await this.members.list(storeId) };
  }
}
