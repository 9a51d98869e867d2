import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { scopeOf } from '../context/audit-context.js';
import { openHttpScope, type HttpRequestLike } from '../context/http-scope.js';
import { auditedEntries } from './audited.decorator.js';
import { keepCapture, type HttpCapture } from './http-capture.js';
import { ResponseHold } from './response-hold.js';

/** Runs before every other guard, and lets everything through: it only notes which audited handler was matched. */
@Injectable()
export class FirstGuard implements CanActivate {
  constructor(@Inject(ResponseHold) private readonly hold: ResponseHold) {}

  canActivate(context: ExecutionContext): true {
    if (context.getType() !== 'http') return true;
    const entries = auditedEntries(context.getClass(), context.getHandler());
    if (entries.length === 0) return true;
    const http = context.switchToHttp();
    const request = http.getRequest<HttpRequestLike>();
    const scope = scopeOf(request) ?? openHttpScope(request);
    const capture: HttpCapture = { scope, request, entries, phase: 'guards' };
    keepCapture(capture);
    this.hold.until(capture, http.getResponse<object>());
    return true;
  }
}
