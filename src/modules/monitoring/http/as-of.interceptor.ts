import {
  applyDecorators,
  Inject,
  Injectable,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { Observable } from 'rxjs';
import { ReplicaFreshness } from '../health/replica-freshness.service.js';
import type { LogResponse } from './log-responses.js';

/** What was stored up to this moment (RFC 3339, UTC) is in the answer. Sent where a replica answers. */
const AS_OF = 'Audit-As-Of';

/** Says how fresh an answer of a replica is, also beside a refusal such as "nothing has that id". */
@Injectable()
class AsOfInterceptor implements NestInterceptor {
  constructor(@Inject(ReplicaFreshness) private readonly freshness: Pick<ReplicaFreshness, 'state'>) {}

  /** Before the handler: what the replica had then, it has when it is asked. */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const asOf = this.freshness.state?.asOf;
    if (asOf) context.switchToHttp().getResponse<LogResponse>().header(AS_OF, asOf.toISOString());
    return next.handle();
  }
}

/** For the routes that a replica answers. */
export function ShowsAsOf(): ClassDecorator {
  return applyDecorators(UseInterceptors(AsOfInterceptor));
}
