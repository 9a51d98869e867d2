import type { AuditScope } from './audit-scope.js';

/** Tells, in one application, what `AuditContext.ignore` leaves out. */
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

/** The recorder of the application that a scope is of: the only one, mostly, else the newest. None before the boot of any. */
export function ignoreRecorderOf(scope: AuditScope | undefined): IgnoreRecorder | undefined {
  const all = [...live];
  return all.find(({ modules }) => modules === scope?.application) ?? all.at(-1);
}
