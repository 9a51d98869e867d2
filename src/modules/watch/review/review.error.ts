import { AuditError } from '../../../audit/plain.js';

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
    return new ReviewRefusedError('Cannot review: you see your own events alone. Ask somebody who may see others.');
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
