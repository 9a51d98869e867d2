import { Controller, Delete, Get, HttpCode, Param, ParseUUIDPipe } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiNoContentResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  ApiUnauthorizedResponse,
} from '@nestjs/swagger';
import { AuditContext, AuditedTransaction } from '../../../audit/index.js';
import { SessionOnly } from '../access/access.decorators.js';
import type { SessionUser } from '../access/authenticated-user.js';
import { CurrentSession } from '../access/current-user.decorator.js';
import { NotOfAccountError } from '../accounts/account.error.js';
import { SessionStore } from '../sessions/session-store.service.js';
import { RevokedSessionsView, SessionListView } from './security.dto.js';

/** The own sessions, for everybody. */
@ApiTags('auth')
@ApiBearerAuth()
@ApiUnauthorizedResponse({ description: 'There is no valid access token.' })
@SessionOnly()
@Controller('auth/sessions')
export class SessionsController {
  constructor(private readonly sessions: SessionStore) {}

  @Get()
  @ApiOperation({ summary: 'The own open sessions, newest first' })
  @ApiOkResponse({ type: SessionListView })
  async list(@CurrentSession() { id, sessionId }: SessionUser): Promise<Readonly<SessionListView>> {
    const sessions = await this.sessions.list(id);
    const items = sessions.map(({ createdAt, expiresAt, ...session }) => ({
      ...session,
      current: session.id === sessionId,
      createdAt: createdAt.toISOString(),
      expiresAt: expiresAt.toISOString(),
    }));
    return { items };
  }

  @Delete(':id')
  @HttpCode(204)
  @AuditedTransaction('session_revocation')
  @ApiOperation({ summary: 'Close one of the own sessions' })
  @ApiNoContentResponse({ description: "The session's tokens are refused from now on." })
  @ApiNotFoundResponse({ description: 'There is no such open session.' })
  async revoke(@CurrentSession() { id }: SessionUser, @Param('id', ParseUUIDPipe) sessionId: string): Promise<void> {
    AuditContext.annotate({ resource: { type: 'session', id: sessionId }, details: { sessionId, revokedBy: 'user' } });
    if (await this.sessions.revoke(id, sessionId)) return;
    AuditContext.annotate({ reason: 'not_found', details: { failureReason: 'not_found' } });
    throw new NotOfAccountError('session');
  }

  @Delete()
  @AuditedTransaction('all_sessions_revocation')
  @ApiOperation({ summary: 'Close all of the own sessions, this one too' })
  @ApiOkResponse({ type: RevokedSessionsView })
  async revokeAll(@CurrentSession() { id }: SessionUser): Promise<Readonly<RevokedSessionsView>> {
    const revoked = await this.sessions.revokeAll(id);
    AuditContext.annotate({
      resource: { type: 'user', id },
      reason: 'user_request',
      details: { revokedBy: 'user', sessionsRevokedCount: revoked },
    });
    return { revoked };
  }
}
