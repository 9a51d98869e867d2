import { AuditError } from '../../../audit/plain.js';

/** The rules look at nothing: attacks raise no alerts. */
export class WatchStillError extends AuditError {
  readonly code = 'AUDIT_WATCH_STILL';

  /** @param seen what failed last in this process: a sentence */
  static create(seconds: number, seen: string | undefined): WatchStillError {
    const why = seen === undefined ? '' : ` ${seen}`;
    return new WatchStillError(
      `Cannot run the rules of the watch: no instance has run them for ${Math.round(seconds)} s, and alerts come late.${why} See that ` +
        'an instance with the option watch runs, and what its log says of the rules.',
    );
  }
}
