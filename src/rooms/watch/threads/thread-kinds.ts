import { ALERT_CATEGORY, ALERT_RESOURCE, ALERT_TYPES, SUPPRESSION_RESOURCE } from '../alert-event.js';

export const MOST_CHARACTERS = 4_000;

export const REPLIES = ['acknowledge', 'resolve', 'end', 'comment', 'sign_off', 'review'] as const;
export type ReplyKind = (typeof REPLIES)[number];

interface ReplyFacts {
  readonly type: string;
  readonly needs?: 'comment' | 'verdict';
}

interface ThreadFacts {
  readonly category: string;
  /** The resource type of the answers. The resource id is the id of the thread's subject. */
  readonly resource: string;
  /** In a thread that is answered once, an answer excludes repetitions by anybody, and earlier answers of this table. */
  readonly takesOneReply: boolean;
  readonly answers: Readonly<Partial<Record<ReplyKind, ReplyFacts>>>;
  /** The field of the event that has the comment. Default: `details.comment`. */
  readonly commentIn?: 'reason';
  readonly mostCharacters: number;
  readonly severity?: 'warning';
}

export const THREAD_KINDS = ['alert', 'suppression', 'day', 'event'] as const;
export type ThreadKind = (typeof THREAD_KINDS)[number];

export const REVIEW_CATEGORY = 'audit_review';
export const REVIEW_TYPES = {
  opened: 'review_opened',
  commented: 'review_commented',
  signedOff: 'review_signed_off',
} as const;

/** The differences between the kinds of threads, except {@link SUBJECTS}. */
export const THREADS: Readonly<Record<ThreadKind, ThreadFacts>> = {
  alert: {
    ...{ category: ALERT_CATEGORY, resource: ALERT_RESOURCE, takesOneReply: true, mostCharacters: MOST_CHARACTERS },
    answers: {
      acknowledge: { type: ALERT_TYPES.acknowledged },
      resolve: { type: ALERT_TYPES.resolved, needs: 'verdict' },
    },
  },
  suppression: {
    ...{ category: ALERT_CATEGORY, resource: SUPPRESSION_RESOURCE, takesOneReply: true, mostCharacters: 1_000 },
    answers: { end: { type: ALERT_TYPES.suppressionEnded, needs: 'comment' } },
    ...{ commentIn: 'reason', severity: 'warning' },
  },
  day: {
    ...{ category: REVIEW_CATEGORY, resource: 'audit_day', takesOneReply: false, mostCharacters: MOST_CHARACTERS },
    answers: {
      comment: { type: REVIEW_TYPES.commented, needs: 'comment' },
      sign_off: { type: REVIEW_TYPES.signedOff },
    },
  },
  event: {
    ...{ category: REVIEW_CATEGORY, resource: 'audit_event', takesOneReply: false, mostCharacters: MOST_CHARACTERS },
    answers: {
      comment: { type: 'audit_event_commented', needs: 'comment' },
      review: { type: 'audit_event_reviewed' },
    },
  },
};

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
