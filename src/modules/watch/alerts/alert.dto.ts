import { z } from 'zod';
import { list, named, time } from '../../monitoring/answers/shape.js';
import { LedgerEvent } from '../../monitoring/query/ledger-event.dto.js';
import { prose } from '../../monitoring/query/texts.js';
import { MOST_CHARACTERS } from '../review/review-words.js';
import { LEVELS, type Level } from '../rules/rule.js';
import { ALERT_STATES, VERDICTS } from '../alert-event.js';
import { EventQuery } from '../../monitoring/query/event-query.dto.js';
import { must, Parameter, pickParameters } from '../../monitoring/query/query-parameters.js';
import { isText } from '../../monitoring/query/query-values.js';

const COMMENT = prose(MOST_CHARACTERS).optional();
const VERDICT = z.enum(VERDICTS).describe('An attack, a mistake of the rule, or something that is allowed');

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

/** Who did something to an alert. */
export const AlertActor = named(
  'AlertActor',
  z.object({
    type: z.string().meta({ example: 'user' }),
    id: z.string().exactOptional().describe('Absent where the person was erased'),
    name: z.string().exactOptional(),
  }),
);
export type AlertActor = z.infer<typeof AlertActor>;

/** The acknowledgement of an alert. */
const Acknowledgement = named(
  'Acknowledgement',
  z.object({
    eventId: z.uuid().describe('Of the event that it is'),
    at: time,
    by: AlertActor,
    comment: z.string().exactOptional(),
  }),
);
export type Acknowledgement = z.infer<typeof Acknowledgement>;

/** The resolution of an alert. */
const Resolution = named('Resolution', z.object({ ...Acknowledgement.shape, verdict: VERDICT }));
export type Resolution = z.infer<typeof Resolution>;

/** An alert, derived from the events of the ledger. */
export const Alert = named(
  'Alert',
  z.object({
    id: z.uuid().describe('Of the event that raised it'),
    state: z.enum(ALERT_STATES),
    rule: z.string().describe('The name of the rule').meta({ example: 'brute_force' }),
    title: z.string(),
    level: z.enum(LEVELS),
    tenantId: z.string().exactOptional(),
    raisedAt: time,
    firstAt: time.exactOptional().describe('When the first matched event happened'),
    lastAt: time.exactOptional().describe('When the last matched event happened'),
    matchedCount: z.int().describe('How many events matched'),
    matched: list(z.string()).describe('The ids of the last of them, at most 100'),
    group: z
      .record(z.string(), z.string())
      .readonly()
      .exactOptional()
      .describe('What the events have in common, by field; absent after an erasure'),
    suppressionId: z.string().exactOptional().describe('Of a suppressed one: what suppressed it'),
    acknowledged: Acknowledgement.exactOptional(),
    resolved: Resolution.exactOptional(),
    index: z.int().exactOptional().describe('The place of its event, once it is sealed'),
  }),
);
export type Alert = z.infer<typeof Alert>;

/** A page of alerts. */
export const AlertPage = named(
  'AlertPage',
  z.object({
    items: list(Alert),
    nextCursor: z.string().nullable().describe('Of the next page; null on the last one'),
  }),
);
export type AlertPage = z.infer<typeof AlertPage>;

/** An alert with the events that it is about. */
export const AlertWithEvents = named(
  'AlertWithEvents',
  z.object({
    ...Alert.shape,
    events: list(LedgerEvent).describe('The oldest first; what was retired since is missing'),
  }),
);
export type AlertWithEvents = z.infer<typeof AlertWithEvents>;

/** An alert after somebody answered it. */
export const AnsweredAlert = named(
  'AnsweredAlert',
  z.object({
    ...Alert.shape,
    changed: z.boolean().describe('false: somebody had done it already, and nothing was recorded'),
  }),
);
export type AnsweredAlert = z.infer<typeof AnsweredAlert>;

/** The states to filter alerts by; `unresolved` means open or acknowledged. */
const ASKED_STATES = [...ALERT_STATES, 'unresolved'] as const;
export type AskedState = (typeof ASKED_STATES)[number];

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
    enum: ASKED_STATES,
    description: 'unresolved: open or acknowledged. Default: all that were not suppressed',
  })
  readonly state?: AskedState;

  @Parameter({ type: String, description: 'The name of the rule' }, must('a text of 1 to 512 characters', isText))
  readonly rule?: string;

  @Parameter({ enum: LEVELS })
  readonly level?: Level;
}
