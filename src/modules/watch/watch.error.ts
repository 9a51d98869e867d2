import { AuditError } from '../../audit/plain.js';

/** Somebody else wrote to the tables of the rules. */
export class WatchAlteredError extends AuditError {
  readonly code = 'AUDIT_WATCH_ALTERED';

  static create(): WatchAlteredError {
    return new WatchAlteredError(
      'Cannot trust where the rules of the watch are: the row of audit_watch is not what the application signed. The rules resume ' +
        'where they look at every event, and alerts may repeat. Find out who writes to the database past the application.',
    );
  }
}

/** The rules do not run, so attacks raise no alerts. */
export class WatchStillError extends AuditError {
  readonly code = 'AUDIT_WATCH_STILL';

  /** @param seen the last failure in this process: a sentence */
  static create(seconds: number, seen: string | undefined): WatchStillError {
    const why = seen === undefined ? '' : ` ${seen}`;
    return new WatchStillError(
      `Cannot run the rules of the watch: no instance has run them for ${Math.round(seconds)} s, and alerts come late.${why} Check that ` +
        'an instance with the option watch runs, and read its log.',
    );
  }
}
