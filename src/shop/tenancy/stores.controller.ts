import { Body, Controller, Get, Param, ParseUUIDPipe, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { InjectDataSource } from '@nestjs/typeorm';
import { isUUID } from 'class-validator';
import { DataSource } from 'typeorm';
import { uuidv7 } from 'uuidv7';
import { AuditContext, AuditedTransaction, NotAudited, type AuditedOptions } from '../../audit/index.js';
import { PageQuery } from '../http-input/page.dto.js';
import { Roles } from '../auth/index.js';
import { AdminAuditLogProvider } from './admin-audit-log.provider.js';
import { StoreDirectory } from './store-directory.service.js';
import {
  AdminLog,
  CreateStoreDto,
  SetPermissionsDto,
  StoreList,
  StoreRoleList,
  StoreRoleParams,
} from './tenancy.dto.js';
import { StoreEntity, StoreRoleEntity } from './tenancy.entities.js';

const AUDITED_STORE: AuditedOptions<StoreEntity | undefined> = {
  resource: ({ result }) => ({ type: 'store', id: result?.id }),
  tenantId: ({ result }) => result?.id,
  details: ({ request, result }) => ({ name: result?.name ?? request.body?.name }),
};

const AUDITED_PERMISSIONS: AuditedOptions = {
  resource: ({ request }) => ({ type: 'role', id: request.params?.role }),
  tenantId: ({ request: { params } }) => (isUUID(params?.id) ? params?.id : undefined),
};

/** Lets administrators manage stores and their roles, and shows the actions of administrators. */
@ApiTags('administration')
@Roles('admin')
@Controller('admin')
export class StoresController {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly stores: StoreDirectory,
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

  /** Lists the stores, oldest first */
  @Get('stores')
  @NotAudited('changes nothing')
  async list(): Promise<StoreList> {
    return { items: await this.database.manager.find(StoreEntity, { order: { id: 'ASC' } }) };
  }

  /** Sets the permissions of a role in the store; they replace the role's previous permissions */
  @Put('stores/:id/roles/:role/permissions')
  @AuditedTransaction('permission_change', AUDITED_PERMISSIONS)
  async setPermissions(
    @Param() { id, role }: StoreRoleParams,
    @Body() { permissions: wanted }: SetPermissionsDto,
  ): Promise<StoreRoleEntity> {
    const { manager } = this.database;
    const storeId = await this.stores.lock(id);
    const replaced = await manager.findOneBy(StoreRoleEntity, { storeId, role });
    const changed = { storeId, role, permissions: [...wanted].sort(), updatedAt: new Date() };
    await manager.upsert(StoreRoleEntity, changed, ['storeId', 'role']);
    const { permissions } = changed;
    const before = replaced?.permissions ?? [];
    AuditContext.annotate({
      details: { oldPermissions: before, newPermissions: permissions },
      changes: { before: { permissions: before }, after: { permissions } },
    });
    return changed;
  }

  /** Lists those roles of the store that have any permission */
  @Get('stores/:id/roles')
  @NotAudited('changes nothing')
  async listRoles(@Param('id', ParseUUIDPipe) storeId: string): Promise<StoreRoleList> {
    await this.stores.require(storeId);
    return { items: await this.database.manager.find(StoreRoleEntity, { where: { storeId }, order: { role: 'ASC' } }) };
  }

  /** Shows the actions of administrators, newest first */
  @Get('audit-log')
  @NotAudited('changes nothing')
  async readLog(@Query() { limit, before }: PageQuery): Promise<AdminLog> {
    return { items: await this.log.newest(limit, before) };
  }
}
