import type { AuditScope } from './audit-scope.js';

/** Records, for one application, the events that `AuditContext.ignore` leaves out. */
export interface IgnoreRecorder {
  /** The modules of its application. */
  readonly modules: object;
  /** Runs `work` in a scope whose events are counted, and records the count with the reason. */
  ignore(outer: AuditScope | undefined, reason: string, work: () => unknown): Promise<unknown>;
}

const live = new Set<IgnoreRecorder>();

/** Makes an application's recorder known, until it shuts down. */
export function addIgnoreRecorder(recorder: IgnoreRecorder): void {
  live.add(recorder);
}

export function removeIgnoreRecorder(recorder: IgnoreRecorder): void {
  live.delete(recorder);
}

/**
 * Returns the recorder of the application that a scope belongs to; mostly there is one, otherwise the newest. `undefined` before the first
 * boot.
 */
export function ignoreRecorderOf(scope: AuditScope | undefined): IgnoreRecorder | undefined {
  const all = [...live];
  return all.find(({ modules }) => modules === scope?.application) ?? all.at(-1);
}
