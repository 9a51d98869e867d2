import { z } from 'zod';
import { list, namedSchema, time, wordSchema } from '../../monitoring/read/responses/shape.js';
import { EventFilters } from '../../monitoring/read/query/event-query.dto.js';
import {
  Parameter,
  pickParameters,
  validate,
  RequiredParameter,
  isText,
} from '../../monitoring/read/query/query-parameters.js';
import { Erasure } from '../../monitoring/keep/lifecycle/erasure/erasure.dto.js';
import { LegalHold } from '../../monitoring/keep/lifecycle/holds/legal-hold.dto.js';
import { LedgerEvent } from '../../monitoring/read/query/ledger-event.dto.js';
import { FIELD_NAMES } from '../../monitoring/read/query/field-filters.js';
import { isStatsBy, type StatsBy } from '../../monitoring/read/query/stats-query.dto.js';

export class GapsQuery extends pickParameters(EventFilters, ['from', 'to', 'since', 'until'] as const) {
  @Parameter({ type: Number, minimum: 0, description: 'The first place' })
  readonly first?: number;

  @Parameter({ type: Number, minimum: 0, description: 'The last sequence number. Default: the newest' })
  readonly last?: number;
}

const GapAct = namedSchema(
  'GapAct',
  z.object({
    id: z.string().describe('The id of the retirement, the erasure or the hold'),
    eventId: z.uuid().exactOptional().describe('The event that records the act'),
    at: time.exactOptional(),
    reason: z.string().exactOptional().describe('The policy of a retirement, or the reason for a hold'),
    archive: z.string().exactOptional().describe('The archive that contains the events'),
  }),
);
export type GapAct = z.infer<typeof GapAct>;

const Gap = namedSchema(
  'Gap',
  z.object({
    kind: z.enum(['retired', 'erased', 'held', 'missing']),
    first: z.int(),
    last: z.int(),
    count: z.int().describe('How many sequence numbers between first and last have this kind of gap'),
    act: GapAct.exactOptional().describe('Not set for missing events'),
  }),
);
export type Gap = z.infer<typeof Gap>;

export const Gaps = namedSchema(
  'Gaps',
  z.object({
    first: z.int().describe('The first sequence number that this answer covers'),
    last: z.int(),
    next: z.int().nullable().describe('The first sequence number of the next query; null after the last page'),
    gaps: list(Gap).describe('Ascending'),
  }),
);
export type Gaps = z.infer<typeof Gaps>;

/** The query of a profile: a range of time, and the category, such as `category[ne]=audit_access`. */
export class ProfileQuery extends pickParameters(EventFilters, ['from', 'to', 'since', 'until', 'category'] as const) {}

const SeenValue = namedSchema(
  'SeenValue',
  z.object({
    value: z.string().meta({ example: '203.0.113.7' }),
    first: time.describe('The time of the first event with the value'),
    last: time,
    count: z.int(),
  }),
);
export type SeenValue = z.infer<typeof SeenValue>;

const ShownErasure = namedSchema(
  'ProfileErasure',
  Erasure.pick({ id: true, state: true, requestedAt: true, finishedAt: true, eventId: true }),
);
export type ShownErasure = z.infer<typeof ShownErasure>;

/** An actor's profile, derived from events, with the holds and erasures that concern the actor. */
export const ActorProfile = namedSchema(
  'ActorProfile',
  z.object({
    id: z.string().meta({ example: 'u-1' }),
    name: z.string().nullable().describe('The name in the newest event that has a name'),
    types: list(z.string()).meta({ example: ['user'] }),
    total: z.int(),
    isComplete: z.boolean().describe('false: the profile covers only the newest 20,000 events'),
    first: time.nullable(),
    last: time.nullable(),
    outcomes: z.record(z.string(), z.int()),
    sessions: list(SeenValue).describe('At most 50, the most recent first'),
    ips: list(SeenValue),
    userAgents: list(SeenValue),
    addresses: list(z.string()).describe(
      "E-mail addresses and user names from the account's log-ins and from events about the account; at most 20",
    ),
    rights: list(LedgerEvent).describe("Events that changed the actor's rights; at most 50, the newest first"),
    holds: list(LegalHold).describe(
      'Legal holds that name the actor. Only readers of the whole ledger get these holds',
    ),
    erasures: list(ShownErasure).describe(
      'Erasures of the actor’s data. Only readers of the whole ledger get these erasures',
    ),
  }),
);
export type ActorProfile = z.infer<typeof ActorProfile>;

const MAX_VALUES_SHOWN = 50;

export class ValuesQuery extends EventFilters {
  @RequiredParameter(
    { type: String, description: `${FIELD_NAMES.join(', ')}, compliance, or details.<path>` },
    validate(
      'the name of a filter, or a field such as details.method',
      (value) => isStatsBy(value) && value !== 'resource',
    ),
  )
  readonly field!: StatsBy;

  @Parameter(
    { type: String, description: 'The beginning of the values; the case does not matter' },
    validate('a text of at most 512 characters', (value) => value === '' || isText(value)),
  )
  readonly prefix?: string;

  @Parameter({ type: Number, minimum: 1, maximum: MAX_VALUES_SHOWN })
  readonly limit: number = 10;
}

const FieldValue = namedSchema(
  'FieldValue',
  z.object({
    value: z.string().meta({ example: 'u-1' }),
    name: z
      .string()
      .exactOptional()
      .describe("A name of the actor, if the field is the actor's id")
      .meta({ example: 'Ada' }),
    count: z.int().describe('How many of the newest 20,000 events have the value'),
  }),
);
export type FieldValue = z.infer<typeof FieldValue>;

export const FieldValues = namedSchema(
  'FieldValues',
  z.object({
    field: wordSchema<StatsBy>().meta({ example: 'actorId' }),
    values: list(FieldValue).describe('The most frequent value comes first'),
    isComplete: z.boolean().describe('false: older events may have more values, or the limit cut the list'),
  }),
);
export type FieldValues = z.infer<typeof FieldValues>;
