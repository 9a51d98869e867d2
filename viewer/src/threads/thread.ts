import type { MessageKey } from '../texts/index.js';

export const VERDICTS = ['true_positive', 'false_positive', 'benign'] as const;
export type Verdict = (typeof VERDICTS)[number];
export type ThreadKind = 'alert' | 'suppression' | 'day' | 'event';
export type ReplyKind = 'acknowledge' | 'resolve' | 'end' | 'comment' | 'sign_off' | 'review';

export interface Reply {
  readonly id: string;
  readonly kind: ReplyKind;
  readonly at: string;
  readonly by: { readonly type: string; readonly id?: string; readonly name?: string };
  readonly comment?: string;
  readonly verdict?: Verdict;
}

export interface NewReply {
  readonly kind: ReplyKind;
  readonly comment?: string;
  readonly verdict?: Verdict;
}

interface ThreadFacts {
  /** The last answer has the most prominent button. */
  readonly answers: readonly ReplyKind[];
  /** Each answer is given only once, and also excludes the answers before it. */
  readonly takesOneReply: boolean;
  readonly mostCharacters: number;
  readonly comment: MessageKey;
  readonly empty?: MessageKey;
  readonly note?: MessageKey;
}

const COMMENT = { mostCharacters: 4_000, comment: 'thread.comment' } as const;

export const THREADS: Readonly<Record<ThreadKind, ThreadFacts>> = {
  alert: { ...COMMENT, answers: ['acknowledge', 'resolve'], takesOneReply: true },
  suppression: { mostCharacters: 1_000, comment: 'thread.reason', answers: ['end'], takesOneReply: true },
  day: {
    ...COMMENT,
    ...{ answers: ['comment', 'sign_off'], takesOneReply: false },
    ...{ empty: 'thread.noSignOff', note: 'thread.signOffText' },
  },
  event: { ...COMMENT, answers: ['comment', 'review'], takesOneReply: false, empty: 'thread.noReview' },
};

export const NEEDS_COMMENT: ReadonlySet<ReplyKind> = new Set(['comment', 'end']);
