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

/** The alert needs no answer, because it is suppressed. */
export class AlertSuppressedError extends AuditError {
  readonly code = 'AUDIT_ALERT_SUPPRESSED';

  constructor(id: string) {
    super(
      `Cannot answer the alert ${id}: it was suppressed when its rule matched. End the suppression to be alerted of the next match.`,
    );
  }
}

/** A suppression is invalid. */
export class InvalidSuppressionError extends AuditError {
  readonly code = 'AUDIT_SUPPRESSION_INVALID';

  /** @param next a sentence without its full stop */
  static create(seen: string, next: string): InvalidSuppressionError {
    return new InvalidSuppressionError(`Cannot suppress alerts: ${seen}. ${next}.`);
  }
}

/** No review was opened for that day. */
export class UnknownReviewError extends AuditError {
  readonly code = 'AUDIT_REVIEW_UNKNOWN';

  static create(day: string): UnknownReviewError {
    return new UnknownReviewError(
      `Cannot find the review of ${day}: none was opened. With the option review, a day's review opens on the next day; list the reviews to see their days.`,
    );
  }
}

/** The reviewer must not sign this day off. */
export class ReviewRefusedError extends AuditError {
  readonly code = 'AUDIT_REVIEW_REFUSED';

  /** @param sections the sections in which the reviewer acted, with the number of events */
  static ownActs(day: string, sections: ReadonlyMap<string, number>): ReviewRefusedError {
    const seen = [...sections].map(([section, count]) => `${section}: ${count}`).join(', ');
    return new ReviewRefusedError(
      `Cannot sign off ${day}: you acted in what is to be reviewed (${seen}), and review.fourEyes is set. Ask somebody else to sign it off.`,
    );
  }

  static nobody(): ReviewRefusedError {
    return new ReviewRefusedError('Cannot review: the request has no actor. Log in.');
  }

  static noTenant(): ReviewRefusedError {
    return new ReviewRefusedError('Cannot review: you see several tenants. Name one of yours as tenantId.');
  }

  static ofOneself(): ReviewRefusedError {
    return new ReviewRefusedError(
      'Cannot review: you see your own events alone. Ask somebody who may see the events of other people.',
    );
  }
}

/** A comment that cannot be stored. */
export class InvalidReviewError extends AuditError {
  readonly code = 'AUDIT_REVIEW_INVALID';

  static comment(mostCharacters: number): InvalidReviewError {
    return new InvalidReviewError(
      `Cannot comment: the comment is empty, longer than ${mostCharacters} characters, or no Unicode text. Give a text.`,
    );
  }
}
