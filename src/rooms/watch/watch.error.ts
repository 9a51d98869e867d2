import { AuditError } from '../../audit/plain.js';

/** Somebody altered the position of the rules in the database. */
export class WatchAlteredError extends AuditError {
  readonly code = 'AUDIT_WATCH_ALTERED';

  static create(): WatchAlteredError {
    return new WatchAlteredError(
      'Cannot trust the position of the rules: the row of audit_watch does not match its signed note. The rules resume from a trusted ' +
        'position, so they miss no event, but alerts may repeat. Find out who writes to the database without the application.',
    );
  }
}

/** No instance runs the rules, so attacks raise no alerts. */
export class WatchStillError extends AuditError {
  readonly code = 'AUDIT_WATCH_STILL';

  /** @param seen the last failure in this process, as a sentence */
  static create(seconds: number, seen: string | undefined): WatchStillError {
    const why = seen === undefined ? '' : ` ${seen}`;
    return new WatchStillError(
      `Cannot run the rules of the watch: no instance has run them for ${Math.round(seconds)} s, so alerts come late.${why} Check that ` +
        'an instance with WatchModule runs, and read its log.',
    );
  }
}

/** Nobody can answer the alert or the suppression any more. */
export class ThreadClosedError extends AuditError {
  readonly code = 'AUDIT_THREAD_CLOSED';

  static suppressed(id: string): ThreadClosedError {
    return new ThreadClosedError(
      `Cannot answer the alert ${id}: a suppression withheld it. End the suppression to get an alert at the next match.`,
    );
  }

  static over(id: string): ThreadClosedError {
    return new ThreadClosedError(`Cannot end the suppression ${id}: its time is over. Nothing is left to do.`);
  }
}

export class InvalidSuppressionError extends AuditError {
  readonly code = 'AUDIT_SUPPRESSION_INVALID';

  /** @param next what to do, as a sentence without a full stop */
  static create(seen: string, next: string): InvalidSuppressionError {
    return new InvalidSuppressionError(`Cannot suppress alerts: ${seen}. ${next}.`);
  }
}

/** No review of the day was opened. */
export class UnknownReviewError extends AuditError {
  readonly code = 'AUDIT_REVIEW_UNKNOWN';

  static create(day: string): UnknownReviewError {
    return new UnknownReviewError(
      `Cannot find the review of ${day}: no review of this day was opened. With the option review, the review of a day opens on the next day. List the reviews to see their days.`,
    );
  }
}

/** The requester may not review at all, or may not sign off this day. */
export class ReviewRefusedError extends AuditError {
  readonly code = 'AUDIT_REVIEW_REFUSED';

  /** @param sections the sections in which the reviewer acted, with the number of events */
  static ownActs(day: string, sections: ReadonlyMap<string, number>): ReviewRefusedError {
    const seen = [...sections].map(([section, count]) => `${section}: ${count}`).join(', ');
    return new ReviewRefusedError(
      `Cannot sign off ${day}: the review includes your own acts (${seen}), and review.fourEyes is set. Let another reviewer sign it off.`,
    );
  }

  static nobody(): ReviewRefusedError {
    return new ReviewRefusedError('Cannot review: the request has no actor. Log in.');
  }

  static noTenant(): ReviewRefusedError {
    return new ReviewRefusedError(
      'Cannot answer for all tenants: you see only some. Give one of your tenants as tenantId.',
    );
  }

  static ofOneself(): ReviewRefusedError {
    return new ReviewRefusedError(
      'Cannot review: you may only see your own events. Use an account that may see the events of other people.',
    );
  }
}

/** The answer is incomplete, or does not fit what it answers. */
export class InvalidAnswerError extends AuditError {
  readonly code = 'AUDIT_ANSWER_INVALID';

  /** @param problem such as `comment is missing` */
  static create(problem: string): InvalidAnswerError {
    return new InvalidAnswerError(`Cannot record the answer: ${problem}. Correct the answer.`);
  }
}
