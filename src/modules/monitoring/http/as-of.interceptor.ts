import {
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

/** The header with the moment (RFC 3339, UTC) up to which the answer includes all stored events. Sent if a replica answers. */
const AS_OF = 'Audit-As-Of';

/** Adds how fresh a replica's answer is, even to a refusal such as "nothing has that id". */
@Injectable()
class AsOfInterceptor implements NestInterceptor {
  constructor(@Inject(ReplicaFreshness) private readonly freshness: Pick<ReplicaFreshness, 'state'>) {}

  /** Reads it before the handler: the replica has at least this state when the handler asks it. */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const asOf = this.freshness.state?.asOf;
    if (asOf) context.switchToHttp().getResponse<LogResponse>().header(AS_OF, asOf.toISOString());
    return next.handle();
  }
}

/** Marks the routes that a replica answers. */
export function ShowsAsOf(): ClassDecorator {
  return UseInterceptors(AsOfInterceptor);
}
