import { z } from 'zod';
import { list, named, time } from '../../../monitoring/read/answers/shape.js';
import { must, RequiredParameter } from '../../../monitoring/read/query/query-parameters.js';
import { isUuid } from '../../../monitoring/read/query/query-values.js';
import { prose } from '../../../monitoring/read/query/texts.js';
import { AlertActor } from '../alerts/alert.dto.js';
import { MOST_CHARACTERS, REVIEW_KINDS } from './review-words.js';

const MOST_EVENTS = 100;
const MOST_QUERIED = 200;

export class ReviewsQuery {
  @RequiredParameter(
    { type: [String], description: `The ids of 1 to ${MOST_QUERIED} events` },
    must(`the ids of 1 to ${MOST_QUERIED} events`, (given) => {
      const ids = [given].flat();
      return ids.length > 0 && ids.length <= MOST_QUERIED && ids.every(isUuid);
    }),
  )
  readonly event!: string | readonly string[];
}

/** The body of `POST /audit/event-reviews`. */
export const NewReview = named(
  'NewReview',
  z
    .strictObject({
      kind: z.enum(REVIEW_KINDS),
      events: z
        .array(z.uuid(), `the ids of 1 to ${MOST_EVENTS} events`)
        .min(1, `the ids of 1 to ${MOST_EVENTS} events`)
        .max(MOST_EVENTS, `the ids of 1 to ${MOST_EVENTS} events`)
        .readonly(),
      comment: prose(MOST_CHARACTERS).exactOptional(),
    })
    .meta({
      example: {
        kind: 'comment',
        events: ['01a1fe74-c240-7419-a34b-8c24b729a5b9'],
        comment: 'Ada forgot her password.',
      },
    }),
);
export type NewReview = z.infer<typeof NewReview>;

const Review = named(
  'Review',
  z.object({
    id: z.uuid().describe('The id of the event that records the review'),
    kind: z.enum(REVIEW_KINDS),
    at: time,
    by: AlertActor,
    eventId: z.string(),
    tenantId: z.string().exactOptional(),
    comment: z.string().exactOptional(),
    index: z.int().exactOptional().describe('The sequence number of this event; absent until the event is sealed'),
  }),
);
export type Review = z.infer<typeof Review>;

/** Reviews, the oldest first. */
export const ReviewList = named('ReviewList', z.object({ items: list(Review) }));
