/** What has to be looked at of a day. */
export const REVIEW_SECTIONS = [
  'alerts',
  'refused',
  'administrators',
  'rights',
  'log_access',
  'log_changes',
  'lost_or_late',
  'canaries',
] as const;
export type ReviewSectionName = (typeof REVIEW_SECTIONS)[number];

/** What is said of events. */
export const REVIEW_KINDS = ['reviewed', 'comment'] as const;
export type ReviewKind = (typeof REVIEW_KINDS)[number];

/** How long a comment may be. */
export const MOST_CHARACTERS = 4_000;
