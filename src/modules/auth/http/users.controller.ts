import { Body, Controller, Delete, Get, HttpCode, Param, ParseUUIDPipe, Patch, Post, Query } from '@nestjs/common';
import {
  ApiBadRequestResponse,
  ApiBearerAuth,
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiForbiddenResponse,
  ApiNoContentResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { AuditedTransaction } from '../../../audit/index.js';
import { Roles } from '../access/access.decorators.js';
import type { AuthenticatedUser } from '../access/authenticated-user.js';
import { CurrentUser } from '../access/current-user.decorator.js';
import type { UserEntity } from '../accounts/user.entity.js';
import { UserAdministration } from '../users/user-administration.service.js';
import { UserListView, UserView } from './account-views.dto.js';
import { UserCreationDto, UserPageQuery, UserUpdateDto } from './user-administration.dto.js';

/** The accounts of others, for administrators. */
@ApiTags('administration')
@ApiBearerAuth()
@ApiForbiddenResponse({ description: 'Not an administrator' })
@Roles('admin')
@Controller('admin/users')
export class UsersController {
  constructor(private readonly users: UserAdministration) {}

  @Get()
  @ApiOperation({ summary: 'A page of the accounts, newest first' })
  @ApiOkResponse({ type: UserListView })
  async list(@Query() { limit, before }: UserPageQuery): Promise<Readonly<UserListView>> {
    const users = await this.users.list(limit, before);
    return { items: users.map(viewOf) };
  }

  @Get(':id')
  @ApiOperation({ summary: 'An account' })
  @ApiOkResponse({ type: UserView })
  @ApiNotFoundResponse()
  async show(@Param('id', ParseUUIDPipe) id: string): Promise<Readonly<UserView>> {
    return viewOf(await this.users.find(id));
  }

  @Post()
  @AuditedTransaction('user_creation')
  @ApiOperation({ summary: 'Make an account whose owner must change the password first' })
  @ApiCreatedResponse({ type: UserView })
  @ApiBadRequestResponse({ description: 'The body is not valid.' })
  @ApiConflictResponse({ description: 'The e-mail address has an account.' })
  async create(@Body() request: UserCreationDto): Promise<Readonly<UserView>> {
    return viewOf(await this.users.create(request));
  }

  @Patch(':id')
  @AuditedTransaction('user_update')
  @ApiOperation({ summary: "Change an account's name or roles" })
  @ApiOkResponse({ type: UserView })
  @ApiBadRequestResponse({ description: 'The body is not valid.' })
  @ApiNotFoundResponse()
  @ApiConflictResponse({ description: 'Administrators cannot take the role from themselves.' })
  async update(
    @CurrentUser() { id: by }: AuthenticatedUser,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() request: UserUpdateDto,
  ): Promise<Readonly<UserView>> {
    return viewOf(await this.users.update(by, id, request));
  }

  @Post(':id/activate')
  @HttpCode(200)
  @AuditedTransaction('user_activation')
  @ApiOperation({ summary: 'Let an account be used again' })
  @ApiOkResponse({ type: UserView })
  @ApiNotFoundResponse()
  @ApiConflictResponse({ description: 'It is active already.' })
  async activate(@Param('id', ParseUUIDPipe) id: string): Promise<Readonly<UserView>> {
    return viewOf(await this.users.activate(id));
  }

  @Post(':id/deactivate')
  @HttpCode(200)
  @AuditedTransaction('user_deactivation')
  @ApiOperation({ summary: 'Close the sessions of an account, and let it open none' })
  @ApiOkResponse({ type: UserView })
  @ApiNotFoundResponse()
  @ApiConflictResponse({ description: 'It is not active, or it is the own one.' })
  async deactivate(
    @CurrentUser() { id: by }: AuthenticatedUser,
    @Param('id', ParseUUIDPipe) id: string,
  ): Promise<Readonly<UserView>> {
    return viewOf(await this.users.deactivate(by, id));
  }

  @Delete(':id')
  @HttpCode(204)
  @AuditedTransaction('user_deletion')
  @ApiOperation({ summary: 'Remove an account, with its sessions, keys and security log' })
  @ApiNoContentResponse()
  @ApiNotFoundResponse()
  @ApiConflictResponse({ description: 'It is the own one.' })
  remove(@CurrentUser() { id: by }: AuthenticatedUser, @Param('id', ParseUUIDPipe) id: string): Promise<void> {
    return this.users.remove(by, id);
  }
}

function viewOf({ id, email, name, roles, active, emailVerifiedAt, createdAt }: UserEntity): Readonly<UserView> {
  return {
    id,
    email,
    name,
    roles,
    active,
    emailVerified: emailVerifiedAt !== null,
    createdAt: createdAt.toISOString(),
  };
}
