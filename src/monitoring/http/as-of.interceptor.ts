import {
  Inject,
  Injectable,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { Observable, tap } from 'rxjs';
import { runInResponse, LedgerReader } from '../store/ledger-reader.service.js';
import { ReplicaFreshness } from '../operate/health/replica-freshness.service.js';
import type { LogResponse } from './log-responses.js';

/** The header contains a time (RFC 3339, UTC). A replica's answer includes all events that were stored until that time. */
const AS_OF_HEADER = 'Audit-As-Of';

/** The header contains a time (RFC 3339, UTC). Events that were stored since then wait to be sealed, and may be missing in the answer. */
const WAITING_SINCE = 'Audit-Waiting-Since';

/** Adds the header `Audit-As-Of` to the answers from a replica, including refusals, and `Audit-Waiting-Since` to answers that lack events. */
@Injectable()
class AsOfInterceptor implements NestInterceptor {
  constructor(
    @Inject(ReplicaFreshness) private readonly freshness: Pick<ReplicaFreshness, 'state'>,
    @Inject(LedgerReader) private readonly reader: Pick<LedgerReader, 'waiting'>,
  ) {}

  /** Reads the state before the handler runs, so that the answer is at least as fresh as the header states. */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const asOf = this.freshness.state?.asOf;
    const response = context.switchToHttp().getResponse<LogResponse>();
    if (asOf) response.header(AS_OF_HEADER, asOf.toISOString());
    const notify = (): void => {
      const { waiting } = this.reader;
      if (waiting) response.header(WAITING_SINCE, waiting.since.toISOString());
    };
    return new Observable((subscriber) =>
      runInResponse(() =>
        next
          .handle()
          .pipe(tap({ next: notify, error: notify }))
          .subscribe(subscriber),
      ),
    );
  }
}

/** Adds the headers about what an answer lacks to the answers of a controller. */
export function SendAsOfHeader(): ClassDecorator {
  return UseInterceptors(AsOfInterceptor);
}
