import type { EventFactory } from '../event-factory.service.js';
import type { AuditScope } from './audit-scope.js';

/** Knows, for one application, whose operations run in its scopes, and records the events that `AuditContext.ignore` leaves out. */
export interface LiveRecorder {
  /** The modules of its application. */
  readonly modules: object;
  readonly events: EventFactory;
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
