import { z } from 'zod';
import { list, named, time } from '../../../monitoring/read/answers/shape.js';
import { prose, shortText } from '../../../monitoring/read/query/texts.js';
import { VERDICTS } from '../alert-event.js';
import { ANSWERS, MOST_CHARACTERS } from './thread-kinds.js';

const VERDICT = z.enum(VERDICTS).describe('An attack, a mistake of the rule, or a legitimate action');

/** The body of `POST /audit/threads/:kind/:id`. */
export const NewAnswer = named(
  'NewAnswer',
  z
    .strictObject({
      answer: z
        .enum(ANSWERS)
        .describe('alert: acknowledge, resolve; suppression: end; day: comment, sign_off; event: comment, review'),
      comment: prose(MOST_CHARACTERS)
        .optional()
        .describe('Required for comment and end; at most 1,000 characters for end'),
      verdict: VERDICT.optional().describe('Required for resolve'),
      tenantId: shortText
        .optional()
        .describe('For a day: the tenant whose events you answer for. Default: your only tenant, or all events'),
    })
    .meta({ example: { answer: 'resolve', verdict: 'benign', comment: 'Ada forgot her password.' } }),
);
export type NewAnswer = z.infer<typeof NewAnswer>;

/** The person who gave an answer. */
export const Answerer = named(
  'Answerer',
  z.object({
    type: z.string().meta({ example: 'user' }),
    id: z.string().exactOptional().describe('Absent if the person was erased'),
    name: z.string().exactOptional(),
  }),
);
export type Answerer = z.infer<typeof Answerer>;

/** A signed answer of a person to an alert, to a suppression, to the review of a day, or to an event. */
export const Answer = named(
  'Answer',
  z.object({
    id: z.uuid().describe('The id of the event that records the answer'),
    to: z.string().describe('The id of the alert, of the suppression or of the event; or the day'),
    answer: z.enum(ANSWERS),
    at: time,
    by: Answerer,
    tenantId: z.string().exactOptional(),
    comment: z.string().exactOptional().describe('Absent after an erasure'),
    verdict: VERDICT.exactOptional(),
    index: z.int().exactOptional().describe('The sequence number of this event; absent until the event is sealed'),
  }),
);
export type Answer = z.infer<typeof Answer>;

/** The answers to one subject, the oldest first. */
export const AnswerList = named('AnswerList', z.object({ items: list(Answer) }));

/** An answer, after somebody gave it. */
export const RecordedAnswer = named(
  'RecordedAnswer',
  z.object({
    ...Answer.shape,
    changed: z.boolean().describe('false: this is an earlier answer, and nothing was recorded'),
  }),
);
export type RecordedAnswer = z.infer<typeof RecordedAnswer>;
