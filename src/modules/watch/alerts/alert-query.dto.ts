import { EventQuery } from '../../monitoring/query/event-query.dto.js';
import { must, Parameter, pickParameters } from '../../monitoring/query/query-parameters.js';
import { isText } from '../../monitoring/query/query-values.js';
import { LEVELS, type Level } from '../rules/rule.js';
import { ALERT_STATES } from '../alert-event.js';

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
