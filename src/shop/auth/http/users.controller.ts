import { Body, Controller, Delete, Get, HttpCode, Param, ParseUUIDPipe, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, LessThan } from 'typeorm';
import { AuditContext, AuditedTransaction } from '../../../audit/index.js';
import { PageQuery } from '../../http-input/page.dto.js';
import { RefusedError } from '../../http-input/refused.error.js';
import { Roles } from '../access/access.decorators.js';
import { sessionRequired } from '../access/access.error.js';
import { CurrentUser, type AuthenticatedUser } from '../access/authenticated-user.js';
import { alreadyDone } from '../account.error.js';
import { Registration } from '../accounts/registration.service.js';
import { UserEntity } from '../accounts/user.entity.js';
import { lockAdministrators } from '../accounts/user-store.service.js';
import { Sessions } from '../sessions/sessions.service.js';
import { UserCreationDto, UserListView, UserUpdateDto, UserView } from './auth.dto.js';

/** Lets administrators manage accounts. */
@ApiTags('administration')
@Roles('admin')
@Controller('admin/users')
export class UsersController {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly registration: Registration,
    private readonly sessions: Sessions,
  ) {}

  /** Lists the accounts, newest first */
  @Get()
  async list(@Query() { limit, before }: PageQuery): Promise<UserListView> {
    const where = before === undefined ? {} : { id: LessThan(before) };
    const users = await this.dataSource.manager.find(UserEntity, { where, order: { id: 'DESC' }, take: limit });
    return { items: users.map(viewOf) };
  }

  /** Shows an account */
  @Get(':id')
  async show(@Param('id', ParseUUIDPipe) id: string): Promise<UserView> {
    return viewOf(await this.find(id));
  }

  /** Makes an account */
  @Post()
  @AuditedTransaction('user_creation')
  async create(@Body() { email, name, password, roles }: UserCreationDto): Promise<UserView> {
    AuditContext.annotate({ details: { email, roles } });
    const { id } = await this.registration.add({ email, name, roles }, password);
    return this.show(id);
  }

  /** Changes an account's name or roles; your own only in a session, and without removing your administrator role */
  @Patch(':id')
  @AuditedTransaction('user_update')
  async update(
    @CurrentUser() { id: by, sessionId }: AuthenticatedUser,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() { name, roles }: UserUpdateDto,
  ): Promise<UserView> {
    const before = await this.find(id);
    if (by === id && sessionId === undefined) throw sessionRequired();
    if (roles?.includes('admin') === false) await this.requireOther(by, id);
    const after = { name: name ?? before.name, roles: roles ?? before.roles };
    AuditContext.annotate({ changes: { before: { name: before.name, roles: before.roles }, after } });
    await this.dataSource.manager.update(UserEntity, { id }, after);
    return viewOf(Object.assign(before, after));
  }

  /** Activates an account */
  @Post(':id/activate')
  @HttpCode(200)
  @AuditedTransaction('user_activation')
  async activate(@Param('id', ParseUUIDPipe) id: string): Promise<UserView> {
    return this.setActive(await this.find(id), true);
  }

  /** Closes the sessions of an account other than your own, and prevents new log-ins */
  @Post(':id/deactivate')
  @HttpCode(200)
  @AuditedTransaction('user_deactivation')
  async deactivate(
    @CurrentUser() { id: by }: AuthenticatedUser,
    @Param('id', ParseUUIDPipe) id: string,
  ): Promise<UserView> {
    const view = await this.setActive(await this.requireOther(by, id), false);
    await this.sessions.revokeAll(id, { revokedBy: 'admin', reason: 'account_deactivation' });
    return view;
  }

  /** Removes an account other than your own, with its sessions, keys and security log */
  @Delete(':id')
  @HttpCode(204)
  @AuditedTransaction('user_deletion')
  async remove(@CurrentUser() { id: by }: AuthenticatedUser, @Param('id', ParseUUIDPipe) id: string): Promise<void> {
    await this.requireOther(by, id);
    await this.dataSource.manager.delete(UserEntity, { id });
  }

  private async setActive(user: UserEntity, active: boolean): Promise<UserView> {
    if (user.active === active) {
      const state = active ? 'active' : 'inactive';
      throw alreadyDone(`already_${state}`, `the account is ${state}`);
    }
    await this.dataSource.manager.update(UserEntity, { id: user.id }, { active });
    AuditContext.annotate({ changes: { before: { active: user.active }, after: { active } } });
    return viewOf(Object.assign(user, { active }));
  }

  private async find(id: string): Promise<UserEntity> {
    AuditContext.annotate({ resource: { type: 'user', id } });
    const user = await this.dataSource.manager.findOneBy(UserEntity, { id });
    if (user) return user;
    const message = `Cannot find the account ${id}: no account has that id. GET /admin/users lists them.`;
    throw new RefusedError(404, 'user_not_found', message);
  }

  private async requireOther(by: string, id: string): Promise<UserEntity> {
    AuditContext.annotate({ resource: { type: 'user', id } });
    if (by === id) {
      const seen = 'only another administrator can undo it. Ask another administrator.';
      throw new RefusedError(409, 'own_account', `Cannot do this to your own account: ${seen}`);
    }
    await lockAdministrators(id, this.dataSource.manager);
    return this.find(id);
  }
}

function viewOf(user: UserEntity): UserView {
  const { id, email, name, roles, active, createdAt } = user;
  return { id, email, name, roles, active, createdAt };
}
