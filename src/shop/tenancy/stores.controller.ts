import { Body, Controller, Delete, Get, HttpCode, Param, ParseUUIDPipe, Post, Put, Query } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { isUUID } from 'class-validator';
import { DataSource } from 'typeorm';
import { uuidv7 } from 'uuidv7';
import { AuditContext, AuditedTransaction, NotAudited, type AuditedOptions } from '../../audit/index.js';
import { Roles, UserStore } from '../auth/index.js';
import { PageQuery } from '../http-input/page.dto.js';
import { RefusedError } from '../http-input/refused.error.js';
import { AdminAuditLogProvider } from './admin-audit-log.provider.js';
import { AssignRoleDto, CreateStoreDto, SetPermissionsDto, StoreRoleParams } from './tenancy.dto.js';
import { MemberEntity, StoreEntity, StoreRoleEntity } from './tenancy.entities.js';

const AUDITED_STORE: AuditedOptions<StoreEntity | undefined> = {
  resource: ({ result }) => ({ type: 'store', id: result?.id }),
  tenantId: ({ result }) => result?.id,
  details: ({ request, result }) => ({ name: result?.name ?? request.body?.name }),
};

const AUDITED_PERMISSIONS: AuditedOptions = {
  resource: ({ request }) => ({ type: 'role', id: request.params?.role }),
  tenantId: ({ request: { params } }) => (isUUID(params?.id) ? params?.id : undefined),
};

const AUDITED_MEMBER: AuditedOptions<MemberEntity | undefined> = {
  resource: ({ request: { body, params }, result }) => ({
    type: 'user',
    id: result?.userId ?? params?.userId ?? body?.userId,
  }),
  tenantId: ({ request: { params }, result }) => result?.storeId ?? (isUUID(params?.id) ? params?.id : undefined),
  details: ({ request: { body, params }, result }) => ({
    roleName: result?.role ?? body?.role,
    storeId: result?.storeId ?? params?.id,
  }),
};

/** Lets administrators manage stores, their roles and their members, and shows the actions of administrators. */
@Roles('admin')
@Controller('admin')
export class StoresController {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly users: UserStore,
    private readonly log: AdminAuditLogProvider,
  ) {}

  /** Creates a store; two stores may have the same name */
  @Post('stores')
  @AuditedTransaction('store_creation', AUDITED_STORE)
  async create(@Body() { name }: CreateStoreDto): Promise<StoreEntity> {
    const store = { id: uuidv7(), name, createdAt: new Date() };
    await this.database.manager.insert(StoreEntity, store);
    return store;
  }

  /** Sets the permissions of a role in the store; they replace the role's previous permissions */
  @Put('stores/:id/roles/:role/permissions')
  @AuditedTransaction('permission_change', AUDITED_PERMISSIONS)
  async setPermissions(
    @Param() { id, role }: StoreRoleParams,
    @Body() { permissions: requested }: SetPermissionsDto,
  ): Promise<StoreRoleEntity> {
    const { manager } = this.database;
    const storeId = await this.lock(id);
    const replaced = await manager.findOneBy(StoreRoleEntity, { storeId, role });
    const changed = { storeId, role, permissions: [...requested].sort(), updatedAt: new Date() };
    await manager.upsert(StoreRoleEntity, changed, ['storeId', 'role']);
    const { permissions } = changed;
    const before = replaced?.permissions ?? [];
    AuditContext.annotate({
      details: { oldPermissions: before, newPermissions: permissions },
      changes: { before: { permissions: before }, after: { permissions } },
    });
    return changed;
  }

  /** Gives a user a role in the store, and replaces the user's previous role */
  @Post('stores/:id/members')
  @AuditedTransaction('role_assignment', AUDITED_MEMBER)
  async assign(@Param('id', ParseUUIDPipe) id: string, @Body() { userId, role }: AssignRoleDto): Promise<MemberEntity> {
    const { manager } = this.database;
    const storeId = await this.lock(id);
    const user = await this.users.findById(userId);
    if (!user) {
      const message = `Cannot find the user ${userId}: no user has that id. Register the user first.`;
      throw new RefusedError(404, 'user_not_found', message);
    }
    const member = await manager.findOneBy(MemberEntity, { storeId, userId: user.id });
    const updatedAt = new Date();
    const changed = { storeId, userId: user.id, role, createdAt: member?.createdAt ?? updatedAt, updatedAt };
    await manager.save(MemberEntity, changed);
    AuditContext.annotate({ changes: { before: { role: member?.role ?? null }, after: { role } } });
    return changed;
  }

  /** Removes a member's role, which ends the membership */
  @Delete('stores/:id/members/:userId')
  @HttpCode(204)
  @AuditedTransaction('role_revocation', AUDITED_MEMBER)
  async revoke(@Param('id', ParseUUIDPipe) id: string, @Param('userId', ParseUUIDPipe) userId: string): Promise<void> {
    const storeId = await this.lock(id);
    const member = await this.database.manager.findOneBy(MemberEntity, { storeId, userId });
    if (!member) {
      const seen = `the user is not a member of the store ${id}. Correct the id of the user.`;
      throw new RefusedError(404, 'member_not_found', `Cannot remove the role of the user ${userId}: ${seen}`);
    }
    const { role } = member;
    await this.database.manager.delete(MemberEntity, { storeId, userId });
    AuditContext.annotate({ details: { roleName: role }, changes: { before: { role }, after: { role: null } } });
  }

  /** Shows the actions of administrators, newest first */
  @Get('audit-log')
  @NotAudited('changes nothing')
  async readLog(@Query() { limit, before }: PageQuery): Promise<{ items: readonly object[] }> {
    return { items: await this.log.newest(limit, before) };
  }

  /**
   * Locks the members and roles of a store until the transaction ends, so that each change sees the values that it replaces. Resolves with the
   * store's id as the database spells it.
   */
  private async lock(id: string): Promise<string> {
    const lock = { mode: 'pessimistic_write' } as const;
    const store = await this.database.manager.findOne(StoreEntity, { where: { id }, lock });
    if (store) return store.id;
    const message = `Cannot find the store ${id}: no store has that id. Correct the id.`;
    throw new RefusedError(404, 'store_not_found', message);
  }
}
