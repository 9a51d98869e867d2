import type { ContextFacts } from '../event/build-event.js';
import type { AuditScope } from './audit-scope.js';

/** Knows, for one application, whose operations run in its scopes, and records the events that `AuditContext.ignore` leaves out. */
export interface LiveRecorder {
  /** The modules of its application. */
  readonly modules: object;
  /** The application's `EventFactory`, which imports this room. */
  readonly events: {
    contextOf(
      scope: AuditScope,
      given: { readonly name?: string; readonly reason?: unknown; readonly privacy?: object },
    ): ContextFacts & { readonly action?: string };
  };
  /** Runs `work` in a scope whose events are counted, and records the count with the reason. */
  ignore(outer: AuditScope | undefined, reason: string, work: () => unknown): Promise<unknown>;
}

/** The recorders of the applications in this process that have not shut down. */
export const liveRecorders = new Set<LiveRecorder>();

/** Returns the recorder of a scope's application, otherwise the newest one; `undefined` before the first boot. */
export function liveRecorderOf(scope: AuditScope | undefined): LiveRecorder | undefined {
  const all = [...liveRecorders];
  return all.find(({ modules }) => modules === scope?.application) ?? all.at(-1);
}
