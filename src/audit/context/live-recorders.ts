import type { AuditActorInput } from '../event/audit-input.js';
import type { ContextFacts } from '../event/build-event.js';
import type { AuditScope } from './audit-scope.js';

/** The parts of one application that scopes need: the context of its operations, and the record of ignored events. */
export interface LiveRecorder {
  readonly modules: object;
  /** The application's `EventFactory`, typed by its shape because EventFactory imports this folder. */
  readonly events: {
    getContext(
      scope: AuditScope,
      input: { readonly name?: string; readonly reason?: unknown; readonly privacy?: object },
    ): ContextFacts & { readonly action?: string };
    currentActor(scope: AuditScope): AuditActorInput | undefined;
    currentTenant(scope: AuditScope): string | undefined;
  };
  /** Runs `work` in a scope that counts events instead of recording them, and records the count with the reason. */
  ignore(
    outer: AuditScope | undefined,
    reason: string,
    work: () => unknown,
    policy: { readonly onFailure?: 'open' | 'closed' },
  ): Promise<unknown>;
}

/** The recorders of the applications in this process that have not shut down. */
export const liveRecorders = new Set<LiveRecorder>();

/** Returns the recorder of a scope's application, otherwise the only recorder; `undefined` without any, or if it may be any of several. */
export function findLiveRecorder(scope: AuditScope | undefined): LiveRecorder | undefined {
  const all = [...liveRecorders];
  if (scope?.application) return all.find(({ modules }) => modules === scope.application);
  return all.length === 1 ? all[0] : undefined;
}

/** Returns the recorder that records for a scope: the newest one, if the scope's application is unknown. */
export function resolveRecorder(scope: AuditScope | undefined): LiveRecorder | undefined {
  return findLiveRecorder(scope) ?? [...liveRecorders].at(-1);
}
