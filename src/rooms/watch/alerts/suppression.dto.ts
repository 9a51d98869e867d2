import { z } from 'zod';
import { list, named, time } from '../../../monitoring/read/responses/shape.js';
import { parseCursor } from '../../../monitoring/read/query/event-query.dto.js';
import { must, Parameter, isText } from '../../../monitoring/read/query/query-parameters.js';
import { moment, prose, shortText, text } from '../../../monitoring/read/query/texts.js';
import { Reply, ReplyAuthor } from '../threads/thread.dto.js';
import { AlertPage } from './alert.dto.js';

const MOST_FIELDS = 10;
const GROUP = `an object of 1 to ${MOST_FIELDS} fields, each a text of 1 to 512 characters`;
const REASON = prose(1_000).describe('The reason');

function isGroup(group: object): boolean {
  const entries = Object.entries(group);
  return entries.length > 0 && entries.length <= MOST_FIELDS && entries.flat().every(isText);
}

export class SuppressionQuery {
  @Parameter({ type: Boolean, description: 'true: only active suppressions' })
  readonly active?: boolean;

  @Parameter(
    { type: String, description: 'The nextCursor of the previous page' },
    must('the nextCursor of the previous page', (value) => parseCursor(value) !== undefined),
  )
  readonly cursor?: string;
}

export const NewSuppression = named(
  'NewSuppression',
  z
    .strictObject({
      alertId: z.uuid().optional().describe('Suppresses the rule and the group of this alert'),
      rule: text('the name of a rule', isText).optional().describe('Suppresses this rule; not with alertId'),
      group: z
        .record(z.string(), z.string(GROUP), GROUP)
        .refine(isGroup, GROUP)
        .optional()
        .describe('Only with rule: suppresses only alerts whose group has these values'),
      tenantId: shortText.optional().describe('Only with rule: suppresses only alerts of this tenant'),
      until: moment.describe('The end of the suppression: a time, or the last day, within 366 days'),
      reason: REASON,
    })
    .meta({
      example: {
        rule: 'brute_force',
        group: { account: 'load-test' },
        until: '2026-11-22T06:00:00Z',
        reason: 'A load test of the log-in',
      },
    }),
);

export type NewSuppression = z.infer<typeof NewSuppression>;

export const Suppression = named(
  'Suppression',
  z.object({
    id: z.uuid().describe('The id of the event that started the suppression'),
    isActive: z.boolean().describe('Whether the suppression withholds alerts now'),
    rule: z.string(),
    group: z.record(z.string(), z.string()).readonly().optional(),
    tenantId: z.string().optional(),
    until: z.string().meta({ format: 'date-time' }),
    reason: z.string().exactOptional(),
    startedAt: time,
    startedBy: ReplyAuthor,
    answers: list(Reply).describe('The answer that ended the suppression early'),
    suppressed: z
      .int()
      .describe('The number of withheld alerts; GET /audit/alerts?state=suppressed lists these alerts'),
  }),
);
export type Suppression = z.infer<typeof Suppression>;

export const SuppressionPage = named(
  'SuppressionPage',
  z.object({
    items: list(Suppression),
    nextCursor: AlertPage.shape.nextCursor,
  }),
);
export type SuppressionPage = z.infer<typeof SuppressionPage>;
