import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { AuditContext } from '../../audit/index.js';
import { RefusedError } from '../../http-input/refused.error.js';
import type { AuthenticatedUser } from '../auth/index.js';
import { MaintenanceMode } from './maintenance-mode.service.js';

/** What of a request, Express's or Fastify's, the guard reads. */
interface GuardedRequest {
  readonly url: string;
  readonly user?: AuthenticatedUser;
}

/** What an administrator needs to come in, and what monitors the application. */
const ALWAYS_OPEN = /^\/(?:auth\/login|health|metrics)(?:[/?]|$)/;

/**
 * Under maintenance, lets administrators through and nobody else, but to log in, to `/health` and to `/metrics`. Runs after auth's
 * guards: who is unknown gets their 401 at a route that needs an account. Other transports are not its matter.
 *
 * @throws RefusedError (503); the audit event's outcome is `denied`
 */
@Injectable()
export class MaintenanceGuard implements CanActivate {
  constructor(private readonly mode: MaintenanceMode) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const { url, user } = context.switchToHttp().getRequest<GuardedRequest>();
    if (user?.roles.includes('admin') || ALWAYS_OPEN.test(url)) return true;
    const { enabled, message } = await this.mode.current();
    if (!enabled) return true;
    AuditContext.annotate({ outcome: 'denied', severity: 'warning' });
    const said = message === null ? '' : ` (${message})`;
    const text = `Cannot serve the request: the application is under maintenance${said}. Try again later.`;
    throw new RefusedError(503, 'maintenance_mode', text);
  }
}
