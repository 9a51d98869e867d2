export const REVIEW_TYPES = {
  opened: 'review_opened',
  comment: 'review_commented',
  sign_off: 'review_signed_off',
} as const;

/** The category of {@link REVIEW_TYPES}. */
export const REVIEW_CATEGORY = 'audit_review';

export const REVIEW_SECTIONS = [
  'alerts',
  'refused',
  'administrators',
  'rights',
  'log_access',
  'log_changes',
  'lost_or_late',
] as const;
export type ReviewSectionName = (typeof REVIEW_SECTIONS)[number];

/** The kinds of reviews of single events. */
export const REVIEW_KINDS = ['reviewed', 'comment'] as const;
export type ReviewKind = (typeof REVIEW_KINDS)[number];

/** The maximum length of a comment. */
export const MOST_CHARACTERS = 4_000;
