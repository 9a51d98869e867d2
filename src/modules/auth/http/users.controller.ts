import { Body, Controller, Delete, Get, HttpCode, Param, ParseUUIDPipe, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AuditedTransaction } from '../../../audit/index.js';
import { PageQuery } from '../../../http-input/page.dto.js';
import { Roles } from '../access/access.decorators.js';
import { CurrentUser, type AuthenticatedUser } from '../access/authenticated-user.js';
import type { UserEntity } from '../accounts/user.entity.js';
import { Users } from '../accounts/users.service.js';
import { UserCreationDto, UserListView, UserUpdateDto, UserView } from './auth.dto.js';

/** The accounts of others, for administrators. */
@ApiTags('administration')
@Roles('admin')
@Controller('admin/users')
export class UsersController {
  constructor(private readonly users: Users) {}

  /** Lists the accounts, newest first */
  @Get()
  async list(@Query() { limit, before }: PageQuery): Promise<UserListView> {
    const users = await this.users.list(limit, before);
    return { items: users.map(viewOf) };
  }

  /** Shows an account */
  @Get(':id')
  async show(@Param('id', ParseUUIDPipe) id: string): Promise<UserView> {
    return viewOf(await this.users.find(id));
  }

  /** Makes an account whose owner must change the password first */
  @Post()
  @AuditedTransaction('user_creation')
  async create(@Body() request: UserCreationDto): Promise<UserView> {
    return viewOf(await this.users.create(request));
  }

  /** Changes an account's name or roles; administrators cannot take the role from themselves */
  @Patch(':id')
  @AuditedTransaction('user_update')
  async update(
    @CurrentUser() { id: by }: AuthenticatedUser,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() request: UserUpdateDto,
  ): Promise<UserView> {
    return viewOf(await this.users.update(by, id, request));
  }

  /** Lets an account be used again */
  @Post(':id/activate')
  @HttpCode(200)
  @AuditedTransaction('user_activation')
  async activate(@Param('id', ParseUUIDPipe) id: string): Promise<UserView> {
    return viewOf(await this.users.activate(id));
  }

  /** Closes the sessions of an account other than the own one, and lets it open none */
  @Post(':id/deactivate')
  @HttpCode(200)
  @AuditedTransaction('user_deactivation')
  async deactivate(
    @CurrentUser() { id: by }: AuthenticatedUser,
    @Param('id', ParseUUIDPipe) id: string,
  ): Promise<UserView> {
    return viewOf(await this.users.deactivate(by, id));
  }

  /** Removes an account other than the own one, with its sessions, keys and security log */
  @Delete(':id')
  @HttpCode(204)
  @AuditedTransaction('user_deletion')
  remove(@CurrentUser() { id: by }: AuthenticatedUser, @Param('id', ParseUUIDPipe) id: string): Promise<void> {
    return this.users.remove(by, id);
  }
}

function viewOf({ id, email, name, roles, active, emailVerifiedAt, createdAt }: UserEntity): UserView {
  return { id, email, name, roles, active, emailVerified: emailVerifiedAt !== null, createdAt };
}
