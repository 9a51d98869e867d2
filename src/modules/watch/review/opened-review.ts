import { createHash } from 'node:crypto';

export type { OpenedReview } from './daily-review.dto.js';

/** The types of the events of a review. */
export const REVIEW_TYPES = {
  opened: 'review_opened',
  comment: 'review_commented',
  sign_off: 'review_signed_off',
} as const;

/** The category of {@link REVIEW_TYPES}. */
export const REVIEW_CATEGORY = 'audit_review';

/** The seed of a day's sample: no reviewer can choose it, and everybody can compute it from the checkpoint. */
export function seedOf(root: string, day: string): string {
  return createHash('sha256').update(`${root} ${day}`).digest('hex').slice(0, 32);
}
