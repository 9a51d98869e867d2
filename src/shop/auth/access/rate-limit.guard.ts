import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { AuditContext } from '../../../audit/index.js';
import { AppConfig } from '../../config/index.js';
import { RefusedError } from '../../http-input/refused.error.js';
import type { AuthenticatedRequest } from './authenticated-user.js';

const WINDOW_SECONDS = 60;

/**
 * Limits how many requests per minute one address may send to each guarded route (`AUTH_RATE_LIMIT`). Each instance counts separately. On an
 * audited route, the refusal becomes the route's `denied` event with the reason `rate_limited`.
 *
 * @throws RefusedError (429), with the header `retry-after`
 */
@Injectable()
export class RateLimitGuard implements CanActivate {
  private readonly limiter: RateLimiterMemory | undefined;

  constructor({ AUTH_RATE_LIMIT: points }: AppConfig) {
    this.limiter = points === 0 ? undefined : new RateLimiterMemory({ points, duration: WINDOW_SECONDS });
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (!this.limiter || context.getType() !== 'http') return true;
    const http = context.switchToHttp();
    const { ip = '' } = http.getRequest<AuthenticatedRequest>();
    const route = `${context.getClass().name}.${context.getHandler().name}`;
    try {
      await this.limiter.consume(`${route} ${ip}`);
      return true;
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      const retryAfter = Math.ceil(refusal.msBeforeNext / 1_000);
      http.getResponse<{ header(name: string, value: string): unknown }>().header('retry-after', String(retryAfter));
      AuditContext.annotate({ metadata: { limit: this.limiter.points, retryAfter } });
      const message = `Cannot accept this request: too many requests came from this address. Try again in ${retryAfter} seconds.`;
      throw new RefusedError(429, 'rate_limited', message);
    }
  }
}
