import { z } from 'zod';
import { list, named, time } from '../../../monitoring/read/responses/shape.js';
import { Alert } from '../alerts/alert.dto.js';
import { Reply, ReplyAuthor } from '../threads/thread.dto.js';
import { REVIEW_SECTIONS } from '../threads/thread-kinds.js';

const OPENED = {
  day: z.string().meta({ example: '2026-11-20' }),
  timeZone: z.string().meta({ example: 'UTC' }),
  from: time,
  to: time,
  firstPlace: z.int().describe('The first sequence number that was sealed on the day'),
  checkpointSize: z
    .int()
    .describe('The size of the last checkpoint of the day: the review covers lower sequence numbers'),
  root: z.string().describe('The root of that checkpoint, base64; empty without a checkpoint'),
  fourEyes: z.boolean().describe('true: reviewers cannot sign off a day in which they acted'),
  alertAfterDays: z.number(),
  rules: list(z.string()).describe('The rules that ran when the review was opened'),
  watchedTo: z
    .int()
    .exactOptional()
    .describe('The first sequence number that the rules had not processed; absent if no rules ran'),
};
export type OpenedReview = z.infer<z.ZodObject<typeof OPENED>>;

const DailyReview = named(
  'DailyReview',
  z.object({
    ...OPENED,
    eventId: z.uuid().describe('The id of the event that opened the review'),
    openedAt: time,
    state: z.enum(['open', 'overdue', 'signed_off']).describe('overdue: nobody signed the review off in time'),
    answers: list(Reply).describe('Comments and sign-offs, the oldest first'),
  }),
);
export type DailyReview = z.infer<typeof DailyReview>;

export const DailyReviewList = named('DailyReviewList', z.object({ items: list(DailyReview) }));

const ReviewRow = named(
  'ReviewRow',
  z.object({
    label: z.string().describe('The event type, or the rule of an alert'),
    actor: z.object({
      ...ReplyAuthor.shape,
      erased: z.literal(true).exactOptional().describe('The person was erased'),
    }),
    count: z.int(),
    firstPlace: z.int(),
    lastPlace: z.int(),
    eventId: z.string().describe('The id of the first event'),
  }),
);
export type ReviewRow = z.infer<typeof ReviewRow>;

const ReviewSection = named(
  'ReviewSection',
  z.object({
    name: z.enum(REVIEW_SECTIONS),
    total: z.int().describe('The number of events in the section'),
    rows: list(ReviewRow).describe('At most 50 rows, the most frequent first'),
    rowTotal: z.int().describe('The number of all rows, including rows beyond the limit'),
  }),
);
type ReviewSection = z.infer<typeof ReviewSection>;

/** A review shows these members of an alert: only the state changes later. */
const { id, state, rule, title, level, raisedAt, tenantId } = Alert.shape;
const ReviewAlert = named('ReviewAlert', z.object({ id, state, rule, title, level, raisedAt, tenantId }));
export type ReviewAlert = z.infer<typeof ReviewAlert>;

/** What waits for a reviewer. */
export const WaitingReviews = named(
  'WaitingReviews',
  z.object({
    alerts: z.int().describe('Open alerts; at most 100 are counted'),
    reviews: z.int().describe('Reviews of the last 30 days that nobody has signed off'),
  }),
);
export type WaitingReviews = z.infer<typeof WaitingReviews>;

export const ReviewPage = named(
  'ReviewPage',
  z.object({
    ...DailyReview.shape,
    events: z.int().describe('The number of the day’s events that you may see'),
    sections: list(ReviewSection),
    alerts: list(ReviewAlert).describe('The newest 200 alerts of the day, with their current states'),
  }),
);
export type ReviewPage = z.infer<typeof ReviewPage>;
