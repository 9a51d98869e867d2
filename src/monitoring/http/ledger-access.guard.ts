import { hash, timingSafeEqual } from 'node:crypto';
import {
  createParamDecorator,
  ForbiddenException,
  Inject,
  Injectable,
  UnauthorizedException,
  UnsupportedMediaTypeException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  grants,
  parseAccess,
  createForbiddenError,
  canSeeSize,
  ACCESS_OPTIONS,
  type LedgerAccess,
  type LedgerPermission,
  type AccessOptions,
} from '../read/access/ledger-access.js';
import { protectResponse } from './log-responses.js';
import { skipReadRecord } from './record-read.js';

const accessByRequest = new WeakMap<object, LedgerAccess>();

/** The permission that a route requires. @defaultValue 'read' */
export const NeedsPermission = Reflector.createDecorator<LedgerPermission>();

/**
 * Admits a request if the application's `authorize` returns an access for the request. Stores the access of each request for {@link
 * Access}.
 */
@Injectable()
export class LedgerAccessGuard implements CanActivate {
  private readonly reflector = new Reflector();

  constructor(@Inject(ACCESS_OPTIONS) private readonly options: AccessOptions) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    protectResponse(context);
    const targets = [context.getHandler(), context.getClass()];
    // The result is `undefined` for a route without the decorator, although the type excludes that.
    const needed = this.reflector.getAllAndOverride(NeedsPermission, targets) as LedgerPermission | undefined;
    const permission = needed ?? 'read';
    const request = context.switchToHttp().getRequest<object>();
    const access = await resolveAccess(this.options, request, permission);
    if (!access) throw new ForbiddenException(createForbiddenError(permission));
    accessByRequest.set(request, access);
    if (!this.options.recordReads) skipReadRecord(request);
    return true;
  }
}

/** Resolves with the access of a request that has the permission; `undefined` if the application refuses the permission. */
export async function resolveAccess(
  options: AccessOptions,
  request: object,
  permission: LedgerPermission,
): Promise<LedgerAccess | undefined> {
  const authorized = await options.authorize(request, permission);
  const access = parseAccess(authorized);
  return grants(authorized, permission) ? access : undefined;
}

interface AnyRequest {
  readonly method: string;
  readonly headers: Readonly<Partial<Record<'authorization' | 'content-type' | 'sec-fetch-site', string>>>;
}

const READ_METHODS = ['GET', 'HEAD'];
const JSON_BODY = /^application\/json\s*(?:;|$)/i;

/**
 * Refuses each change that a page of another site could send with the reader's cookies (cross-site request forgery): a form, or a request
 * without a type. Before a request with JSON to another origin, the browser sends a preflight request. No page can set `Sec-Fetch-Site`.
 */
@Injectable()
export class ForgeryGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { method, headers } = context.switchToHttp().getRequest<AnyRequest>();
    const { 'content-type': type, 'sec-fetch-site': site } = headers;
    if (READ_METHODS.includes(method)) return true;
    if (type === undefined ? site === 'same-origin' : JSON_BODY.test(type)) return true;
    throw new UnsupportedMediaTypeException(
      'Cannot change the ledger: the request is not JSON. Send it as application/json, with {} if it has no content.',
    );
  }
}

/** Injects the access of the request into a handler. The route needs the {@link LedgerAccessGuard}. */
export const Access = createParamDecorator((_: unknown, context: ExecutionContext): LedgerAccess => {
  const access = accessByRequest.get(context.switchToHttp().getRequest<object>());
  if (!access) throw new UnauthorizedException();
  return access;
});

/**
 * Protects the routes that return hashes of the log, because hashes reveal how many events exist. With `publicCheckpoints`, everybody may
 * read the hashes. Otherwise a reader needs access to all events, or to the events of some tenants.
 */
@Injectable()
export class CheckpointAccessGuard implements CanActivate {
  constructor(@Inject(ACCESS_OPTIONS) private readonly options: AccessOptions) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    protectResponse(context);
    if (this.options.publicCheckpoints) return true;
    const access = parseAccess(await this.options.authorize(context.switchToHttp().getRequest<unknown>(), 'read'));
    return access !== undefined && canSeeSize(access);
  }
}

const BEARER = /^bearer +(\S+) *$/i;

/** Admits a request for the metrics if the request has the `metricsToken` or access to all events. */
@Injectable()
export class MetricsAccessGuard implements CanActivate {
  constructor(@Inject(ACCESS_OPTIONS) private readonly options: AccessOptions) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    protectResponse(context);
    const request = context.switchToHttp().getRequest<AnyRequest>();
    const { metricsToken, authorize } = this.options;
    if (showsToken(request, metricsToken)) return true;
    if (parseAccess(await authorize(request, 'metrics'))?.scope === 'all') return true;
    throw new ForbiddenException(
      'Cannot show the metrics: the request has neither the metrics token nor access to the whole ledger. ' +
        'Send "Authorization: Bearer <token>". The token is the option metricsToken, or an access token.',
    );
  }
}

/** The comparison takes constant time, so that the time does not reveal how much of a wrong token is correct. */
function showsToken({ headers }: AnyRequest, metricsToken: string | undefined): boolean {
  const shown = BEARER.exec(headers.authorization ?? '')?.[1];
  if (shown === undefined || metricsToken === undefined) return false;
  return timingSafeEqual(hash('sha256', shown, 'buffer'), hash('sha256', metricsToken, 'buffer'));
}
