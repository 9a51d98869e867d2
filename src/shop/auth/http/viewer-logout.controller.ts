import { Controller, HttpCode, Post, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { AuditContext, Audited } from '../../../audit/index.js';
import { SessionOnly } from '../access/access.decorators.js';
import { CurrentUser, type SessionUser } from '../access/authenticated-user.js';
import { Sessions } from '../sessions/sessions.service.js';
import { ViewerCookie, type CookieResponse } from '../sessions/viewer-cookie.service.js';

/** Closes the session of the viewer. The route is below `/audit`, because browsers send the viewer's cookie only to these routes. */
@ApiExcludeController()
@Controller('audit')
export class ViewerLogoutController {
  constructor(
    private readonly sessions: Sessions,
    private readonly cookie: ViewerCookie,
  ) {}

  /** Closes the viewer's session, and deletes the session's cookie */
  @Post('logout')
  @HttpCode(204)
  @SessionOnly()
  @Audited('user_logout')
  async logOut(
    @CurrentUser() { id, sessionId }: SessionUser,
    @Res({ passthrough: true }) response: CookieResponse,
  ): Promise<void> {
    AuditContext.annotate({ resource: { type: 'session', id: sessionId }, details: { logoutMethod: 'explicit' } });
    await this.sessions.revoke(id, sessionId);
    this.cookie.clear(response);
  }
}
