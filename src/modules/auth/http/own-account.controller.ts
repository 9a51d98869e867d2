import { Body, Controller, Delete, Get, Header, HttpCode, Param, ParseUUIDPipe, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Audited, AuditContext, AuditedTransaction } from '../../../audit/index.js';
import { PageQuery } from '../../../http-input/page.dto.js';
import { RateLimited, SessionOnly } from '../access/access.decorators.js';
import { CurrentUser, type AuthenticatedUser, type SessionUser } from '../access/authenticated-user.js';
import { notOfAccount } from '../account.error.js';
import { ApiKeyStore } from '../api-keys/api-key-store.service.js';
import { MfaSetup } from '../mfa/mfa-setup.service.js';
import { SecurityLogProvider } from '../security-log/security-log.provider.js';
import { SessionStore } from '../sessions/session-store.service.js';
import {
  ApiKeyListView,
  CodeDto,
  CreatedApiKeyView,
  MfaDisableDto,
  MfaSetupView,
  NameDto,
  PasswordDto,
  RecoveryCodesView,
  RevokedSessionsView,
  SecurityLogView,
  SessionListView,
} from './auth.dto.js';

/** The own sessions, second factor and API keys, which API keys have no say in; and the log of the own account. */
@ApiTags('auth')
@Controller('auth')
export class OwnAccountSecurityController {
  constructor(
    private readonly sessions: SessionStore,
    private readonly setup: MfaSetup,
    private readonly keys: ApiKeyStore,
    private readonly log: SecurityLogProvider,
  ) {}

  /** Lists the own open sessions, newest first */
  @Get('sessions')
  @SessionOnly()
  async listSessions(@CurrentUser() { id, sessionId }: SessionUser): Promise<SessionListView> {
    const sessions = await this.sessions.list(id);
    return { items: sessions.map((session) => ({ ...session, current: session.id === sessionId })) };
  }

  /** Closes one of the own sessions: its tokens are refused from now on */
  @Delete('sessions/:id')
  @HttpCode(204)
  @SessionOnly()
  @AuditedTransaction('session_revocation')
  async closeSession(@CurrentUser() { id }: SessionUser, @Param('id', ParseUUIDPipe) sessionId: string): Promise<void> {
    AuditContext.annotate({ resource: { type: 'session', id: sessionId }, details: { sessionId, revokedBy: 'user' } });
    if (await this.sessions.revoke(id, sessionId)) return;
    AuditContext.annotate({ details: { failureReason: 'not_found' } });
    throw notOfAccount('session');
  }

  /** Closes all of the own sessions, this one too */
  @Delete('sessions')
  @SessionOnly()
  @AuditedTransaction('all_sessions_revocation')
  async closeAllSessions(@CurrentUser() { id }: SessionUser): Promise<RevokedSessionsView> {
    const revoked = await this.sessions.revokeAll(id);
    AuditContext.annotate({
      resource: { type: 'user', id },
      reason: 'user_request',
      details: { revokedBy: 'user', sessionsRevokedCount: revoked },
    });
    return { revoked };
  }

  /** Gets the secret for an authenticator */
  @Post('me/mfa')
  @Header('cache-control', 'no-store')
  @SessionOnly()
  @RateLimited()
  @Audited('user_mfa_enable')
  beginMfa(@CurrentUser() user: AuthenticatedUser, @Body() { password }: PasswordDto): Promise<MfaSetupView> {
    return this.setup.begin(user, password);
  }

  /** Shows that the authenticator has the secret: from now on a login needs a code */
  @Post('me/mfa/confirm')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @SessionOnly()
  @RateLimited()
  @Audited('user_mfa_enable')
  async confirmMfa(@CurrentUser() { id }: AuthenticatedUser, @Body() { code }: CodeDto): Promise<RecoveryCodesView> {
    return { recoveryCodes: await this.setup.confirm(id, code) };
  }

  /** Takes the second factor away */
  @Post('me/mfa/disable')
  @HttpCode(204)
  @SessionOnly()
  @RateLimited()
  @Audited('user_mfa_disable')
  disableMfa(@CurrentUser() { id }: AuthenticatedUser, @Body() { password, code }: MfaDisableDto): Promise<void> {
    return this.setup.disable(id, password, code);
  }

  /** Makes an API key: it has the rights of its owner, except over the account */
  @Post('me/api-keys')
  @Header('cache-control', 'no-store')
  @SessionOnly()
  @AuditedTransaction('api_key_creation')
  async createKey(
    @CurrentUser() { id: userId }: AuthenticatedUser,
    @Body() { name }: NameDto,
  ): Promise<CreatedApiKeyView> {
    const { id, key } = await this.keys.create(userId, name);
    AuditContext.annotate({ resource: { type: 'api_key', id }, details: { apiKeyId: id, apiKeyName: name } });
    return { id, name, key };
  }

  /** Lists the own API keys, newest first */
  @Get('me/api-keys')
  @SessionOnly()
  async listKeys(@CurrentUser() { id }: AuthenticatedUser): Promise<ApiKeyListView> {
    return { items: await this.keys.list(id) };
  }

  /** Makes one of the own API keys useless */
  @Delete('me/api-keys/:id')
  @HttpCode(204)
  @SessionOnly()
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

  /** Shows what happened to the account of the access token, newest first */
  @Get('me/security-log')
  async readLog(
    @CurrentUser() { id }: AuthenticatedUser,
    @Query() { limit, before }: PageQuery,
  ): Promise<SecurityLogView> {
    return { items: await this.log.newest(id, limit, before) };
  }
}
