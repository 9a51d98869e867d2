export const REVIEW_TYPES = {
  opened: 'review_opened',
  commented: 'review_commented',
  signedOff: 'review_signed_off',
} as const;

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
