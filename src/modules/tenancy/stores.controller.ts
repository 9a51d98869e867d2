import { Body, Controller, Delete, Get, HttpCode, Param, ParseUUIDPipe, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { isUUID } from 'class-validator';
import { AuditedTransaction, NotAudited, type AuditedOptions } from '../../audit/index.js';
import { Roles } from '../auth/index.js';
import { MembersService } from './members.service.js';
import { StoresService } from './stores.service.js';
import {
  AssignRoleDto,
  CreateStoreDto,
  MemberList,
  MemberView,
  SetPermissionsDto,
  StoreList,
  StoreRoleList,
  StoreRoleParams,
  StoreRoleView,
  StoreView,
} from './tenancy.dto.js';

/** The event of a store's creation. Before there is a store, it has a name at most. */
const AUDITED_STORE: AuditedOptions<StoreView | undefined> = {
  resource: ({ result }) => ({ type: 'store', id: result?.id }),
  tenantId: ({ result }) => result?.id,
  details: ({ request, result }) => ({ name: result?.name ?? request.body?.name }),
};

/** The event of a role's assignment: by its result, or before there is one by what was asked for. */
const AUDITED_ASSIGNMENT: AuditedOptions<MemberView | undefined> = {
  resource: ({ request, result }) => ({ type: 'user', id: result?.userId ?? request.body?.userId }),
  tenantId: ({ request, result }) => result?.storeId ?? storeOf(request),
  details: ({ request, result }) => ({
    roleName: result?.role ?? request.body?.role,
    storeId: result?.storeId ?? request.params?.id,
  }),
};

/** The event of a role's revocation; the role comes from the service, which knows it. */
const AUDITED_REVOCATION: AuditedOptions = {
  resource: ({ request }) => ({ type: 'user', id: request.params?.userId }),
  tenantId: ({ request }) => storeOf(request),
  details: ({ request }) => ({ storeId: request.params?.id }),
};

/** The event of a change of a role's permissions; which they are comes from the service. */
const AUDITED_PERMISSIONS: AuditedOptions = {
  resource: ({ request }) => ({ type: 'role', id: request.params?.role }),
  tenantId: ({ request }) => storeOf(request),
};

/** A store in the request's path; whatever else a client writes there is no tenant. */
function storeOf({ params }: { readonly params?: Readonly<Record<string, string>> }): string | undefined {
  return isUUID(params?.id) ? params?.id : undefined;
}

/** The stores, their members and roles, for administrators. */
@ApiTags('administration')
@Roles('admin')
@Controller('admin/stores')
export class StoresController {
  constructor(
    private readonly stores: StoresService,
    private readonly members: MembersService,
  ) {}

  /** Creates a store */
  @Post()
  @AuditedTransaction('store_creation', AUDITED_STORE)
  create(@Body() { name }: CreateStoreDto): Promise<StoreView> {
    return this.stores.create(name);
  }

  /** Lists the stores, oldest first */
  @Get()
  @NotAudited('changes nothing')
  async list(): Promise<StoreList> {
    return { items: await this.stores.list() };
  }

  /** Gives a user a role in the store, in place of the one before */
  @Post(':id/members')
  @AuditedTransaction('role_assignment', AUDITED_ASSIGNMENT)
  assign(@Param('id', ParseUUIDPipe) storeId: string, @Body() assignment: AssignRoleDto): Promise<MemberView> {
    return this.members.assign(storeId, assignment);
  }

  /** Takes a member's role, and with it the membership */
  @Delete(':id/members/:userId')
  @HttpCode(204)
  @AuditedTransaction('role_revocation', AUDITED_REVOCATION)
  revoke(@Param('id', ParseUUIDPipe) storeId: string, @Param('userId', ParseUUIDPipe) userId: string): Promise<void> {
    return this.members.revoke(storeId, userId);
  }

  /** Lists the store's members */
  @Get(':id/members')
  @NotAudited('changes nothing')
  async listMembers(@Param('id', ParseUUIDPipe) storeId: string): Promise<MemberList> {
    return { items: await this.members.list(storeId) };
  }

  /** Gives a role of the store these permissions, in place of those it had */
  @Put(':id/roles/:role/permissions')
  @AuditedTransaction('permission_change', AUDITED_PERMISSIONS)
  setPermissions(
    @Param() { id, role }: StoreRoleParams,
    @Body() { permissions }: SetPermissionsDto,
  ): Promise<StoreRoleView> {
    return this.stores.setPermissions(id, role, permissions);
  }

  /** Lists the roles of the store that may do something */
  @Get(':id/roles')
  @NotAudited('changes nothing')
  async listRoles(@Param('id', ParseUUIDPipe) storeId: string): Promise<StoreRoleList> {
    return { items: await this.stores.listRoles(storeId) };
  }
}
