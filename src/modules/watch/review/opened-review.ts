import { createHash } from 'node:crypto';

/** The types of the events of a review. */
export const REVIEW_TYPES = {
  opened: 'review_opened',
  comment: 'review_commented',
  sign_off: 'review_signed_off',
} as const;

/** The category of {@link REVIEW_TYPES}. */
export const REVIEW_CATEGORY = 'audit_review';

/** What a review is of, as the note in its event `review_opened` states it. */
export interface OpenedReview {
  /** Such as `2026-11-20`. */
  readonly day: string;
  readonly timeZone: string;
  /** When the day began and ended: RFC 3339, UTC. */
  readonly from: string;
  readonly to: string;
  /** The places that were sealed on that day: from this one on. */
  readonly firstPlace: number;
  /** Up to the place before this one: the size of the last checkpoint of the day. */
  readonly checkpointSize: number;
  /** The root of that checkpoint, base64; empty without one. */
  readonly root: string;
  /** Draws the sample: the first 32 hex digits of SHA-256 of the root, a blank and the day. */
  readonly seed: string;
  readonly sampleSize: number;
  readonly fourEyes: boolean;
  readonly alertAfterDays: number;
  /** The rules that ran when the review was opened. */
  readonly rules: readonly string[];
  /** The place up to which they had looked then; absent where the ledger is not watched. */
  readonly watchedTo?: number;
}

/** The seed of a day's sample: nobody who reviews has chosen it, and everybody who has the checkpoint computes it. */
export function seedOf(root: string, day: string): string {
  return createHash('sha256').update(`${root} ${day}`).digest('hex').slice(0, 32);
}
