import { createHash, timingSafeEqual } from 'node:crypto';
import { ForbiddenException, Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { parseAccess } from '../access/ledger-access.js';
import { ACCESS_OPTIONS, type AccessOptions } from '../access/access-options.js';

interface ScrapeRequest {
  readonly headers: { readonly authorization?: string };
}

const BEARER = /^bearer +(\S+) *$/i;

/**
 * Admits readers of the metrics: those with the `metricsToken`, those whom `authorize` lets see everything, and with `publicMetrics`
 * everybody.
 */
@Injectable()
export class MetricsAccessGuard implements CanActivate {
  constructor(@Inject(ACCESS_OPTIONS) private readonly options: AccessOptions) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<ScrapeRequest>();
    const { publicMetrics, metricsToken, authorize } = this.options;
    if (publicMetrics || showsToken(request, metricsToken)) return true;
    if (parseAccess(await authorize(request, 'metrics'))?.scope === 'all') return true;
    throw new ForbiddenException(
      'Cannot show the metrics: the request shows neither the token for them nor somebody who may see the whole ledger. ' +
        'Send "Authorization: Bearer <token>", with the option metricsToken or an access token.',
    );
  }
}

/** Compares in constant time: a wrong token takes as long as the right one. */
function showsToken({ headers }: ScrapeRequest, metricsToken: string | undefined): boolean {
  const shown = BEARER.exec(headers.authorization ?? '')?.[1];
  if (shown === undefined || metricsToken === undefined) return false;
  return timingSafeEqual(digestOf(shown), digestOf(metricsToken));
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
