import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Param,
  ParseUUIDPipe,
  Patch,
  Post,
  Query,
} from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditContext, AuditedTransaction } from '../../../audit/index.js';
import { PageQuery } from '../../http-input/page.dto.js';
import { RefusedError } from '../../http-input/refused.error.js';
import { Public, RateLimited, SessionOnly } from '../access/access.decorators.js';
import { CurrentUser, type AuthenticatedUser, type SessionUser } from '../access/authenticated-user.js';
import { Registration } from '../accounts/registration.service.js';
import { noteAccount, UserEntity } from '../accounts/user.entity.js';
import { ApiKeyStore } from '../api-keys/api-key-store.service.js';
import { SecurityLogProvider } from '../security-log/security-log.provider.js';
import { Sessions } from '../sessions/sessions.service.js';
import {
  ApiKeyListView,
  CreatedApiKeyView,
  CurrentUserView,
  NameDto,
  RegisteredUserView,
  RegistrationDto,
  SecurityLogView,
  SessionListView,
} from './auth.dto.js';

/**
 * Shows and changes the caller's account, security log, sessions and API keys. A request with an API key can only show the account and the
 * security log.
 */
@ApiTags('auth')
@SessionOnly()
@Controller('auth')
export class OwnAccountController {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly registration: Registration,
    private readonly sessions: Sessions,
    private readonly keys: ApiKeyStore,
    private readonly log: SecurityLogProvider,
  ) {}

  /** Makes an account */
  @Post('register')
  @Public()
  @RateLimited()
  @AuditedTransaction('user_registration')
  async register(@Body() { email, name, password }: RegistrationDto): Promise<RegisteredUserView> {
    AuditContext.annotate({ details: { email, registrationMethod: 'email' } });
    const { id } = await this.registration.add({ email, name, roles: ['user'] }, password);
    noteAccount({ id, name });
    return { id, email };
  }

  /** Shows the account to which the access token belongs */
  @Get('me')
  @SessionOnly(false)
  me(@CurrentUser() { id, email, name, roles }: AuthenticatedUser): CurrentUserView {
    return { id, email, name, roles: [...roles] };
  }

  /** Changes your own profile */
  @Patch('me')
  @AuditedTransaction('user_profile_update')
  async rename(@CurrentUser() user: AuthenticatedUser, @Body() { name }: NameDto): Promise<CurrentUserView> {
    AuditContext.annotate({ resource: { type: 'user', id: user.id } });
    await this.dataSource.manager.update(UserEntity, { id: user.id }, { name });
    AuditContext.annotate({ changes: { before: { name: user.name }, after: { name } } });
    return this.me({ ...user, name });
  }

  /** Lists your open sessions, newest first */
  @Get('sessions')
  async listSessions(@CurrentUser() { id, sessionId }: SessionUser): Promise<SessionListView> {
    const sessions = await this.sessions.list(id);
    return { items: sessions.map((session) => ({ ...session, current: session.id === sessionId })) };
  }

  /** Closes one of your sessions; the session's tokens become invalid */
  @Delete('sessions/:id')
  @HttpCode(204)
  @AuditedTransaction('session_revocation')
  async closeSession(@CurrentUser() { id }: SessionUser, @Param('id', ParseUUIDPipe) sessionId: string): Promise<void> {
    AuditContext.annotate({ resource: { type: 'session', id: sessionId }, details: { sessionId, revokedBy: 'user' } });
    if ((await this.sessions.revoke(id, sessionId)) > 0) return;
    AuditContext.annotate({ details: { failureReason: 'not_found' } });
    throw notOfAccount('session');
  }

  /** Closes all of your sessions, including the session of this request */
  @Delete('sessions')
  @AuditedTransaction('all_sessions_revocation')
  async closeAllSessions(@CurrentUser() { id }: SessionUser): Promise<{ revoked: number }> {
    const revoked = await this.sessions.revoke(id);
    AuditContext.annotate({
      resource: { type: 'user', id },
      reason: 'user_request',
      details: { revokedBy: 'user', sessionsRevokedCount: revoked },
    });
    return { revoked };
  }

  /** Makes an API key with the rights of its owner, except the right to change the account */
  @Post('me/api-keys')
  @Header('cache-control', 'no-store')
  @AuditedTransaction('api_key_creation')
  async createKey(@CurrentUser() { sessionId }: SessionUser, @Body() { name }: NameDto): Promise<CreatedApiKeyView> {
    const { id, key } = await this.keys.create(sessionId, name);
    AuditContext.annotate({ resource: { type: 'api_key', id }, details: { apiKeyId: id, apiKeyName: name } });
    return { id, name, key };
  }

  /** Lists your API keys, newest first */
  @Get('me/api-keys')
  async listKeys(@CurrentUser() { id }: AuthenticatedUser): Promise<ApiKeyListView> {
    return { items: await this.keys.list(id) };
  }

  /** Revokes one of your API keys */
  @Delete('me/api-keys/:id')
  @HttpCode(204)
  @AuditedTransaction('api_key_revocation')
  async revokeKey(
    @CurrentUser() { id: userId }: AuthenticatedUser,
    @Param('id', ParseUUIDPipe) id: string,
  ): Promise<void> {
    AuditContext.annotate({ resource: { type: 'api_key', id }, details: { apiKeyId: id } });
    const apiKeyName = await this.keys.revoke(userId, id);
    if (apiKeyName === undefined) throw notOfAccount('API key');
    AuditContext.annotate({ details: { apiKeyName } });
  }

  /** Shows the security log of your account, newest first */
  @Get('me/security-log')
  @SessionOnly(false)
  async readLog(
    @CurrentUser() { id }: AuthenticatedUser,
    @Query() { limit, before }: PageQuery,
  ): Promise<SecurityLogView> {
    return { items: await this.log.newest(id, limit, before) };
  }
}

function notOfAccount(kind: 'session' | 'API key'): Error {
  const seen = `the account has no ${kind} with that id. List them to see their ids.`;
  return new RefusedError(404, 'not_found', `Cannot find the ${kind}: ${seen}`);
}
