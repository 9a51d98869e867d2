import { Body, Controller, Delete, Get, HttpCode, Param, ParseUUIDPipe, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { InjectDataSource } from '@nestjs/typeorm';
import { isUUID } from 'class-validator';
import { DataSource } from 'typeorm';
import { AuditContext, AuditedTransaction, NotAudited, type AuditedOptions } from '../../audit/index.js';
import { RefusedError } from '../http-input/refused.error.js';
import { Roles, UserStore } from '../auth/index.js';
import { StoreDirectory } from './store-directory.service.js';
import { AssignRoleDto, MemberList } from './tenancy.dto.js';
import { MemberEntity } from './tenancy.entities.js';

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

/** Lets administrators manage the members of stores. */
@ApiTags('administration')
@Roles('admin')
@Controller('admin/stores/:id/members')
export class MembersController {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly users: UserStore,
    private readonly stores: StoreDirectory,
  ) {}

  /** Gives a user a role in the store, and replaces the user's previous role */
  @Post()
  @AuditedTransaction('role_assignment', AUDITED_MEMBER)
  async assign(@Param('id', ParseUUIDPipe) id: string, @Body() { userId, role }: AssignRoleDto): Promise<MemberEntity> {
    const { manager } = this.database;
    const storeId = await this.stores.lock(id);
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
  @Delete(':userId')
  @HttpCode(204)
  @AuditedTransaction('role_revocation', AUDITED_MEMBER)
  async revoke(@Param('id', ParseUUIDPipe) id: string, @Param('userId', ParseUUIDPipe) userId: string): Promise<void> {
    const storeId = await this.stores.lock(id);
    const member = await this.database.manager.findOneBy(MemberEntity, { storeId, userId });
    if (!member) {
      const seen = `the user is not a member of the store ${id}`;
      const message = `Cannot remove the role of the user ${userId}: ${seen}. GET /admin/stores/${id}/members lists the members.`;
      throw new RefusedError(404, 'member_not_found', message);
    }
    const { role } = member;
    await this.database.manager.delete(MemberEntity, { storeId, userId });
    AuditContext.annotate({ details: { roleName: role }, changes: { before: { role }, after: { role: null } } });
  }

  /** Lists the store's members */
  @Get()
  @NotAudited('changes nothing')
  async list(@Param('id', ParseUUIDPipe) storeId: string): Promise<MemberList> {
    await this.stores.require(storeId);
    return { items: await this.database.manager.find(MemberEntity, { where: { storeId }, order: { userId: 'ASC' } }) };
  }
}
