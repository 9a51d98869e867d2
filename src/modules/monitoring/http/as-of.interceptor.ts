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

/** The header contains a time (RFC 3339, UTC). A replica's answer includes all events that were stored until that time. */
const AS_OF = 'Audit-As-Of';

/** Adds the header `Audit-As-Of` to the answers from a replica, including refusals. */
@Injectable()
class AsOfInterceptor implements NestInterceptor {
  constructor(@Inject(ReplicaFreshness) private readonly freshness: Pick<ReplicaFreshness, 'state'>) {}

  /** Reads the state before the handler runs, so that the answer is at least as fresh as the header states. */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const asOf = this.freshness.state?.asOf;
    if (asOf) context.switchToHttp().getResponse<LogResponse>().header(AS_OF, asOf.toISOString());
    return next.handle();
  }
}

/** Adds the header `Audit-As-Of` to the answers of a controller. */
export function ShowsAsOf(): ClassDecorator {
  return UseInterceptors(AsOfInterceptor);
}
