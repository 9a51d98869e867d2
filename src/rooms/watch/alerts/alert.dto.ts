import { z } from 'zod';
import { list, named, time } from '../../../monitoring/read/responses/shape.js';
import { LedgerEvent } from '../../../monitoring/read/query/ledger-event.dto.js';
import { LEVELS, type Level } from '../rules/rule.js';
import { ALERT_STATES } from '../alert-event.js';
import { EventQuery } from '../../../monitoring/read/query/event-query.dto.js';
import { must, Parameter, pickParameters, isText } from '../../../monitoring/read/query/query-parameters.js';
import { Reply } from '../threads/thread.dto.js';

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
    answers: list(Reply).describe('The acknowledgement and the resolution'),
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

/** `unresolved` means open or acknowledged. */
const STATE_FILTERS = [...ALERT_STATES, 'unresolved'] as const;
export type StateFilter = (typeof STATE_FILTERS)[number];

/** The query for a page of alerts. */
export class AlertQuery extends pickParameters(EventQuery, [
  'tenantId',
  'from',
  'to',
  'since',
  'until',
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
