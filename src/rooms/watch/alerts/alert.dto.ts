import { z } from 'zod';
import { list, named, time } from '../../../monitoring/read/answers/shape.js';
import { LedgerEvent } from '../../../monitoring/read/query/ledger-event.dto.js';
import { prose } from '../../../monitoring/read/query/texts.js';
import { MOST_CHARACTERS } from '../review/review-words.js';
import { LEVELS, type Level } from '../rules/rule.js';
import { ALERT_STATES, VERDICTS } from '../alert-event.js';
import { EventQuery } from '../../../monitoring/read/query/event-query.dto.js';
import { must, Parameter, pickParameters } from '../../../monitoring/read/query/query-parameters.js';
import { isText } from '../../../monitoring/read/query/query-values.js';

const COMMENT = prose(MOST_CHARACTERS).optional();
const VERDICT = z.enum(VERDICTS).describe('An attack, a mistake of the rule, or a legitimate action');

/** The body of `POST /audit/alerts/:id/acknowledge`. */
export const NewAcknowledgement = named(
  'NewAcknowledgement',
  z.strictObject({ comment: COMMENT }).meta({ example: { comment: 'I look at it' } }),
);

/** The body of `POST /audit/alerts/:id/resolve`. */
export const NewResolution = named(
  'NewResolution',
  z
    .strictObject({ comment: COMMENT, verdict: VERDICT })
    .meta({ example: { verdict: 'benign', comment: 'Ada forgot her password.' } }),
);

/** The person who answered an alert. */
export const AlertActor = named(
  'AlertActor',
  z.object({
    type: z.string().meta({ example: 'user' }),
    id: z.string().exactOptional().describe('Absent if the person was erased'),
    name: z.string().exactOptional(),
  }),
);
export type AlertActor = z.infer<typeof AlertActor>;

const Acknowledgement = named(
  'Acknowledgement',
  z.object({
    eventId: z.uuid().describe('The id of the event that records the answer'),
    at: time,
    by: AlertActor,
    comment: z.string().exactOptional(),
  }),
);
export type Acknowledgement = z.infer<typeof Acknowledgement>;

const Resolution = named('Resolution', z.object({ ...Acknowledgement.shape, verdict: VERDICT }));

/** An alert, derived from events of the ledger. */
export const Alert = named(
  'Alert',
  z.object({
    id: z.uuid().describe('The id of the event that raised the alert'),
    state: z.enum(ALERT_STATES),
    rule: z.string().describe('The name of the rule').meta({ example: 'brute_force' }),
    title: z.string(),
    level: z.enum(LEVELS),
    tenantId: z.string().exactOptional(),
    raisedAt: time,
    firstAt: time.exactOptional().describe('The time of the first matched event'),
    lastAt: time.exactOptional().describe('The time of the last matched event'),
    matchedCount: z.int().describe('The number of matched events'),
    matched: list(z.string()).describe('The ids of the last 100 matched events'),
    group: z
      .record(z.string(), z.string())
      .readonly()
      .exactOptional()
      .describe('The fields and values that the matched events share; absent after an erasure'),
    suppressionId: z.string().exactOptional().describe('The id of the suppression that withheld the alert'),
    acknowledged: Acknowledgement.exactOptional(),
    resolved: Resolution.exactOptional(),
    index: z
      .int()
      .exactOptional()
      .describe('The sequence number of the alert’s event; absent until this event is sealed'),
  }),
);
export type Alert = z.infer<typeof Alert>;

/** A page of alerts. */
export const AlertPage = named(
  'AlertPage',
  z.object({
    items: list(Alert),
    nextCursor: z.string().nullable().describe('The cursor of the next page; null on the last page'),
  }),
);
export type AlertPage = z.infer<typeof AlertPage>;

/** An alert with its matched events. */
export const AlertWithEvents = named(
  'AlertWithEvents',
  z.object({
    ...Alert.shape,
    events: list(LedgerEvent).describe('The matched events, the oldest first, without retired ones'),
  }),
);
export type AlertWithEvents = z.infer<typeof AlertWithEvents>;

/** An alert after somebody answered it. */
export const AnsweredAlert = named(
  'AnsweredAlert',
  z.object({
    ...Alert.shape,
    changed: z.boolean().describe('false: somebody had already given this answer, so nothing was recorded'),
  }),
);
export type AnsweredAlert = z.infer<typeof AnsweredAlert>;

/** `unresolved` means open or acknowledged. */
const STATE_FILTERS = [...ALERT_STATES, 'unresolved'] as const;
export type StateFilter = (typeof STATE_FILTERS)[number];

/** The query for a page of alerts. */
export class AlertQuery extends pickParameters(EventQuery, [
  'tenantId',
  'from',
  'to',
  'since',
  'order',
  'limit',
  'cursor',
] as const) {
  @Parameter({
    enum: STATE_FILTERS,
    description: 'unresolved: open or acknowledged. Default: all alerts that were not suppressed',
  })
  readonly state?: StateFilter;

  @Parameter({ type: String, description: 'The name of the rule' }, must('a text of 1 to 512 characters', isText))
  readonly rule?: string;

  @Parameter({ enum: LEVELS })
  readonly level?: Level;
}
