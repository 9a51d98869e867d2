import type { AuditScope, ScopeLife } from '../context/audit-scope.js';
import { from, isObservable, tap, type Observable } from 'rxjs';

interface HandlerEnd {
  readonly error: unknown;
}

/** One call of an audited handler, with its pipes. The call may outlive the response, and the client. */
export class HandlerRun {
  isOver = false;
  /** Whether an interceptor unsubscribed from the handler's Observable before its first value. Its work may continue, unseen. */
  isCut = false;
  result: unknown;
  thrown: HandlerEnd | undefined;
  private waiting: (() => void)[] = [];

  constructor(private readonly life: ScopeLife | undefined) {
    life?.join();
  }

  end(thrown?: HandlerEnd): void {
    this.thrown = thrown;
    if (!this.isOver) this.life?.leave();
    this.isOver = true;
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  ended(): Promise<void> {
    return this.isOver ? Promise.resolve() : new Promise((resolve) => void this.waiting.push(resolve));
  }

  follow(returned: Observable<unknown>): Observable<unknown> {
    this.result = undefined;
    let hasValue = false;
    const next = (value: unknown): void => {
      this.result = value;
      hasValue = true;
    };
    const unsubscribe = (): void => {
      this.isCut = !hasValue;
      this.end();
    };
    const error = (thrown: unknown): void => this.end({ error: thrown });
    return from(returned).pipe(tap({ next, error, complete: () => this.end(), unsubscribe }));
  }
}

/** Calls `next`, which runs the pipes and the handler, and notes the run in `operation`. If an interceptor retries, the last run counts. */
export async function runHandler(
  operation: { readonly scope: AuditScope; run?: HandlerRun },
  next: () => Promise<unknown>,
): Promise<unknown> {
  const run = new HandlerRun(operation.scope.life);
  operation.run = run;
  try {
    run.result = await next();
  } catch (error) {
    run.end({ error });
    throw error;
  }
  if (isObservable(run.result)) return run.follow(run.result);
  run.end();
  return run.result;
}

export function isRunning({ run }: { readonly run?: HandlerRun }): boolean {
  return run?.isOver === false;
}
