import { Body, Controller, Delete, HttpCode, Param, ParseUUIDPipe, Patch } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditContext, AuditedTransaction } from '../../audit/index.js';
import { RefusedError } from '../http-input/refused.error.js';
import { sessionRequired } from './access.error.js';
import { CurrentUser, Roles } from './access.guard.js';
import { lockAdministrators } from './accounts.service.js';
import { UserUpdateDto } from './auth.dto.js';
import { Sessions } from './sessions.service.js';
import { UserEntity, type AuthenticatedUser } from './user.entity.js';

/** Lets administrators change and remove accounts. */
@Roles('admin')
@Controller('admin/users')
export class UsersController {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly sessions: Sessions,
  ) {}

  /** Changes an account's name, roles or activity; your own only in a session, and without removing your rights. An inactive account has no session */
  @Patch(':id')
  @AuditedTransaction('user_update')
  async update(
    @CurrentUser() { id: by, sessionId }: AuthenticatedUser,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() { name, roles, active }: UserUpdateDto,
  ): Promise<Pick<UserEntity, 'id' | 'name' | 'roles' | 'active'>> {
    const before = await this.find(id);
    if (by === id && sessionId === undefined) throw sessionRequired();
    if (roles?.includes('admin') === false || active === false) await this.requireOther(by, id);
    const after = { name: name ?? before.name, roles: roles ?? before.roles, active: active ?? before.active };
    const { name: oldName, roles: oldRoles, active: wasActive } = before;
    AuditContext.annotate({ changes: { before: { name: oldName, roles: oldRoles, active: wasActive }, after } });
    await this.dataSource.manager.update(UserEntity, { id }, after);
    if (!after.active) await this.sessions.closeAll(id);
    return { id, ...after };
  }

  /** Removes an account other than your own, with its sessions, keys and security log */
  @Delete(':id')
  @HttpCode(204)
  @AuditedTransaction('user_deletion')
  async remove(@CurrentUser() { id: by }: AuthenticatedUser, @Param('id', ParseUUIDPipe) id: string): Promise<void> {
    await this.find(id);
    await this.requireOther(by, id);
    await this.dataSource.manager.delete(UserEntity, { id });
  }

  private async find(id: string): Promise<UserEntity> {
    AuditContext.annotate({ resource: { type: 'user', id } });
    const user = await this.dataSource.manager.findOneBy(UserEntity, { id });
    if (user) return user;
    throw new RefusedError(
      404,
      'user_not_found',
      `Cannot find the account ${id}: no account has that id. Correct the id.`,
    );
  }

  private async requireOther(by: string, id: string): Promise<void> {
    if (by === id) {
      const seen = 'only another administrator can undo it. Ask another administrator.';
      throw new RefusedError(409, 'own_account', `Cannot do this to your own account: ${seen}`);
    }
    await lockAdministrators(id, this.dataSource.manager);
  }
}
