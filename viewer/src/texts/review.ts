export const review = {
  'review.page': 'Review',
  'review.mark': 'Mark as reviewed',
  'review.onlyComment': 'Only comment',
  'review.comment': 'Comment',
  'review.ofEvent': 'Review',
  'review.none': 'Nobody has reviewed this event.',
  'review.wasReviewed': 'reviewed it',
  'review.wasCommented': 'commented',
  'review.wasSignedOff': 'signed the day off',
  'review.signOffText': 'You state in the log that you reviewed the day. Nobody can undo this.',
  'review.sign': 'Sign off',
  'review.noSignOff': 'Nobody has signed this day off.',
} as const;
